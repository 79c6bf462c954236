import type { Calendar, Period, PlanTerms } from '../plans/index.js';
import type { CompiledPlan } from './compile.js';
import type { Fraction } from './money.js';

/** Usage of one SIM, of one reason. Either one UTC hour, or several summed (see `CompiledPlan.needsHours`). */
export interface RatingUsage {
  /** Start of the first and last UTC hour with usage, UNIX milliseconds. Both lie in one segment. */
  firstHour: number;
  lastHour: number;
  serviceCode: string | null;
  serviceVersionId: number | null;
  evidence: string;
  /** Destination rule that fired. */
  rule: string | null;
  octetsUp: bigint;
  octetsDown: bigint;
  /** Mobile country code of the visited network; null or absent = unknown, taken for home. */
  mcc?: string | null;
}

/** A stretch of a period under one plan version. An hour belongs to the segment that its start lies in. */
export interface RatingSegment {
  /** UNIX milliseconds, inclusive. */
  from: number;
  /** UNIX milliseconds, exclusive. */
  to: number;
  planCode: string;
  version: number;
  plan: CompiledPlan;
  /** The pool that its octets draw from in place of the plan's quota; `octets` null = the sum of its SIMs' quotas. */
  pool?: { code: string; octets: bigint | null };
}

/** Octets that a SIM bought beside its plan. */
export interface RatingPack {
  id: string;
  /** JSON pointer of the pack within the terms it was bought under. */
  rule: string;
  /** UTC hours, UNIX milliseconds: it covers octets from inclusive, to exclusive. */
  from: number;
  to: number;
  /** What is left of it when the period begins, or all of it if it is bought in the period. */
  octets: bigint;
  /** In coins; null = charged in an earlier period. */
  price: Fraction | null;
  use: 'before_quota' | 'after_quota';
}

/** Everything that a statement depends on. */
export interface RatingInput {
  calendar: Calendar;
  period: Period;
  /** In time order, disjoint, within the period, of one currency. At least one. */
  segments: readonly RatingSegment[];
  /** Any order. */
  usage: readonly RatingUsage[];
  /** Usage of the hours before the period, for caps over rolling windows; any order. */
  history?: readonly RatingUsage[];
  /** Octets that the period before left over. */
  carriedIn?: bigint;
  /** Packs that cover octets of the period; any order. */
  packs?: readonly RatingPack[];
}

export const TREATMENTS = ['free', 'billed', 'not_counted'] as const;
export type Treatment = (typeof TREATMENTS)[number];

/** Why octets got their treatment. */
export type TreatmentReason =
  | 'free_rule'
  | 'no_service'
  | 'name_not_verified'
  | 'no_rule'
  | 'cap_exceeded'
  | 'total_cap_exceeded'
  | 'outside_window'
  | 'roaming'
  | 'direction';

/** Octets with one treatment for one reason. Every octet of the usage is on exactly one such line. */
export interface UsageLine {
  segment: number;
  treatment: Treatment;
  reason: TreatmentReason;
  /** Id of the plan's free rule that decided, or refused; null where none speaks of the service. */
  planRule: string | null;
  /** Who pays for free octets; null = nobody is charged for them. */
  payer: NonNullable<PlanTerms['free'][number]['payer']> | null;
  serviceCode: string | null;
  serviceVersionId: number | null;
  evidence: string;
  rule: string | null;
  octetsUp: bigint;
  octetsDown: bigint;
  firstHour: number;
  lastHour: number;
}

export const CHARGE_KINDS = [
  'base_fee',
  'service_fee',
  'pack',
  'carried_over',
  'included',
  'shared_quota',
  'pack_octets',
  'overage',
  'beyond_quota',
  'discount',
  'tax',
] as const;
export type ChargeKind = (typeof CHARGE_KINDS)[number];

/** One amount of the bill. Amounts are rounded here and nowhere else; their sum is the total. */
export interface ChargeLine {
  kind: ChargeKind;
  /** Null on tax, which is taken once for all segments of one rate. */
  segment: number | null;
  /** JSON pointer of the rule within the plan version's terms. */
  rule: string;
  /** Billed octets that this line covers. Over all lines they come to the billed octets. */
  octets?: bigint;
  /** Octets that its tier, or the stairs, had counted in earlier stretches of the plan in the period. */
  octetsBefore?: bigint;
  /** Id of the pack that is charged, or that covers the octets. */
  pack?: string;
  /** Code of the group whose pool covers the octets. */
  group?: string;
  /** Whole units charged, the octets in one, and its price. */
  units?: bigint;
  unitOctets?: bigint;
  unitPrice?: string;
  /** Share of the period that was charged, as `part/whole` (days or milliseconds). */
  share?: string;
  taxPercent?: string;
  taxBase?: string;
  /** The amount before rounding, where that differs. */
  exactAmount?: string;
  amount: string;
}

/** Tax of one rate, added to the prices or contained in them. */
export interface TaxTotal {
  treatment: 'exclusive' | 'inclusive';
  percent: string;
  /** Without tax. */
  net: string;
  tax: string;
}

export interface Notice {
  kind: 'cap_exceeded' | 'total_cap_exceeded';
  segment: number;
  /** JSON pointer of the cap within the terms. */
  rule: string;
  /** The hour in which it was first exceeded, UNIX milliseconds. */
  hour: number;
}

/** How far a cap is used in one of its windows. */
export interface CapUse {
  /** The last segment that used it. */
  segment: number;
  /** JSON pointer of the cap within the terms. */
  rule: string;
  limit: bigint;
  /** Most octets that it held in the window; of a rolling one since the period began. */
  octets: bigint;
  /** Octets of the hours before the period that a rolling window still held when it began. */
  held: bigint;
  /** Local day (since 1970-01-01) of a cap per day; else null. */
  day: number | null;
}

/** How far the quota of a segment is used. */
export interface QuotaUse {
  segment: number;
  /** Octets that are included, and those carried over; of a pool its size. */
  available: bigint;
  /** Billed octets, of a pool those of all its SIMs; may exceed what is available. */
  used: bigint;
  /** Octets of this SIM that nothing covers. */
  beyond: bigint;
  /** The group that shares the quota, and how many SIMs of it do. */
  group?: { code: string; sims: number };
}

export interface RatedTotals {
  octetsUp: bigint;
  octetsDown: bigint;
  freeOctets: bigint;
  billedOctets: bigint;
  notCountedOctets: bigint;
  /** Part of the billed octets whose claimed name the address did not bear out. */
  nameNotVerifiedOctets: bigint;
  net: string;
  tax: string;
  /** What the subscriber pays, tax included. */
  amount: string;
}

/** A period of one SIM, rated. A pure function of {@link RatingInput}: the same input gives the same bytes. */
export interface RatedPeriod {
  calendar: Calendar;
  period: Period;
  currency: PlanTerms['currency'];
  segments: readonly { from: number; to: number; planCode: string; version: number; group?: string }[];
  usage: readonly UsageLine[];
  charges: readonly ChargeLine[];
  taxes: readonly TaxTotal[];
  notices: readonly Notice[];
  totals: RatedTotals;
  /** The amount due in the smallest coin. */
  amountCoins: bigint;
  carriedOut: bigint;
  /** Octets left of packs that hold beyond the period. */
  packsOut: readonly { id: string; octets: bigint }[];
  /** What thresholds look at; on no statement. */
  capUses: readonly CapUse[];
  quotaUses: readonly QuotaUse[];
}
