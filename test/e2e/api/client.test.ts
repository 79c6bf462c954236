import { describe, expect, it } from 'vitest';
import {
  allItems,
  createCountfreeClient,
  unwrap,
  type CountfreeClient,
  type Schemas,
  type WebhookEvent,
} from '../../../clients/typescript/src/index.js';
import { useApi } from './support.js';

const api = useApi();
const client = (apiKey = api.adminKey): CountfreeClient =>
  createCountfreeClient({ baseUrl: api.origin, apiKey });

describe('the TypeScript client', () => {
  it('makes, reads and changes what the document describes', async () => {
    const made: Schemas['Sim'] = await unwrap(
      client().POST('/v1/sims', {
        body: { id: 'sim-1', name: '一号' },
        params: { header: { 'Idempotency-Key': 'first' } },
      }),
    );
    expect(made).toMatchObject({ id: 'sim-1', name: '一号' });
    const again = await client().POST('/v1/sims', {
      body: { id: 'sim-1', name: '一号' },
      params: { header: { 'Idempotency-Key': 'first' } },
    });
    expect([again.response.status, again.response.headers.get('idempotency-replayed')]).toEqual([
      201,
      'true',
    ]);
    const read = await client().GET('/v1/sims/{simId}', { params: { path: { simId: 'sim-1' } } });
    const etag = read.response.headers.get('etag') ?? '';
    const changed = await unwrap(
      client().PATCH('/v1/sims/{simId}', {
        params: { path: { simId: 'sim-1' }, header: { 'If-Match': etag } },
        body: { name: 'one' },
      }),
    );
    expect(changed.name).toBe('one');
  });

  it('goes through all pages of a list', async () => {
    for (const id of ['sim-2', 'sim-3', 'sim-4', 'sim-5'])
      await unwrap(client().POST('/v1/sims', { body: { id } }));
    const ids: string[] = [];
    for await (const { id } of allItems((cursor) =>
      client().GET('/v1/sims', { params: { query: { limit: 2, ...(cursor !== undefined && { cursor }) } } }),
    ))
      ids.push(id);
    expect(ids).toEqual(['sim-1', 'sim-2', 'sim-3', 'sim-4', 'sim-5']);
  });

  it('throws what the service finds wrong, field by field', async () => {
    const wrong = unwrap(client().POST('/v1/sims', { body: { id: '' } }));
    await expect(wrong).rejects.toMatchObject({
      name: 'CountfreeError',
      status: 400,
      problem: { type: 'urn:countfree:problem:invalid', errors: [{ in: 'body', pointer: '/id' }] },
    });
    await expect(unwrap(client('cfk_wrong').GET('/v1/sims'))).rejects.toMatchObject({ status: 401 });
  });

  it('types the events by their type', () => {
    const told = (event: WebhookEvent): string =>
      event.type === 'statement.finalized' ? `${event.data.number} ${event.data.amount}` : event.type;
    const sums = {
      month: '',
      from: '',
      to: '',
      freeOctets: '0',
      billedOctets: '0',
      currency: 'JPY',
      amount: '980',
    };
    const event = { type: 'statement.finalized', timestamp: '', simId: 'sim-1', sequence: 1 } as const;
    expect(told({ ...event, data: { number: 7, ...sums, hash: '', url: '' } })).toBe('7 980');
  });
});
