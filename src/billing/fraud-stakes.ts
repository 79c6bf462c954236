import type { EntityManager } from 'typeorm';
import type { FailedClaim, FraudReader, UsageReader } from '../meter/index.js';
import {
  CatalogueReader,
  periodAt,
  SegmentsReader,
  type BillingCalendar,
  type Period,
} from '../plans/index.js';
import { negateMoney, rate, sumMoney, type RatingInput, type RatingUsage } from '../rating/index.js';
import { groupBy } from './groups.js';
import { StatementRater } from './statement-rater.js';
import type { StatementsRepository } from './statements.repository.js';

/** SIMs rated at once: bounds memory. */
const SIMS = 500;

/** Money in one currency, as decimal text. */
export interface Money {
  currency: string;
  amount: string;
}

/** Failed claims of one SIM for one service. */
export interface ClaimedService {
  simKey: number;
  serviceCode: string;
}

/**
 * What failed claims would have saved: each billing period that the span touches is rated as it is, and once more as if the address had
 * borne out the SIM's claims for the service. The difference, tax included, was at stake.
 */
export class FraudStakes {
  constructor(
    private readonly segments: SegmentsReader,
    private readonly catalogue: CatalogueReader,
    private readonly usage: UsageReader,
    private readonly statements: StatementsRepository,
    private readonly fraud: FraudReader,
  ) {}

  /** By {@link stakeKey}; a SIM that is on no plan has none. */
  async of(
    manager: EntityManager,
    claimed: readonly ClaimedService[],
    from: Date,
    to: Date,
  ): Promise<Map<string, Money[]>> {
    const stakes = new Map<string, Money[]>();
    const sims = [...new Set(claimed.map(({ simKey }) => simKey))].sort((a, b) => a - b);
    const wanted = new Set(claimed.map(stakeKey));
    for (let start = 0; start < sims.length; start += SIMS) {
      const some = sims.slice(start, start + SIMS);
      const claims = (await this.fraud.claims(some, from, to)).filter((claim) => wanted.has(stakeKey(claim)));
      for (const calendar of await this.segments.calendars(manager, from, to, some)) {
        for (const [key, amount] of await this.ofCalendar(manager, calendar, some, claims, { from, to })) {
          stakes.set(key, [...(stakes.get(key) ?? []), amount]);
        }
      }
    }
    return stakes;
  }

  private async ofCalendar(
    manager: EntityManager,
    calendar: BillingCalendar,
    simKeys: readonly number[],
    claims: readonly FailedClaim[],
    span: { from: Date; to: Date },
  ): Promise<Map<string, Money>> {
    const [currency = '', exponent = '0'] = calendar.currency.split('/');
    const sums = new Map<string, Money>();
    const ofPair = groupBy(claims, stakeKey);
    for (const period of periodsOf(calendar, span)) {
      const rater = new StatementRater(this.segments, this.catalogue, this.usage);
      const carriedIn = await this.statements.carriedInto(manager, calendar, period, simKeys);
      for (const { simKey, input, rated } of await rater.rate(
        manager,
        calendar,
        period,
        simKeys,
        carriedIn,
      )) {
        for (const [key, own] of ofPair) {
          if (own[0]?.simKey !== simKey) continue;
          const kept = rate(asClaimed(input, own)).totals.amount;
          const before = sums.get(key)?.amount ?? '0';
          const amount = sumMoney([before, rated.totals.amount, negateMoney(kept)], Number(exponent));
          sums.set(key, { currency, amount });
        }
      }
    }
    return sums;
  }
}

export function stakeKey({ simKey, serviceCode }: ClaimedService): string {
  return `${simKey} ${serviceCode}`;
}

function periodsOf(calendar: BillingCalendar, { from, to }: { from: Date; to: Date }): Period[] {
  const periods: Period[] = [];
  for (let at = from.getTime(); at < to.getTime(); at = periods.at(-1)?.to ?? Infinity) {
    periods.push(periodAt(calendar, at));
  }
  return periods;
}

/** The same usage, with claims as if they had held. Claims of hours that the input does not have stay out. */
export function asClaimed(input: RatingInput, claims: readonly FailedClaim[]): RatingInput {
  const usage: RatingUsage[] = input.usage.map((row) => ({ ...row }));
  const failed = usage.filter(({ evidence }) => evidence === 'sni_unverified');
  for (const { hour, serviceCode, rule, mcc, octetsUp, octetsDown } of claims) {
    const row = failed.find(
      (one) =>
        one.rule === rule && (one.mcc ?? null) === mcc && one.firstHour <= hour && hour <= one.lastHour,
    );
    if (row === undefined) continue;
    row.octetsUp -= octetsUp;
    row.octetsDown -= octetsDown;
    usage.push({
      firstHour: hour,
      lastHour: hour,
      serviceCode,
      serviceVersionId: null,
      evidence: 'sni',
      rule,
      mcc,
      octetsUp,
      octetsDown,
    });
  }
  return { ...input, usage };
}
