import { gunzipSync } from 'node:zlib';
import { beforeAll, describe, expect, it, vi } from 'vitest';
import { BillingFleet, LINE_FREE } from '../../support/billing-fleet.js';
import { eventsOf } from '../../support/events.js';
import { expectProblem, itemsOf, useApi } from './support.js';

const api = useApi();

/** Usage of the first SIM, which comes in two parts: before and after its month is closed. */
beforeAll(async () => {
  api.clock.time = Date.parse('2026-11-05T00:00:00Z');
  const fleet = new BillingFleet(api.database.dataSource);
  await fleet.create(2);
  await fleet.plan('light', LINE_FREE);
  await fleet.subscribe('light', [1, 2], '2026-10-01T00:00:00+09:00');
  await fleet.use([{ sim: 1, hour: '2026-10-02T12:00:00+09:00', service: null, down: 3_000_000_000 }]);
});

async function until(
  path: string,
  done: (body: { status?: string; items?: unknown[] }) => boolean,
): Promise<void> {
  await vi.waitFor(
    async () => {
      const { body } = await api.get(path);
      expect(done(body), JSON.stringify(body)).toBe(true);
    },
    { timeout: 60_000, interval: 100 },
  );
}

describe('what a billing department does after a month is closed', () => {
  it('closes it, finds late usage, and has it corrected', async () => {
    expect((await api.post('/v1/periods/2026-10/correct', undefined)).status).toBe(404);
    expect((await api.post('/v1/periods/2026-10/close', {})).status).toBe(202);
    await until('/v1/periods/2026-10', ({ status }) => status === 'closed');
    await new BillingFleet(api.database.dataSource).use([
      { sim: 1, hour: '2026-10-30T12:00:00+09:00', service: null, down: 1 },
    ]);
    const ordered = await api.post('/v1/periods/2026-10/correct', undefined);
    expect([ordered.status, ordered.body]).toEqual([202, { month: '2026-10', status: 'ordered' }]);
    await until('/v1/corrections?month=2026-10', ({ items }) => items?.length === 1);
    const [one] = (await api.get('/v1/corrections?simId=sim-1')).body.items;
    expect(one).toMatchObject({ statement: 1, direction: 'debit', amount: '242', settledOn: null });
    const found = await api.get(`/v1/corrections/${one.id}`);
    expect(found.body).toMatchObject({ statement: 1, amount: '242', tax: '22' });
    const pdf = await api.get(`/v1/corrections/${one.id}`, { headers: { accept: 'application/pdf' } });
    expect(pdf.headers.get('content-disposition')).toBe(`attachment; filename=correction-${one.id}.pdf`);
    expect(pdf.text).toMatch(/^%PDF-/);
    expect((await api.get('/v1/corrections/99')).status).toBe(404);
    expect((await api.get('/v1/corrections?statement=2')).body.items).toEqual([]);
  });

  it('asks what the month would have cost under other terms', async () => {
    const started = await api.post('/v1/simulations', {
      month: '2026-10',
      planCode: 'light',
      terms: { ...LINE_FREE, baseFee: { amount: '1080', proration: 'by_day' } },
    });
    expect(started.status, started.text).toBe(202);
    const path = `/v1/simulations/${started.body.id}`;
    await until(path, ({ status }) => status === 'finished');
    // 100 yen more and its tax, for two SIMs; what was billed has its correction in it.
    expect((await api.get(path)).body.totals).toMatchObject({
      billedAmount: '2398',
      simulatedAmount: '2618',
      difference: '220',
    });
    expect((await api.get(`${path}/results?limit=1`)).body.items).toMatchObject([
      { simId: 'sim-1', statement: 1, difference: '110' },
    ]);
    expect((await api.call('DELETE', path)).status).toBe(204);
    expect((await api.get(path)).status).toBe(404);
  });

  it('asks what it would have cost with another catalogue, and is told where that does not fit', async () => {
    const draft = { month: '2026-10', planCode: 'light' };
    const video = { serviceCode: 'video', policy: 'name', rules: { domainNames: ['video.example.com'] } };
    const terms = { ...LINE_FREE, free: [{ id: 'video', services: ['video'] }] };
    const started = await api.post('/v1/simulations', { ...draft, terms, services: [video] });
    expect(started.status, started.text).toBe(202);
    const path = `/v1/simulations/${started.body.id}`;
    await until(path, ({ status }) => status === 'finished');
    // Octets without a name could be of the new service: nobody knows, and they stay as they are.
    expect((await api.get(path)).body).toMatchObject({
      serviceCodes: ['video'],
      totals: { difference: '0', octets: '3000000001', dependsOctets: '0', unknownOctets: '3000000001' },
    });
    const misfit = { ...video, parentCode: 'nobody' };
    const refused = await api.post('/v1/simulations', { ...draft, terms: LINE_FREE, services: [misfit] });
    expect(expectProblem(refused, 400, 'invalid')).toEqual(['body /services/0/parentCode']);
    const twice = await api.post('/v1/simulations', { ...draft, services: [video, video] });
    expect(expectProblem(twice, 400, 'invalid')).toEqual(['body /services/1/serviceCode']);
  });

  it('takes the whole month in one file, the same bytes each time', async () => {
    const path = '/v1/periods/2026-10/statements.ndjson.gz';
    const take = async () => {
      const response = await fetch(api.origin + path, {
        headers: { authorization: `Bearer ${api.adminKey}` },
      });
      expect([response.status, response.headers.get('content-type')]).toEqual([200, 'application/gzip']);
      return Buffer.from(await response.arrayBuffer());
    };
    const file = await take();
    expect((await take()).equals(file)).toBe(true);
    const lines = gunzipSync(file).toString().trimEnd().split('\n');
    expect(lines.map((line) => (JSON.parse(line) as { number: number }).number)).toEqual([1, 2]);
    expect(lines[0]).toBe((await api.get('/v1/statements/1')).text);
    expect((await api.get('/v1/periods/2026-09/statements.ndjson.gz')).status).toBe(404);
  });

  it('takes the month as charging records, in both formats', async () => {
    const path = '/v1/periods/2026-10/cdrs';
    const take = async (query: string) => {
      const response = await fetch(`${api.origin}${path}?${query}`, {
        headers: { authorization: `Bearer ${api.adminKey}` },
      });
      expect([response.status, response.headers.get('content-type')]).toEqual([200, 'application/gzip']);
      return gunzipSync(Buffer.from(await response.arrayBuffer())).toString();
    };
    const lines = (await take('otherRatingGroup=99')).trimEnd().split('\n');
    expect(lines.map((line) => JSON.parse(line) as unknown)).toMatchObject([
      {
        localRecordSequenceNumber: 1,
        subscriberIdentifier: { subscriptionIDData: 'sim-1' },
        listOfMultipleUnitUsage: [
          {
            ratingGroup: 99,
            usedUnitContainers: [{ dataVolumeDownlink: '3000000000', treatment: 'billed' }],
          },
        ],
      },
      { localRecordSequenceNumber: 2, listOfMultipleUnitUsage: [] },
    ]);
    const rows = (await take('format=csv')).trimEnd().split('\r\n');
    expect(rows[0]).toMatch(/^recordType,localRecordSequenceNumber,.*,dataVolumeUplink,dataVolumeDownlink,/);
    expect(rows).toHaveLength(2);
    // No statement of October settles anything.
    expect(await take('records=corrections&otherRatingGroup=99')).toBe('');
    const wrong = await api.get(`${path}?format=asn1&records=all&otherRatingGroup=-1`);
    expect(expectProblem(wrong, 400, 'invalid')).toEqual([
      'query /format',
      'query /records',
      'query /otherRatingGroup',
    ]);
    const taken = await api.get(`${path}?otherRatingGroup=1`);
    expect(expectProblem(taken, 400, 'invalid')).toEqual(['query /otherRatingGroup']);
    expectProblem(await api.get('/v1/periods/2026-09/cdrs'), 404, 'not_found');
  });

  it('asks what a figure rests on', async () => {
    const query = 'from=2026-10-01T00:00:00Z&to=2026-11-01T00:00:00Z';
    const { body } = await api.get(`/v1/usage/sim-1/explain?${query}`);
    expect(body.items).toMatchObject([
      {
        hour: '2026-10-02T03:00:00.000Z',
        evidence: 'none',
        serviceVersion: null,
        octetsDown: '3000000000',
        plan: {
          planCode: 'light',
          planVersion: 1,
          treatments: [
            {
              treatment: 'billed',
              reason: 'no_service',
              planRule: null,
              octetsUp: '0',
              octetsDown: '3000000000',
            },
          ],
        },
      },
      { hour: '2026-10-30T03:00:00.000Z', octetsDown: '1' },
    ]);
    const complete = {
      suspenseOctets: '0',
      blurredPackets: '0',
      addressPairOctets: '0',
      subscriberOctets: '0',
      globalOctets: '0',
      hourBlurredOctets: '0',
      malformedOctets: '0',
      unsupportedOctets: '0',
      numberedPackets: '0',
      lostPackets: '0',
      droppedPackets: '0',
      droppedHellos: '0',
    };
    expect(body.completeness).toEqual(complete);
    const items = itemsOf(await api.get('/v1/statements?month=2026-10'));
    expect(items.map((item) => item.completeness as unknown)).toEqual([complete, complete]);
    expect((await api.get(`/v1/usage/sim-9/explain?${query}`)).status).toBe(404);
  });

  it('is told of what happened as the document says', async () => {
    const told = await eventsOf(api.database.dataSource);
    expect(told.map(({ type, simId, sequence }) => [type, simId, sequence])).toEqual([
      ['statement.finalized', 'sim-1', 1],
      ['statement.finalized', 'sim-2', 1],
      ['statement.corrected', 'sim-1', 2],
    ]);
  });

  it('sees no threshold where no batch came through the ledger', async () => {
    const answer = await api.get('/v1/thresholds?simId=sim-1&month=2026-10');
    expect([answer.status, answer.body]).toEqual([200, { items: [], nextCursor: null }]);
  });
});
