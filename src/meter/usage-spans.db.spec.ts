import { beforeAll, describe, expect, it } from 'vitest';
import { BillingFleet } from '../../test/support/billing-fleet.js';
import { useTestDatabase } from '../../test/support/database.js';
import { UsageReader, type UsageSpan, type UsageSpanRow } from './index.js';

const database = useTestDatabase();
const HOUR = 3_600_000;
const FROM = Date.parse('2026-09-30T15:00:00Z');
const TO = Date.parse('2026-10-31T15:00:00Z');
/** More than are read together. */
const SIMS = Array.from({ length: 230 }, (_, index) => index + 1);
const month = (simKey: number): UsageSpan => ({ simKey, from: FROM, to: TO });

let reader: UsageReader;

/** Each span in a query of its own. */
async function oneByOne(spans: readonly UsageSpan[]): Promise<UsageSpanRow[]> {
  const rows: UsageSpanRow[] = [];
  for (const [span, one] of spans.entries())
    for (const row of await reader.usageOfSpans([one])) rows.push({ ...row, span });
  return rows;
}

function inOrder(rows: readonly UsageSpanRow[]): UsageSpanRow[] {
  const key = ({ span, serviceCode, rule, mcc }: UsageSpanRow) =>
    JSON.stringify([String(span).padStart(4, '0'), serviceCode, rule, mcc]);
  return [...rows].sort((a, b) => (key(a) < key(b) ? -1 : 1));
}

beforeAll(async () => {
  const { dataSource } = database();
  reader = new UsageReader(dataSource);
  const fleet = new BillingFleet(dataSource);
  await fleet.create(SIMS.length);
  const at = (milliseconds: number) => new Date(milliseconds).toISOString();
  await fleet.use(
    SIMS.filter((sim) => sim % 11 !== 0).flatMap((sim) => [
      // The hour before the month, its first, one in it, its last, and the hour after it.
      { sim, hour: at(FROM - HOUR), service: 'line', up: 1_000_000, down: 1 },
      { sim, hour: at(FROM), service: 'line', up: sim, down: 2 },
      { sim, hour: at(FROM + (sim % 700) * HOUR), service: null, up: 3, down: sim * 1_000 },
      { sim, hour: at(TO - HOUR), service: 'line', up: 4, down: Number.MAX_SAFE_INTEGER - sim },
      { sim, hour: at(TO), service: 'line', up: 1_000_000, down: 1 },
    ]),
  );
  // Two reasons that rating does not tell apart: the same rule, under two names.
  await dataSource.query(
    `INSERT INTO usage_reason (service_version_id, evidence, rule, name)
     SELECT service_version_id, evidence, rule, n.name
     FROM usage_reason, (VALUES ('a.line.me'), ('b.line.me')) n (name) WHERE evidence = 'sni'`,
  );
  await dataSource.query(
    `INSERT INTO usage_bucket (sim_key, hour, reason_id, octets_up, octets_down, packets_up, packets_down)
     SELECT s.sim_key, '2026-10-02T09:00:00Z', r.id, 10, 100, 1, 1
     FROM usage_reason r, sim s WHERE r.name IS NOT NULL AND s.sim_key % 5 = 0`,
  );
});

describe('usage of many spans', () => {
  it('is that of each, where all SIMs have the same hours', async () => {
    const spans = SIMS.map(month);
    const found = await reader.usageOfSpans(spans);
    expect(inOrder(found)).toEqual(inOrder(await oneByOne(spans)));
    expect(found.filter(({ span }) => span === 9)).toMatchObject(
      expect.arrayContaining([
        expect.objectContaining({
          serviceCode: 'line',
          octetsUp: 34n,
          octetsDown: BigInt(Number.MAX_SAFE_INTEGER) + 192n,
          firstHour: FROM,
          lastHour: TO - HOUR,
        }),
      ]) as object,
    );
  });

  it('is that of each, where some SIMs have other hours, several spans, or the same one twice', async () => {
    const middle = FROM + 300 * HOUR;
    const spans = SIMS.flatMap((simKey): UsageSpan[] => {
      if (simKey % 7 === 0) return [month(simKey), month(simKey)];
      if (simKey % 5 === 0)
        return [
          { simKey, from: FROM, to: middle },
          { simKey, from: middle, to: TO },
        ];
      if (simKey % 3 === 0) return [{ simKey, from: middle + simKey * HOUR, to: TO }];
      return [month(simKey)];
    });
    expect(inOrder(await reader.usageOfSpans(spans))).toEqual(inOrder(await oneByOne(spans)));
  });

  it('is none of no span', async () => {
    expect(await reader.usageOfSpans([])).toEqual([]);
  });
});
