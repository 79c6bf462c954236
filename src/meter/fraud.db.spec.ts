import { beforeEach, describe, expect, it } from 'vitest';
import { useTestDatabase } from '../../test/support/database.js';
import { FOREIGN_DNS_RULE, type Decision } from '../identify/index.js';
import { meterEntities } from './entities.js';
import { FraudReader, type FraudItem, type FraudQuery } from './fraud.reader.js';
import { LedgerRepository } from './ledger.repository.js';
import { ReasonsRepository } from './reasons.repository.js';

const database = useTestDatabase({ entities: meterEntities });
const HOUR = Date.UTC(2026, 10, 3, 14);
const query: FraudQuery = {
  from: new Date(HOUR),
  to: new Date(HOUR + 3_600_000),
  factor: 10,
  leastSims: 5,
};

const nothing: Decision = {
  serviceVersionId: null,
  serviceCode: null,
  claimedServiceCode: null,
  evidence: 'none',
  rule: null,
  name: null,
  agreed: null,
};
const line: Decision = {
  ...nothing,
  serviceVersionId: 1,
  serviceCode: 'line',
  evidence: 'sni',
  rule: 'line.me',
};
const claim = (name: string | null): Decision => ({
  ...nothing,
  claimedServiceCode: 'line',
  evidence: 'sni_unverified',
  rule: 'line.me',
  name,
  agreed: false,
});

async function use(simKey: number, octets: number, decision: Decision, hour = HOUR): Promise<void> {
  const { dataSource } = database();
  const ledger = new LedgerRepository(dataSource);
  const [reasonId = 0] = await new ReasonsRepository(dataSource).idsOf([decision]);
  await ledger.ensurePartitions([hour]);
  const row = { simKey, hour, reasonId, octetsUp: octets - 1, octetsDown: 1, packetsUp: 1, packetsDown: 1 };
  await dataSource.transaction((manager) => ledger.addUsage(manager, '1', [row]));
}

async function all(changes: Partial<FraudQuery> = {}, limit = 2): Promise<FraudItem[]> {
  const reader = new FraudReader(database().dataSource);
  const items: FraudItem[] = [];
  for (let cursor: string | null | undefined; cursor !== null;) {
    const page = await reader.list({ ...query, ...changes }, { limit, ...(cursor != null && { cursor }) });
    items.push(...page.items);
    cursor = page.nextCursor;
  }
  return items;
}

beforeEach(async () => {
  await database().clear();
  const { dataSource } = database();
  await dataSource.query(`INSERT INTO service VALUES ('line', 'LINE', NULL, 100, 0, 1, now(), now())`);
  await dataSource.query(`
    INSERT INTO service_version (service_code, version, effective_from, policy, rules, created_at)
    VALUES ('line', 1, '2026-01-01', 'agree', '{}', now())`);
  for (let sim = 1; sim <= 6; sim += 1) await use(sim, 100 + sim, line);
});

describe('the fraud report', () => {
  it('is empty where all is usual', async () => {
    await use(1, 5_000, nothing);
    expect(await all()).toEqual([]);
  });

  it('lists claims, foreign DNS and unusual volume, most octets first, in pages of any size', async () => {
    await use(1, 400, claim('a.line.me'));
    await use(1, 500, claim('b.line.me'));
    await use(1, 50, claim(null));
    await use(2, 950, claim('a.line.me'));
    await use(3, 700, { ...nothing, rule: FOREIGN_DNS_RULE });
    await use(4, 9_896, line);
    await use(5, 9_999, claim('late.line.me'), HOUR + 3_600_000);
    const items = await all();
    expect(
      items.map(({ kind, simKey, octetsUp, octetsDown }) => [kind, simKey, octetsUp + octetsDown]),
    ).toEqual([
      ['unusual_volume', 4, 10_000n],
      ['failed_claim', 1, 950n],
      ['failed_claim', 2, 950n],
      ['foreign_dns', 3, 700n],
    ]);
    expect(items[0]?.distribution).toEqual({ sims: 6, medianOctets: 103n, p99Octets: 10_000n });
    expect(items[1]).toMatchObject({
      serviceCode: 'line',
      names: [
        { name: 'b.line.me', octets: 500n },
        { name: 'a.line.me', octets: 400n },
      ],
    });
    for (const limit of [1, 3, 100]) expect(await all({}, limit)).toEqual(items);
    expect(await all({ kind: 'foreign_dns' })).toEqual([items[3]]);
    expect(await all({ simKey: 2 })).toEqual([items[2]]);
  });

  it('calls a volume unusual, too, that is far above what the SIM used before', async () => {
    const day = 24 * 3_600_000;
    // In 28 days as much as makes 50 an hour; and one SIM that always used much.
    await use(4, 28 * 24 * 50, line, HOUR - 27 * day);
    await use(5, 28 * 24 * 400, line, HOUR - day);
    await use(4, 500, line);
    await use(5, 400, line);
    expect(await all({ factor: 10 })).toMatchObject([
      { simKey: 4, kind: 'unusual_volume', grounds: ['own'], usualOctets: 50n },
    ]);
    expect(await all({ factor: 13 })).toEqual([]);
    expect(await all({ leastOctets: 605 })).toEqual([]);
    expect(await all({ factor: 4 })).toMatchObject([
      { simKey: 4, grounds: ['fleet', 'own'] },
      { simKey: 5, grounds: ['fleet'], usualOctets: 400n },
    ]);
    // What lies further back is not looked at.
    await use(6, 28 * 24 * 20, line, HOUR - 29 * day);
    await use(6, 500, line);
    expect((await all({ factor: 10 })).map(({ simKey }) => simKey)).toEqual([4]);
  });

  it('gives what was claimed in vain by hour, service, rule and network', async () => {
    await use(1, 400, claim('a.line.me'));
    await use(1, 500, claim('b.line.me'));
    await use(1, 30, claim(null), HOUR + 3_600_000);
    const reader = new FraudReader(database().dataSource);
    expect(await reader.claims([1, 2], query.from, query.to)).toEqual([
      {
        simKey: 1,
        hour: HOUR,
        serviceCode: 'line',
        rule: 'line.me',
        mcc: null,
        octetsUp: 898n,
        octetsDown: 2n,
      },
    ]);
  });

  it('calls no volume unusual where too few SIMs use the service', async () => {
    await use(4, 9_896, line);
    expect(await all({ leastSims: 7 })).toEqual([]);
    expect(await all({ factor: 98 })).toEqual([]);
  });
});
