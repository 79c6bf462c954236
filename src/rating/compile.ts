import {
  LocalClock,
  octetsOf,
  type FreeRule,
  type Overage,
  type PlanTerms,
  type Proration,
} from '../plans/index.js';
import { parseMoney, type Fraction } from './money.js';

/** Parent service of each sub-service: `line-calls` → `line`. */
export type ServiceParents = ReadonlyMap<string, string>;

export interface CompiledCap {
  /** Names the cap within its plan, in whatever order a version lists the rules. */
  key: string;
  pointer: string;
  limit: bigint;
  per: FreeRule['caps'][number]['per'];
  past: 'billed' | 'noticed';
}

export interface CompiledRule {
  rule: FreeRule;
  caps: CompiledCap[];
  /** What the subscriber pays for it per period. */
  fee: CompiledFee | null;
}

export interface CompiledFee {
  pointer: string;
  /** In coins. */
  amount: Fraction;
  proration: Proration;
}

export interface CompiledTier {
  pointer: string;
  /** Octets past the quota at which the tier ends; null = open. */
  end: bigint | null;
  /** In coins. */
  price: Fraction;
  priceText: string;
}

export type CompiledOverage =
  | { kind: 'none' }
  | {
      kind: 'per_unit';
      unitOctets: bigint;
      unitRounding: Extract<Overage, { kind: 'per_unit' }>['unitRounding'];
      tiers: CompiledTier[];
    }
  | { kind: 'stairs'; tiers: CompiledTier[] };

/** Terms with every decimal, unit and zone read once, so that rating a SIM parses nothing. */
export interface CompiledPlan {
  terms: PlanTerms;
  /** Whether usage must come by the hour: caps and windows look at when octets flowed. */
  needsHours: boolean;
  /** How many milliseconds of usage before the period its rolling caps look back on. */
  lookbackMs: number;
  clock: LocalClock;
  baseFee: Fraction;
  quotaOctets: bigint;
  carryLimit: bigint | null;
  overage: CompiledOverage;
  totalCap: bigint | null;
  rules: readonly CompiledRule[];
  discounts: { id: string; pointer: string; amount: Fraction; limit: bigint; includingFree: boolean }[];
  /** Rules that speak of a service, in the plan's order. */
  rulesFor(serviceCode: string | null): readonly CompiledRule[];
}

/** Compiles terms that `planTermsSchema` has let through. `parents` matters only to rules with sub-services. */
export function compilePlan(terms: PlanTerms, parents: ServiceParents = new Map()): CompiledPlan {
  const money = (text: string) => parseMoney(text, terms.currency.exponent);
  const rules = terms.free.map((rule, index) => compileRule(rule, index, money));
  const known = new Map<string | null, CompiledRule[]>();
  const windows = terms.free.some((rule) => rule.windows.length > 0);
  const capped = terms.free.some((rule) => rule.caps.length > 0) || terms.totalCap !== undefined;
  return {
    terms,
    needsHours: windows || capped,
    lookbackMs: Math.max(0, ...rules.flatMap(({ caps }) => caps.map(lookback))),
    clock: new LocalClock(terms.timeZone),
    baseFee: money(terms.baseFee.amount),
    quotaOctets: terms.quota === null ? 0n : octetsOf(terms.quota.included),
    carryLimit: terms.quota?.carryOver?.limit ? octetsOf(terms.quota.carryOver.limit) : null,
    overage: compileOverage(terms.overage, money),
    totalCap: terms.totalCap === undefined ? null : octetsOf(terms.totalCap.limit),
    rules,
    discounts: terms.discounts.map((discount, index) => ({
      id: discount.id,
      pointer: `/discounts/${index}`,
      amount: money(discount.amount),
      limit: octetsOf(discount.whenTotalAtMost),
      includingFree: discount.includingFree,
    })),
    rulesFor(serviceCode) {
      let found = known.get(serviceCode);
      if (found === undefined) {
        found = rules.filter(({ rule }) => speaksOf(rule, serviceCode, parents));
        known.set(serviceCode, found);
      }
      return found;
    },
  };
}

function compileRule(rule: FreeRule, index: number, money: (text: string) => Fraction): CompiledRule {
  const fee = rule.payer?.kind === 'subscriber' ? rule.payer.fee : undefined;
  return {
    rule,
    fee:
      fee === undefined
        ? null
        : { pointer: `/free/${index}/payer/fee`, amount: money(fee.amount), proration: fee.proration },
    caps: rule.caps.map((cap, at) => ({
      key: JSON.stringify([rule.id, at]),
      pointer: `/free/${index}/caps/${at}`,
      limit: octetsOf(cap.limit),
      per: cap.per,
      past: cap.past,
    })),
  };
}

function lookback(cap: CompiledCap): number {
  return typeof cap.per === 'object' ? cap.per.rollingHours * 3_600_000 : 0;
}

function compileOverage(overage: Overage, money: (text: string) => Fraction): CompiledOverage {
  if (overage.kind === 'none') return overage;
  const tiers = overage.tiers.map((tier, index) => ({
    pointer: `/overage/tiers/${index}`,
    end: tier.upTo === null ? null : octetsOf(tier.upTo),
    price: money(tier.price),
    priceText: tier.price,
  }));
  if (overage.kind === 'stairs') return { kind: 'stairs', tiers };
  return { kind: 'per_unit', unitOctets: octetsOf(overage.unit), unitRounding: overage.unitRounding, tiers };
}

/** Whether a rule names a service, or (only if it says so) an ancestor of it. An exception of any of them excludes it. */
function speaksOf(rule: FreeRule, serviceCode: string | null, parents: ServiceParents): boolean {
  if (serviceCode === null) return rule.services === 'all';
  const lineage = [serviceCode, ...ancestors(serviceCode, parents)];
  if (lineage.some((code) => rule.except.includes(code))) return false;
  if (rule.services === 'all') return true;
  const { services } = rule;
  return rule.includeSubServices
    ? lineage.some((code) => services.includes(code))
    : services.includes(serviceCode);
}

function ancestors(serviceCode: string, parents: ServiceParents): string[] {
  const found: string[] = [];
  let parent = parents.get(serviceCode);
  while (parent !== undefined && !found.includes(parent)) {
    found.push(parent);
    parent = parents.get(parent);
  }
  return found;
}
