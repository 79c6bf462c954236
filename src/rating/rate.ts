import { allocate, type Allocation, type BilledOctets } from './allocate.js';
import { charge, fees, overage, segmentAt, type Charge } from './charges.js';
import { discounts } from './discounts.js';
import { Drawer } from './draws.js';
import { formatMoney, ZERO } from './money.js';
import { Pools } from './pools.js';
import { taxes } from './tax.js';
import type { RatedPeriod, RatedTotals, RatingInput, UsageLine } from './types.js';

/** Rates one SIM's period. Pure: no clock, no I/O; integers and fractions of integers only. */
export function rate(input: RatingInput): RatedPeriod {
  const [rated] = rateTogether([{ simKey: 0, input }]);
  if (rated === undefined) throw new RangeError('one SIM in, one period out');
  return rated;
}

/** A SIM that is rated with others; `simKey` says who comes first in an hour in which several use one pool. */
export interface RatingSim {
  simKey: number;
  input: RatingInput;
}

/**
 * Rates SIMs of one period that may share pools: all that share one must be there. A pool is drawn hour by hour, and
 * within an hour in the order of the SIMs' keys, so that the order in which SIMs are given cannot matter. Pure.
 */
export function rateTogether(sims: readonly RatingSim[]): RatedPeriod[] {
  const allocated = sims.map(({ simKey, input }) => ({ simKey, input, ...allocate(input) }));
  const pools = new Pools(allocated);
  const drawers = allocated.map((sim) => ({ ...sim, drawer: new Drawer(sim.input, pools) }));
  const inTurn: { simKey: number; drawer: Drawer; row: BilledOctets }[] = [];
  for (const { simKey, input, drawer, billedRows } of drawers) {
    const isPooled = input.segments.some(({ pool }) => pool !== undefined);
    for (const row of billedRows)
      if (isPooled) inTurn.push({ simKey, drawer, row });
      else drawer.draw(row);
  }
  inTurn.sort((a, b) => a.row.hour - b.row.hour || a.simKey - b.simKey);
  for (const { drawer, row } of inTurn) drawer.draw(row);
  return drawers.map(({ input, drawer, ...allocation }) => rateDrawn(input, allocation, drawer));
}

/** A period in which a SIM was on no plan: nothing on it, and nothing to pay. Pure. */
export function rateNothing(
  calendar: RatedPeriod['calendar'],
  period: RatedPeriod['period'],
  currency: RatedPeriod['currency'],
): RatedPeriod {
  const nothing = formatMoney(0n, currency.exponent);
  return {
    calendar,
    period,
    currency,
    segments: [],
    usage: [],
    charges: [],
    taxes: [],
    notices: [],
    totals: { ...octetTotals([]), net: nothing, tax: nothing, amount: nothing },
    amountCoins: 0n,
    carriedOut: 0n,
    packsOut: [],
    capUses: [],
    quotaUses: [],
  };
}

function rateDrawn(input: RatingInput, allocation: Allocation, drawer: Drawer): RatedPeriod {
  const { usage, billed, notices, capUses } = allocation;
  const before = input.segments.flatMap((_, index) => chargesOf(input, index, drawer));
  const charges = [...before, ...discounts(input, usage, before)];
  const taxed = taxes(input, charges);
  const lines = [...charges, ...taxed.charges];
  const { currency } = segmentAt(input, 0).plan.terms;
  const amountCoins = lines.reduce((sum, { coins }) => sum + coins, 0n);
  return {
    calendar: input.calendar,
    period: input.period,
    currency,
    segments: input.segments.map(({ from, to, planCode, version, pool }) => ({
      from,
      to,
      planCode,
      version,
      ...(pool !== undefined && { group: pool.code }),
    })),
    usage,
    charges: lines.map(({ line }) => line),
    taxes: taxed.totals,
    notices,
    totals: {
      ...octetTotals(usage),
      net: formatMoney(amountCoins - taxed.coins, currency.exponent),
      tax: formatMoney(taxed.coins, currency.exponent),
      amount: formatMoney(amountCoins, currency.exponent),
    },
    amountCoins,
    carriedOut: drawer.carriedOut,
    packsOut: drawer.packs
      .filter(({ to, source }) => to > input.period.to && source.left > 0n)
      .map(({ id, source }) => ({ id, octets: source.left })),
    capUses,
    quotaUses: input.segments.map((_, index) => drawer.quotaUse(index, billed[index] ?? 0n)),
  };
}

/** Charges of a segment before tax and discounts: fees, packs bought in it, what covers its octets, and the rest. */
function chargesOf(input: RatingInput, index: number, drawer: Drawer): Charge[] {
  const segment = segmentAt(input, index);
  const bought = drawer.packs.filter(
    ({ price, from }) => price !== null && from >= segment.from && from < segment.to,
  );
  return [
    ...fees(input, index),
    ...bought.map(({ id, rule, price }) =>
      charge(segment, price ?? ZERO, { kind: 'pack', segment: index, rule, pack: id }),
    ),
    ...drawer
      .covers(index)
      .map(({ source: { left: _left, ...source }, octets }) =>
        charge(segment, ZERO, { ...source, segment: index, octets }),
      ),
    ...overage(segment, index, drawer.beyond(index), beyondBefore(input, index, drawer)),
  ];
}

/** Octets past the quota in earlier stretches of the same plan. */
function beyondBefore({ segments }: RatingInput, index: number, drawer: Drawer): bigint {
  return segments
    .slice(0, index)
    .reduce(
      (sum, { planCode }, at) => (planCode === segments[index]?.planCode ? sum + drawer.beyond(at) : sum),
      0n,
    );
}

function octetTotals(usage: readonly UsageLine[]): Omit<RatedTotals, 'net' | 'tax' | 'amount'> {
  const totals = {
    octetsUp: 0n,
    octetsDown: 0n,
    freeOctets: 0n,
    billedOctets: 0n,
    notCountedOctets: 0n,
    nameNotVerifiedOctets: 0n,
  };
  for (const line of usage) {
    const octets = line.octetsUp + line.octetsDown;
    totals.octetsUp += line.octetsUp;
    totals.octetsDown += line.octetsDown;
    if (line.treatment === 'free') totals.freeOctets += octets;
    else if (line.treatment === 'billed') totals.billedOctets += octets;
    else totals.notCountedOctets += octets;
    // Whatever it was billed for: a rule that frees everything does not ask for the name, until its cap is reached.
    if (line.treatment === 'billed' && line.evidence === 'sni_unverified')
      totals.nameNotVerifiedOctets += octets;
  }
  return totals;
}
