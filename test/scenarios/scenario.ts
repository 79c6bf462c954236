import { readdirSync, readFileSync } from 'node:fs';
import { z } from 'zod';
import { HOUR_MS, periodOfMonth, planTermsSchema } from '../../src/plans/index.js';
import {
  compilePlan,
  parseMoney,
  type RatedPeriod,
  type RatingInput,
  type RatingSim,
  type RatingUsage,
} from '../../src/rating/index.js';

const instant = z.iso.datetime({ offset: true }).transform((text) => Date.parse(text));
const octets = z.union([z.int(), z.string().regex(/^-?\d+$/)]).transform((value) => BigInt(value));

const usageSchema = z.strictObject({
  hour: instant,
  /** The usage repeats in this many hours, one after the other. */
  hours: z.int().min(1).default(1),
  service: z.string().nullable().default(null),
  evidence: z.string().default('none'),
  rule: z.string().nullable().default(null),
  up: octets.default(0n),
  down: octets.default(0n),
  mcc: z.string().optional(),
});

const simSchema = {
  /** Without segments the only plan holds for the whole period. */
  segments: z
    .array(
      z.strictObject({
        plan: z.string(),
        version: z.int(),
        from: instant.optional(),
        to: instant.optional(),
        /** The group whose pool the octets draw from; without octets it is the sum of quotas. */
        pool: z.strictObject({ code: z.string(), octets: octets.nullable().default(null) }).optional(),
      }),
    )
    .optional(),
  packs: z
    .array(
      z.strictObject({
        id: z.string(),
        rule: z.string(),
        from: instant,
        to: instant,
        /** What is left of it. */
        octets,
        /** Left out: charged in an earlier period. */
        price: z.string().optional(),
        use: z.enum(['before_quota', 'after_quota']),
      }),
    )
    .default([]),
  usage: z.array(usageSchema),
};

const inputSchema = z.strictObject({
  tells: z.string().describe('What the scenario shows, in a sentence.'),
  month: z.string(),
  ...simSchema,
  parents: z.record(z.string(), z.string()).default({}),
  carriedIn: octets.optional(),
  history: z.array(usageSchema).default([]),
  /** SIMs that share a pool with this one; this one was created first. */
  others: z.array(z.strictObject(simSchema)).default([]),
  /** What becomes known once the statement is final: usage to be added to that of before, one correction after the other. */
  later: z
    .array(
      z.strictObject({
        usage: z.array(usageSchema).default([]),
        others: z.array(z.array(usageSchema)).default([]),
      }),
    )
    .default([]),
});

const plansSchema = z
  .array(z.strictObject({ plan: z.string(), version: z.int(), terms: planTermsSchema }))
  .min(1);

export interface Scenario {
  name: string;
  folder: URL;
  tells: string;
  input: RatingInput;
  /** The SIM and those that it shares a pool with; its own comes first. */
  together: RatingSim[];
  /** The same SIMs, as they are known at each later time. */
  later: RatingSim[][];
}

const ROOT = new URL('./', import.meta.url);

export function scenarioNames(): string[] {
  return readdirSync(ROOT, { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .map(({ name }) => name)
    .sort();
}

export function loadScenario(name: string): Scenario {
  const folder = new URL(`${name}/`, ROOT);
  const json = (file: string): unknown => JSON.parse(readFileSync(new URL(file, folder), 'utf8'));
  const input = inputSchema.parse(json('input.json'));
  const plans = plansSchema.parse(json('plan.json'));
  const [first] = plans;
  const calendar = { timeZone: first!.terms.timeZone, anchorDay: first!.terms.anchorDay };
  const period = periodOfMonth(calendar, input.month);
  const parents = new Map(Object.entries(input.parents));
  const toInput = (sim: z.output<typeof inputSchema>['others'][number]): RatingInput => ({
    calendar,
    period,
    segments: (sim.segments ?? [{ plan: first!.plan, version: first!.version }]).map((segment) => {
      const found = plans.find(({ plan, version }) => plan === segment.plan && version === segment.version);
      if (found === undefined)
        throw new Error(`${name}: plan.json has no ${segment.plan} version ${segment.version}`);
      return {
        from: segment.from ?? period.from,
        to: segment.to ?? period.to,
        planCode: segment.plan,
        version: segment.version,
        plan: compilePlan(found.terms, parents),
        ...(segment.pool !== undefined && { pool: segment.pool }),
      };
    }),
    usage: sim.usage.flatMap(toRows),
    ...(sim.packs.length > 0 && {
      packs: sim.packs.map(({ price, ...pack }) => ({
        ...pack,
        price: price === undefined ? null : parseMoney(price, first!.terms.currency.exponent),
      })),
    }),
  });
  const own: RatingInput = {
    ...toInput(input),
    history: input.history.flatMap(toRows),
    ...(input.carriedIn !== undefined && { carriedIn: input.carriedIn }),
  };
  const together = [own, ...input.others.map(toInput)].map((one, index) => ({
    simKey: index + 1,
    input: one,
  }));
  const known = together.map(({ input: { usage } }) => [...usage]);
  const later = input.later.map(({ usage, others }) => {
    [usage, ...others].forEach((more, index) => known[index]?.push(...more.flatMap(toRows)));
    return together.map((sim, index) => ({ ...sim, input: { ...sim.input, usage: [...known[index]!] } }));
  });
  return { name, folder, tells: input.tells, input: own, together, later };
}

function toRows(usage: z.output<typeof usageSchema>): RatingUsage[] {
  return Array.from({ length: usage.hours }, (_, index) => {
    const hour = usage.hour + index * HOUR_MS;
    return {
      firstHour: hour,
      lastHour: hour,
      serviceCode: usage.service,
      // A stable number that stands for the service's version in force.
      serviceVersionId:
        usage.service === null ? null : Buffer.from(usage.service).reduce((sum, byte) => sum + byte, 0),
      evidence: usage.evidence,
      rule: usage.rule,
      octetsUp: usage.up,
      octetsDown: usage.down,
      ...(usage.mcc !== undefined && { mcc: usage.mcc }),
    };
  });
}

/** What holds for every statement, whatever the plan. Throws with the first law that is broken. */
export function checkLaws(input: RatingInput, rated: RatedPeriod): void {
  const law = (name: string, left: unknown, right: unknown) => {
    if (left !== right) throw new Error(`${name}: ${String(left)} is not ${String(right)}`);
  };
  const sum = <T>(items: readonly T[], octetsOf: (item: T) => bigint) =>
    items.reduce((total, item) => total + octetsOf(item), 0n);
  const { totals } = rated;
  law(
    'uplink octets are all on lines',
    sum(rated.usage, (line) => line.octetsUp),
    sum(input.usage, (row) => row.octetsUp),
  );
  law(
    'downlink octets are all on lines',
    sum(rated.usage, (line) => line.octetsDown),
    sum(input.usage, (row) => row.octetsDown),
  );
  law(
    'both totals',
    totals.freeOctets + totals.billedOctets + totals.notCountedOctets,
    totals.octetsUp + totals.octetsDown,
  );
  law(
    'charges cover the billed octets',
    sum(rated.charges, (line) => line.octets ?? 0n),
    totals.billedOctets,
  );
  const coins = (amount: string) => BigInt(amount.replace('.', ''));
  law(
    'charges sum to the amount',
    sum(rated.charges, (line) => coins(line.amount)),
    coins(totals.amount),
  );
  law('net and tax sum to the amount', coins(totals.net) + coins(totals.tax), coins(totals.amount));
}
