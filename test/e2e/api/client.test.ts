import { describe, expect, it } from 'vitest';
import {
  allItems,
  createCountfreeClient,
  unwrap,
  type CountfreeClient,
  type Schemas,
  type WebhookEvent,
} from '../../../clients/typescript/src/index.js';
import { verifyWebhook, WebhookVerificationError } from '../../../clients/typescript/src/webhooks.js';
import { newSigningKey, receiverKey, signedHeaders, type SigningKey } from '../../../src/webhooks/signing.js';
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

describe('the signature of a webhook', () => {
  const body = '{"type":"webhook.test","timestamp":"2026-10-01T00:00:00Z","data":{}}';
  const now = 1_790_000_000_000;
  const signed = (keys: readonly SigningKey[]) => signedHeaders('evt_1', now / 1000, Buffer.from(body), keys);

  it.each(['v1', 'v1a'] as const)(
    '%s holds under the old key and the new one, and under no other',
    (kind) => {
      const [old, fresh, foreign] = [newSigningKey(kind), newSigningKey(kind), newSigningKey(kind)];
      const headers = signed([old, fresh]);
      for (const key of [old, fresh]) {
        expect(verifyWebhook(body, headers, receiverKey(key), { now })).toMatchObject({
          id: 'evt_1',
          type: 'webhook.test',
        });
        expect(
          verifyWebhook(Buffer.from(body), new Headers(headers), [receiverKey(foreign), receiverKey(key)], {
            now,
          }).id,
        ).toBe('evt_1');
      }
      const refused = [
        () => verifyWebhook(body, headers, receiverKey(foreign), { now }),
        () => verifyWebhook(`${body} `, headers, receiverKey(old), { now }),
        () => verifyWebhook(body, { ...headers, 'webhook-id': 'evt_2' }, receiverKey(old), { now }),
        () => verifyWebhook(body, headers, receiverKey(old), { now: now + 301_000 }),
        () => verifyWebhook(body, headers, receiverKey(old), { now: now - 301_000 }),
        () => verifyWebhook(body, { ...headers, 'webhook-timestamp': 'soon' }, receiverKey(old), { now }),
        () => verifyWebhook(body, { ...headers, 'webhook-signature': `${kind},` }, receiverKey(old), { now }),
        () => verifyWebhook(body, { ...headers, 'webhook-signature': undefined }, receiverKey(old), { now }),
      ];
      for (const attempt of refused) expect(attempt).toThrow(WebhookVerificationError);
      expect(() => verifyWebhook(body, headers, 'secret', { now })).toThrow(TypeError);
    },
  );

  it('is not taken for one of the other kind', () => {
    const key = newSigningKey('v1a');
    const headers = signed([key]);
    const turned = { ...headers, 'webhook-signature': headers['webhook-signature']!.replace('v1a,', 'v1,') };
    expect(() => verifyWebhook(body, turned, receiverKey(key), { now })).toThrow(WebhookVerificationError);
  });
});
