import { describe, expect, it } from 'vitest';
import { LedgerRepository, ReasonsRepository } from '../../../src/meter/index.js';
import { created, expectProblem, useApi } from './support.js';

const api = useApi();
const HOUR = Date.UTC(2026, 9, 3, 14);
const span = 'from=2026-10-03T14:00:00Z&to=2026-10-03T15:00:00Z';

async function useClaim(): Promise<void> {
  const { dataSource } = api.database;
  const ledger = new LedgerRepository(dataSource);
  const [reasonId = 0] = await new ReasonsRepository(dataSource).idsOf([
    {
      serviceVersionId: null,
      serviceCode: null,
      claimedServiceCode: 'chat',
      evidence: 'sni_unverified',
      rule: 'chat.example.com',
      name: 'a.chat.example.com',
      agreed: false,
    },
  ]);
  const row = {
    simKey: 1,
    hour: HOUR,
    reasonId,
    octetsUp: 900,
    octetsDown: 100,
    packetsUp: 1,
    packetsDown: 1,
  };
  await ledger.ensurePartitions([HOUR]);
  await dataSource.transaction((manager) => ledger.addUsage(manager, '1', [row]));
}

describe('reports', () => {
  it('list what looks like fraud, by the operator’s id of the SIM', async () => {
    created(await api.post('/v1/sims', { id: 'sim-1' }));
    await useClaim();
    const report = await api.get(`/v1/reports/fraud?${span}`);
    expect(report.status, report.text).toBe(200);
    expect(report.body).toEqual({
      items: [
        {
          kind: 'failed_claim',
          simId: 'sim-1',
          serviceCode: 'chat',
          octetsUp: '900',
          octetsDown: '100',
          octets: '1000',
          names: [{ name: 'a.chat.example.com', octets: '1000' }],
          atStake: [],
          grounds: [],
          usualOctets: null,
          distribution: null,
        },
      ],
      nextCursor: null,
    });
    expectProblem(await api.get(`/v1/reports/fraud?${span}&simId=nobody`), 404, 'not_found');
    expectProblem(await api.get('/v1/reports/fraud'), 400, 'invalid');
    const key = await api.key('ingest');
    expectProblem(await api.get(`/v1/reports/fraud?${span}`, { key }), 403, 'forbidden');
  });

  it('say what would move under draft rules, and change nothing', async () => {
    created(await api.post('/v1/services', { code: 'chat', name: 'Chat', ratingGroup: 1 }));
    const [from, to] = ['2026-10-03T14:00:00Z', '2026-10-03T15:00:00Z'];
    const rules = { domainNames: ['chat.example.com'] };
    const answer = await api.post('/v1/services/chat/dry-run', { from, to, policy: 'name', rules });
    expect(answer.status, answer.text).toBe(200);
    expect(answer.body).toMatchObject({
      totalOctets: '1000',
      unchangedOctets: '0',
      unknownOctets: '0',
      moves: [{ from: null, to: 'chat', certainty: 'certain', octets: '1000' }],
    });
    expect((await api.get('/v1/services/chat/versions')).body.items).toEqual([]);
    const long = await api.post('/v1/services/chat/dry-run', { from: '2026-01-01T00:00:00Z', to, rules });
    expect(expectProblem(long, 400, 'invalid')).toEqual(['body /to']);
  });

  it('show days beside SORACOM’s, and take orders to compare again', async () => {
    await api.database.dataSource.query(
      `INSERT INTO soracom_day VALUES ('japan', 'sim-1', '2026-10-03', 0, 7, 5000000, true, true, '2026-10-04T03:00:00Z')`,
    );
    const list = await api.get('/v1/reconciliations?from=2026-10-03&to=2026-10-04&outside=true&simId=sim-1');
    expect(list.body, list.text).toEqual({
      items: [
        {
          account: 'japan',
          simId: 'sim-1',
          day: '2026-10-03',
          mirrorOctets: '0',
          waitingOctets: '7',
          soracomOctets: '5000000',
          ratio: '0.0000',
          outside: true,
          comparedAt: '2026-10-04T03:00:00.000Z',
        },
      ],
      nextCursor: null,
    });
    expect((await api.get('/v1/reconciliations?outside=false')).body.items).toEqual([]);
    const bad = await api.get('/v1/reconciliations?from=yesterday&outside=maybe');
    expect(expectProblem(bad, 400, 'invalid')).toEqual(['query /from', 'query /outside']);
    const order = await api.post('/v1/reconciliations', { simId: 'sim-1' });
    expect(order.status, order.text).toBe(202);
    expectProblem(await api.post('/v1/reconciliations', { simId: 'nobody' }), 404, 'not_found');
    const [wish] = await api.database.dataSource.query<{ key: string }[]>('SELECT key FROM soracom_wish');
    expect(wish?.key).toBe('compare:sim-1');
  });
});
