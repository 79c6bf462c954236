import { createHash } from 'node:crypto';
import { periodOfMonth, planTermsSchema, type PlanTermsInput } from '../../src/plans/index.js';
import { canonicalJson, compilePlan, rate, ratedDocument, type RatingInput } from '../../src/rating/index.js';
import { LINE_FREE } from '../support/billing-fleet.js';
import type { Row } from './support/table.js';

const SIMS = 50_000;
const SERVICES = ['line', 'youtube', 'netflix', 'spotify', null];
const HOUR_MS = 3_600_000;

/** 50 MB an hour and day for LINE, billed beyond. */
const CAPPED: PlanTermsInput = {
  ...LINE_FREE,
  free: [
    {
      id: 'line',
      services: ['line'],
      caps: [{ limit: { value: '50', unit: 'MB' }, per: 'day', past: 'billed' }],
    },
  ],
};

/** Statements a second on one core, nothing read and nothing stored; the same with its document and its hash. */
export function rating(runs: number): Promise<Row[]> {
  const summed = inputs(LINE_FREE, 1);
  const hourly = inputs(CAPPED, 30);
  const documents = summed.map((input) => canonicalJson(ratedDocument(rate(input))));
  const measures: [string, string | undefined, () => unknown, number][] = [
    ['rated, usage summed by service', '≥ 50,000', () => summed.forEach((input) => rate(input)), SIMS],
    [
      'rated by the day, with a cap on each',
      undefined,
      () => hourly.forEach((input) => rate(input)),
      hourly.length,
    ],
    [
      'rated, written as a document and hashed',
      undefined,
      () => summed.forEach((input) => hash(canonicalJson(ratedDocument(rate(input))))),
      SIMS,
    ],
    ['hashed alone, documents of that size', undefined, () => documents.forEach(hash), SIMS],
  ];
  for (const [, , work] of measures) work();
  const rows = measures.map(([name, aim]): Row => ({
    part: 'rating, one core',
    name,
    unit: '/s',
    values: [],
    ...(aim !== undefined && { aim }),
  }));
  for (let run = 0; run < runs; run += 1) {
    measures.forEach(([, , work, statements], index) => {
      const started = performance.now();
      work();
      rows[index]?.values.push((statements * 1000) / (performance.now() - started));
    });
  }
  return Promise.resolve(rows);
}

/** A month of SIMs on one plan. `days`: 1 = one row for each service; else one for each service and day. */
function inputs(terms: PlanTermsInput, days: number): RatingInput[] {
  const plan = compilePlan(planTermsSchema.parse(terms));
  const calendar = { timeZone: 'Asia/Tokyo', anchorDay: 1 };
  const period = periodOfMonth(calendar, '2026-10');
  return Array.from({ length: SIMS / days }, (_unused, sim) => ({
    calendar,
    period,
    segments: [{ from: period.from, to: period.to, planCode: 'light', version: 1, plan }],
    usage: Array.from({ length: days }, (_none, day) =>
      SERVICES.map((serviceCode, index) => {
        const hour = period.from + (day * 24 + (sim % 24)) * HOUR_MS;
        return {
          firstHour: hour,
          lastHour: hour,
          serviceCode,
          serviceVersionId: serviceCode === null ? null : index + 1,
          evidence: serviceCode === null ? 'none' : 'sni',
          rule: serviceCode === null ? null : `${serviceCode}.example`,
          octetsUp: BigInt(1_000 + (sim % 977)),
          octetsDown: BigInt((1 + (sim % 61)) * 1_000_000 + index),
        };
      }),
    ).flat(),
  }));
}

function hash(document: string): string {
  return createHash('sha256').update(document).digest('hex');
}
