import { quantitySchema, octetsOf } from '../plans/index.js';
import { roundedMoney, sumMoney } from '../rating/index.js';
import { csvRows } from './csv.js';
import type { SponsoredOctets } from './sponsors.repository.js';

/** What a sponsor owes for the octets of one rule. */
export interface SettlementLine {
  planCode: string;
  planVersion: number;
  planRule: string;
  serviceCode: string | null;
  sims: number;
  octetsUp: string;
  octetsDown: string;
  octets: string;
  /** Octets of one unit and its price; null = the plan names no rate. */
  unitOctets: string | null;
  unitPrice: string | null;
  /** Rounded as the plan rounds; null without a rate. */
  amount: string | null;
}

export interface SponsorSettlement {
  sponsorId: string;
  currency: string;
  octets: string;
  /** Of the lines that have a rate. */
  amount: string;
  lines: SettlementLine[];
}

/** One settlement per sponsor and currency, from what the month's statements say. Pure. */
export function settlements(rows: readonly SponsoredOctets[]): SponsorSettlement[] {
  const found = new Map<string, { exponent: number; settlement: SponsorSettlement }>();
  for (const row of rows) {
    const key = JSON.stringify([row.sponsorId, row.currency]);
    const [currency = '', exponent = '0'] = row.currency.split('/');
    let entry = found.get(key);
    if (entry === undefined) {
      const settlement = { sponsorId: row.sponsorId, currency, octets: '0', amount: '0', lines: [] };
      found.set(key, (entry = { exponent: Number(exponent), settlement }));
    }
    entry.settlement.lines.push(lineOf(row, entry.exponent));
  }
  return [...found.values()].map(({ exponent, settlement }) => ({
    ...settlement,
    octets: settlement.lines.reduce((sum, { octets }) => sum + BigInt(octets), 0n).toString(),
    amount: sumMoney(
      settlement.lines.flatMap(({ amount }) => amount ?? []),
      exponent,
    ),
  }));
}

function lineOf(row: SponsoredOctets, exponent: number): SettlementLine {
  const octets = BigInt(row.octetsUp) + BigInt(row.octetsDown);
  const unitOctets = row.rate === null ? null : octetsOf(quantitySchema.parse(row.rate.unit));
  return {
    planCode: row.planCode,
    planVersion: row.planVersion,
    planRule: row.planRule,
    serviceCode: row.serviceCode,
    sims: row.sims,
    octetsUp: row.octetsUp,
    octetsDown: row.octetsDown,
    octets: octets.toString(),
    unitOctets: unitOctets?.toString() ?? null,
    unitPrice: row.rate?.price ?? null,
    amount:
      row.rate === null || unitOctets === null
        ? null
        : roundedMoney(row.rate.price, { times: octets, over: unitOctets }, exponent, row.rounding),
  };
}

const COLUMNS = [
  'sponsor',
  'currency',
  'plan',
  'plan_version',
  'plan_rule',
  'service',
  'sims',
  'octets_up',
  'octets_down',
  'octets',
  'unit_octets',
  'unit_price',
  'amount',
];

/** A row per line, RFC 4180, safe to open in a spreadsheet. */
export function settlementCsv(all: readonly SponsorSettlement[]): string {
  const rows = all.flatMap(({ sponsorId, currency, lines }) =>
    lines.map((line) => [
      sponsorId,
      currency,
      line.planCode,
      String(line.planVersion),
      line.planRule,
      line.serviceCode,
      String(line.sims),
      line.octetsUp,
      line.octetsDown,
      line.octets,
      line.unitOctets,
      line.unitPrice,
      line.amount,
    ]),
  );
  return csvRows([COLUMNS, ...rows]);
}
