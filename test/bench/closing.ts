import { billingWork, reopenMonth, sumUsage, type BillingWork } from './support/billing-work.js';
import { DAYS, fillFleet, MONTH, MONTH_BEFORE, SERVICES } from './support/fleet.js';
import { openPrivateDatabase } from './support/private-database.js';
import type { Row } from './support/table.js';

/** SIMs; COUNTFREE_BENCH_SIMS names others. */
const FLEETS = process.env['COUNTFREE_BENCH_SIMS']?.split(',').map(Number) ?? [10_000, 30_000, 100_000];

/**
 * A month from the order to close it to final statements with their events, for growing fleets whose month before is
 * closed: it is corrected first, and the brake compares with it. And a simulation of the month that is then closed,
 * beside a sum of the usage by Postgres alone.
 */
export async function closing(runs: number): Promise<Row[]> {
  const rows: Row[] = [];
  for (const sims of FLEETS) rows.push(...(await ofFleet(sims, runs)));
  return rows;
}

async function ofFleet(sims: number, runs: number): Promise<Row[]> {
  const database = await openPrivateDatabase();
  try {
    await fillFleet(database.dataSource, sims, [MONTH_BEFORE, MONTH]);
    const done = (work: BillingWork) => {
      if (work.sims !== sims) throw new Error(`${work.sims} of ${sims} SIMs were done`);
      return work;
    };
    const first = [done(await billingWork(database.url, 'closing', MONTH_BEFORE))];
    const closed: BillingWork[] = [];
    const simulated: BillingWork[] = [];
    const floor: number[] = [];
    for (let run = 0; run < runs; run += 1) {
      await reopenMonth(database.dataSource);
      floor.push(await sumUsage(database.dataSource));
      closed.push(done(await billingWork(database.url, 'closing')));
      simulated.push(done(await billingWork(database.url, 'simulation')));
    }
    return table(sims, { first, closed, simulated, floor });
  } finally {
    await database.close();
  }
}

interface Measured {
  /** Of the month before, which has none to be corrected or compared with. */
  first: BillingWork[];
  closed: BillingWork[];
  simulated: BillingWork[];
  /** Seconds. */
  floor: number[];
}

function table(sims: number, { first, closed, simulated, floor }: Measured): Row[] {
  const part = `closing: ${sims.toLocaleString('en')} SIMs × ${DAYS} days × ${SERVICES.length} services`;
  const row = (name: string, unit: string, values: number[], aim?: string): Row => ({
    part,
    name,
    unit,
    values,
    ...(aim !== undefined && { aim }),
  });
  const whole = sims === 100_000;
  const seconds = (all: BillingWork[]) => all.map((one) => one.seconds);
  return [
    row('order to statements and events', 's', seconds(closed), whole ? '≤ 60' : undefined),
    row('the same of a first month', 's', seconds(first), whole ? '≤ 60' : undefined),
    row(
      'statements',
      '/s',
      closed.map((one) => sims / one.seconds),
    ),
    row(
      'processor of the closing process',
      's',
      closed.map((one) => one.cpu),
    ),
    row(
      'most memory of the closing process',
      'MB',
      closed.map((one) => one.bytes / 1e6),
      '≤ 512',
    ),
    row(
      'of that before the closing began',
      'MB',
      closed.map((one) => one.bytesBefore / 1e6),
    ),
    row('simulation of the closed month', 's', seconds(simulated), whole ? '≤ 60' : undefined),
    row('Postgres alone: usage summed by SIM and reason', 's', floor),
  ];
}
