import { describe, expect, it } from 'vitest';
import { OCTOBER, hour, useBilling } from '../../test/support/billing-month.js';

const { all, closing, database, fleet, october5, reports } = useBilling();

describe('nothing disappears', () => {
  it('usage of a SIM without a plan is reported, hour by hour', async () => {
    await october5();
    const [from, to] = [new Date('2026-10-01T00:00:00+09:00'), new Date('2026-11-01T00:00:00+09:00')];
    const page = await reports().withoutPlan(from, to, { limit: 10 });
    expect(page.items).toEqual([{ simId: 'sim-3', octetsUp: '0', octetsDown: '999' }]);
    expect(await reports().withoutPlanTotal(from, to)).toEqual({ octets: 999n, sims: 1 });
    await closing().closeNow(OCTOBER);
    const onStatements = (await all()).reduce((sum, one) => sum + BigInt(one.octets), 0n);
    const [stored] = await database().dataSource.query<[{ octets: string }]>(
      `SELECT sum(octets_up + octets_down)::text AS octets FROM usage_bucket WHERE hour >= $1 AND hour < $2`,
      [from, to],
    );
    expect(onStatements + 999n).toBe(BigInt(stored.octets));
  });

  it('usage that comes after the statement is reported with the statement', async () => {
    await october5();
    await closing().closeNow(OCTOBER);
    expect((await reports().lateUsage('2026-10', { limit: 10 })).items).toEqual([]);
    await fleet().use([
      { sim: 2, hour: hour(30), service: 'line', up: 5, down: 6 },
      { sim: 3, hour: hour(10), service: null, down: 1 },
    ]);
    const pages: unknown[] = [];
    for (let cursor: string | undefined; ;) {
      const page = await reports().lateUsage('2026-10', { limit: 2, cursor });
      pages.push(...page.items);
      if (page.nextCursor === null) break;
      cursor = page.nextCursor;
    }
    expect(pages).toEqual([{ statement: 2, simId: 'sim-2', octetsUp: '5', octetsDown: '6' }]);
  });
});
