import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { webhooks } from '../../../src/api/openapi/webhooks.js';
import { statement as statementSchema } from '../../../src/api/resources/statement.schema.js';
import { LedgerRepository } from '../../../src/meter/index.js';
import { created, expectProblem, itemsOf, useApi, type Json } from './support.js';

const api = useApi();
const realm = {
  name: 'vpg-tokyo',
  mirror: { type: 'gre', outerSource: '100.64.1.10' },
  subscriberPrefixes: ['10.128.0.0/9'],
  resolvers: ['100.127.0.53'],
};
const terms = {
  currency: { code: 'JPY', exponent: 0 },
  timeZone: 'Asia/Tokyo',
  rounding: 'down',
  tax: { treatment: 'exclusive', rates: [{ percent: '10' }] },
  baseFee: { amount: '980', proration: 'full' },
  quota: { included: { value: '3', unit: 'GB' }, proration: 'full' },
  overage: {
    kind: 'per_unit',
    unit: { value: '1', unit: 'GB' },
    unitRounding: 'up',
    tiers: [{ upTo: null, price: '550' }],
  },
  free: [{ id: 'chat-free', services: ['chat'] }],
};

describe('a fleet', () => {
  it('gets a realm, which changes only from the revision that was read', async () => {
    const made = created(await api.post('/v1/realms', realm));
    expect(made.headers.get('location')).toBe('/v1/realms/vpg-tokyo');
    expect(made.body).toMatchObject({ ...realm, index: 1 });
    const etag = made.headers.get('etag')!;
    const first = await api.patch(
      '/v1/realms/vpg-tokyo',
      { retentionDays: 30 },
      { headers: { 'if-match': etag } },
    );
    expect(first.body.retentionDays).toBe(30);
    expect(first.headers.get('etag')).not.toBe(etag);
    const late = await api.patch(
      '/v1/realms/vpg-tokyo',
      { retentionDays: 7 },
      { headers: { 'if-match': etag } },
    );
    expectProblem(late, 412, 'changed_meanwhile');
    const weak = { headers: { 'if-match': `W/${first.headers.get('etag')!}` } };
    expectProblem(
      await api.patch('/v1/realms/vpg-tokyo', { retentionDays: 7 }, weak),
      412,
      'changed_meanwhile',
    );
    expect(
      (await api.patch('/v1/realms/vpg-tokyo', { retentionDays: 7 }, { headers: { 'if-match': '*' } }))
        .status,
    ).toBe(200);
    expectProblem(
      await api.delete('/v1/realms/vpg-tokyo', { headers: { 'if-match': etag } }),
      412,
      'changed_meanwhile',
    );
    expect((await api.get('/v1/realms')).body.items).toHaveLength(1);
  });

  it('gets SIMs, singly and in bulk, with an error for each bad row', async () => {
    created(await api.post('/v1/sims', { id: 'sim-1', imsis: ['440100000000001'], nameConsent: true }));
    expectProblem(await api.post('/v1/sims', { id: 'sim-1' }), 409, 'conflict');
    const bulk = await api.post('/v1/sims/bulk', {
      items: [
        { id: 'sim-2' },
        { id: 'sim 3' },
        { id: 'sim-4', imsis: ['440100000000001'] },
        { id: 'sim-1', colour: 1 },
      ],
    });
    expect(bulk.status).toBe(200);
    expect(bulk.body).toMatchObject({ created: 1, updated: 0, unchanged: 0 });
    expect(
      (bulk.body.errors as Json[]).map((error: Json) => [error.index, error.code, error.errors[0].pointer]),
    ).toEqual([
      [1, 'invalid', '/id'],
      [2, 'conflict', '/imsis/0'],
      [3, 'invalid', '/colour'],
    ]);
    expect((await api.get('/v1/sims?imsi=440100000000001')).body.items).toHaveLength(1);
    expect((await api.patch('/v1/sims/sim-2', { status: 'suspended' })).body.status).toBe('suspended');
    expectProblem(await api.get('/v1/sims/nobody'), 404, 'not_found');
  });

  it('gets sessions, which end and never overlap', async () => {
    const session = {
      simId: 'sim-1',
      realm: 'vpg-tokyo',
      prefix: '10.128.0.1',
      startTime: '2026-10-01T00:00:00+09:00',
    };
    const made = created(await api.post('/v1/sessions', session));
    expect(made.body).toMatchObject({
      prefix: '10.128.0.1/32',
      startTime: '2026-09-30T15:00:00.000Z',
      endTime: null,
    });
    const other = { ...session, simId: 'sim-2', startTime: '2026-10-10T00:00:00+09:00' };
    expectProblem(await api.post('/v1/sessions', other), 409, 'conflict');
    expect(created(await api.post('/v1/sessions?open=end', other)).body.simId).toBe('sim-2');
    expect((await api.get(`/v1/sessions/${made.body.id}`)).body.endTime).toBe('2026-10-09T15:00:00.000Z');
    const found = await api.get('/v1/sessions?address=10.128.0.1&at=2026-10-05T00:00:00Z');
    expect(itemsOf(found).map((item: Json) => item.simId)).toEqual(['sim-1']);
    const open = (await api.get('/v1/sessions?simId=sim-2')).body.items[0];
    const ended = await api.post(`/v1/sessions/${open.id}/end`);
    expect(ended.body.endTime).toBe(new Date(api.clock.time).toISOString());
    const bad = await api.post('/v1/sessions', { ...session, simId: 'nobody', realm: 'nowhere' });
    expect(expectProblem(bad, 400, 'invalid').sort()).toEqual(['body /realm', 'body /simId']);
  });

  it('gets services whose rules are versioned', async () => {
    created(await api.post('/v1/services', { code: 'chat', name: 'Chat', ratingGroup: 1 }));
    const rules = { domainNames: ['chat.example.com', 'CDN.Chat.Example.net.'] };
    const first = created(
      await api.post('/v1/services/chat/versions', { effectiveFrom: '2026-01-01T00:00:00Z', rules }),
    );
    expect(first.body.rules.domainNames).toEqual(['cdn.chat.example.net', 'chat.example.com']);
    const bad = await api.post('/v1/services/chat/versions', {
      rules: { domainNames: ['ok.example', 'co.jp', 'a..b'], prefixes: [{ prefix: '10.0.0.1/8' }] },
    });
    expect(expectProblem(bad, 400, 'invalid')).toEqual([
      'body /rules/domainNames/1',
      'body /rules/domainNames/2',
      'body /rules/prefixes/0/prefix',
    ]);
    const next = { effectiveFrom: '2026-12-01T00:00:00Z', rules: { domainNames: ['chat.example.com'] } };
    created(await api.post('/v1/services/chat/versions', next));
    const diff = await api.get('/v1/services/chat/versions/2/diff?from=1');
    expect(diff.body.domainNames).toEqual({ added: [], removed: ['cdn.chat.example.net'] });
    expect((await api.delete('/v1/services/chat/versions/2')).status).toBe(204);
    expectProblem(await api.delete('/v1/services/chat/versions/1'), 409, 'conflict');
    expect((await api.patch('/v1/services/chat', { name: 'Chat!' })).body).toMatchObject({
      code: 'chat',
      name: 'Chat!',
    });
  });

  it('gets plans and subscriptions', async () => {
    const plan = { code: 'light', name: 'Light', effectiveFrom: '2026-01-01T00:00:00Z', terms };
    created(await api.post('/v1/plans', plan));
    expect((await api.get('/v1/plans/light/versions/1')).body.terms).toMatchObject({
      anchorDay: 1,
      counted: 'both',
    });
    const unknown = { ...terms, free: [{ id: 'x', services: ['nothing'] }] };
    expect(
      expectProblem(await api.post('/v1/plans', { ...plan, code: 'bad', terms: unknown }), 400, 'invalid'),
    ).toEqual(['body /terms/free/0/services/0']);
    const past = await api.post('/v1/plans/light/versions', { effectiveFrom: '2026-02-01T00:00:00Z', terms });
    expect(expectProblem(past, 400, 'invalid')).toEqual(['body /effectiveFrom']);
    for (const simId of ['sim-1', 'sim-2'])
      created(
        await api.post('/v1/subscriptions', { simId, planCode: 'light', from: '2026-10-01T00:00:00+09:00' }),
      );
    const twice = await api.post('/v1/subscriptions', {
      simId: 'sim-1',
      planCode: 'light',
      from: '2026-10-02T00:00:00+09:00',
    });
    expectProblem(twice, 409, 'conflict');
    const [first] = (await api.get('/v1/subscriptions?simId=sim-2')).body.items;
    const stale = await api.patch(
      `/v1/subscriptions/${first.id}`,
      { to: null },
      { headers: { 'if-match': '"7.x"' } },
    );
    expectProblem(stale, 412, 'changed_meanwhile');
  });
});

describe('usage and bills', () => {
  const span = 'from=2026-10-01T00:00:00%2B09:00&to=2026-11-01T00:00:00%2B09:00';

  it('give every octet, exact beyond 2^53, with its reason', async () => {
    await addUsage('sim-1', 'chat', 'sni', 9007199254740993n, 7n);
    await addUsage('sim-1', null, 'none', 1000n, 2000n);
    const { body } = await api.get(`/v1/usage?${span}&simId=sim-1&resolution=day&timeZone=Asia/Tokyo`);
    expect(body.items).toEqual([
      expect.objectContaining({
        simId: 'sim-1',
        start: '2026-10-01T15:00:00.000Z',
        serviceCode: 'chat',
        evidence: 'sni',
        rule: 'chat.example.com',
        octetsUp: '9007199254740993',
        octetsDown: '7',
        octets: '9007199254741000',
      }),
      expect.objectContaining({ serviceCode: null, evidence: 'none', octets: '3000' }),
    ]);
    expect(body.totals).toMatchObject({
      octets: '9007199254744000',
      serviceOctets: '9007199254741000',
      otherOctets: '3000',
      byPlan: {
        freeOctets: '9007199254741000',
        billedOctets: '3000',
        notCountedOctets: '0',
        withoutPlanOctets: '0',
      },
    });
    for (const item of body.items) {
      const items = itemsOf(await api.get(item.explanation));
      const sum = items.reduce(
        (total: bigint, one: Json) => total + BigInt(one.octetsUp) + BigInt(one.octetsDown),
        0n,
      );
      expect([items.length > 0, String(sum)]).toEqual([true, item.octets]);
    }
    const down = await api.get(`/v1/usage?${span}&simId=sim-1&direction=down`);
    expect(down.body.items).toEqual([
      expect.objectContaining({ serviceCode: 'chat', octetsUp: '0', octets: '7' }),
      expect.objectContaining({ serviceCode: null, octetsUp: '0', octets: '2000' }),
    ]);
    for (const item of down.body.items) {
      const { items } = (await api.get(item.explanation)).body;
      const [one] = items;
      expect([items.length, one.octetsUp, one.packetsUp, one.octetsDown]).toEqual([1, '0', '0', item.octets]);
      expect(one.plan.treatments).toMatchObject([{ octetsUp: '0', octetsDown: item.octets }]);
    }
    expect(down.body.totals).toMatchObject({
      octets: '2007',
      byPlan: { freeOctets: '7', billedOctets: '2000' },
    });
    const named = await api.get(`/v1/usage?${span}&simId=sim-1&name=chat.example.com`);
    expect(named.body.totals).toMatchObject({
      octets: '0',
      byPlan: { freeOctets: '0', billedOctets: '0', withoutPlanOctets: '0' },
      byPlanMissing: null,
    });
    const none = await api.get(`/v1/usage?${span}&evidence=dns`);
    expect(none.body).toMatchObject({ items: [], totals: { octets: '0', byService: [] } });
    expectProblem(await api.get(`/v1/usage?${span}&simId=nobody`), 404, 'not_found');
    expectProblem(await api.get(`/v1/usage?${span}&serviceCode=nothing`), 404, 'not_found');
    expectProblem(await api.get(`/v1/usage/sim-1/explain?${span}&serviceCode=nothing`), 404, 'not_found');
    const bad = await api.get('/v1/usage?from=2026-10-02T00:00:00Z&to=2026-10-01T00:00:00Z&timeZone=Mars');
    expect(expectProblem(bad, 400, 'invalid')).toContain('query /timeZone');
  });

  it('keep a page of usage where it was', async () => {
    const first = await api.get(`/v1/usage?${span}&limit=1`);
    const second = await api.get(`/v1/usage?${span}&limit=1&cursor=${first.body.nextCursor}`);
    expect([first.body.items[0].serviceCode, second.body.items[0].serviceCode]).toEqual(['chat', null]);
    expect(second.body.nextCursor).toBeNull();
    expect(second.body.totals).toEqual(first.body.totals);
  });

  it('say where every octet went', async () => {
    const { body } = await api.get(`/v1/conservation?${span}`);
    expect(body).toMatchObject({
      usageOctets: '9007199254744000',
      suspenseOctets: '0',
      seen: { octets: '0' },
    });
    expect(body.difference).toBe('-9007199254744000');
    expect((await api.get(`/v1/suspense?${span}`)).body).toEqual({ items: [], nextCursor: null });
    expect(expectProblem(await api.get('/v1/conservation'), 400, 'invalid').sort()).toEqual([
      'query /from',
      'query /to',
    ]);
  });

  it('make drafts, then final statements once', async () => {
    const drafts = await api.get('/v1/statement-drafts?month=2026-10');
    expect(itemsOf(drafts).map((item: Json) => item.simId)).toEqual(['sim-1', 'sim-2']);
    expect(expectProblem(await api.get('/v1/statement-drafts?month=2026-13'), 400, 'invalid')).toEqual([
      'query /month',
    ]);
    expect((await api.get('/v1/periods/2026-10')).body).toMatchObject({ status: 'open', runs: [] });
    expect(expectProblem(await api.post('/v1/periods/2026-10/close'), 409, 'conflict')).toEqual([
      'body /force',
    ]);
    const ordered = await api.post('/v1/periods/2026-10/close', { force: true });
    expect(ordered.status).toBe(202);
    await untilClosed();
    expectProblem(await api.post('/v1/periods/2026-10/close', { force: true }), 409, 'conflict');
    const items = itemsOf(await api.get('/v1/statements?month=2026-10'));
    expect(items.map((item: Json) => [item.number, item.simId, item.amount])).toEqual([
      [1, 'sim-1', '1078'],
      [2, 'sim-2', '1078'],
    ]);
    expect((await api.get('/v1/statement-drafts?month=2026-10')).body.items).toEqual([]);
  });

  it('give a statement as the bytes that were hashed, as CSV and as PDF', async () => {
    const json = await api.get('/v1/statements/1');
    const hash = createHash('sha256').update(json.text).digest('hex');
    expect(json.headers.get('etag')).toBe(`"${hash}"`);
    statementSchema.parse(json.body);
    expect(json.body.totals).toMatchObject({
      octets: '9007199254744000',
      freeOctets: '9007199254741000',
      billedOctets: '3000',
    });
    expect((await api.get('/v1/statements/1', { headers: { 'if-none-match': `"${hash}"` } })).status).toBe(
      304,
    );
    const csv = await api.get('/v1/statements/1', { headers: { accept: 'text/csv' } });
    expect(csv.headers.get('content-type')).toBe('text/csv; charset=utf-8');
    expect((await api.get('/v1/statements/1/csv')).text).toBe(csv.text);
    expect(csv.headers.get('content-disposition')).toBe('attachment; filename=statement-1.csv');
    expect(csv.text.split('\r\n')[0]).toContain('statement,status,sim_id');
    const pdf = await api.get('/v1/statements/1', { headers: { accept: 'application/pdf' } });
    expect(pdf.headers.get('content-type')).toBe('application/pdf');
    expect(pdf.headers.get('content-disposition')).toBe('attachment; filename=statement-1.pdf');
    expect(pdf.text).toMatch(/^%PDF-1\.\d[\s\S]*%%EOF\s*$/);
    expect((await api.get('/v1/statements/1/pdf')).text).toBe(pdf.text);
    expectProblem(
      await api.get('/v1/statements/1', { headers: { accept: 'image/png' } }),
      406,
      'not_acceptable',
    );
    expectProblem(await api.get('/v1/statements/99'), 404, 'not_found');
    expect((await api.get('/v1/statement-chains/sim-1')).body).toEqual({
      simId: 'sim-1',
      statements: 1,
      broken: null,
    });
  });

  it('show usage that came after the statement', async () => {
    await addUsage('sim-2', 'chat', 'sni', 5n, 6n);
    expect((await api.get('/v1/periods/2026-10/late-usage')).body.items).toEqual([
      { statement: 2, simId: 'sim-2', octetsUp: '5', octetsDown: '6' },
    ]);
  });

  it('tell receivers what the document says that they get', async () => {
    const rows = await api.database.dataSource.query<{ type: string; payload: Buffer }[]>(
      'SELECT type, payload FROM outbox_event',
    );
    expect(new Set(rows.map((row) => row.type))).toEqual(
      new Set(['subscription.changed', 'statement.finalized']),
    );
    for (const { type, payload } of rows)
      webhooks.find((hook) => hook.type === type)!.payload.parse(JSON.parse(payload.toString()));
  });

  async function untilClosed(): Promise<void> {
    await expect
      .poll(async () => (await api.get('/v1/periods/2026-10')).body.status, { timeout: 30_000 })
      .toBe('closed');
  }

  /** Octets of one hour of 2 October (Tokyo), as the meter writes them. */
  async function addUsage(
    simId: string,
    code: string | null,
    evidence: string,
    up: bigint,
    down: bigint,
  ): Promise<void> {
    const { dataSource } = api.database;
    const hour = new Date('2026-10-01T16:00:00Z');
    await new LedgerRepository(dataSource).ensurePartitions([hour.getTime()]);
    await dataSource.query(
      `WITH reason AS (
         INSERT INTO usage_reason (service_version_id, evidence, rule)
         SELECT (SELECT id FROM service_version WHERE service_code = $2 AND version = 1), $3,
                CASE WHEN $2::text IS NULL THEN NULL ELSE 'chat.example.com' END
         ON CONFLICT ON CONSTRAINT usage_reason_key DO UPDATE SET evidence = excluded.evidence
         RETURNING id
       )
       INSERT INTO usage_bucket (sim_key, hour, reason_id, octets_up, octets_down, packets_up, packets_down)
       SELECT (SELECT sim_key FROM sim WHERE sim_id = $1), $4, id, $5, $6, 1, 1 FROM reason`,
      [simId, code, evidence, hour, up.toString(), down.toString()],
    );
  }
});
