/** For the receiver of webhooks, on Node: needs `node:crypto`, which the client itself does not. */
import { createHmac, createPublicKey, timingSafeEqual, verify } from 'node:crypto';
import type { WebhookEvent } from './index.js';

/** Headers as `fetch`, Node's http or a framework gives them; names in lower case. */
export type WebhookHeaders =
  { get(name: string): string | null } | Readonly<Record<string, string | readonly string[] | undefined>>;

export interface VerifyOptions {
  /** A message whose time is further away, in seconds, may be an old one sent again; default 300. */
  toleranceSeconds?: number;
  /** UNIX milliseconds; default now. */
  now?: number;
}

/** A message that is not from the service, or not as it was sent. Answer it with 4xx. */
export class WebhookVerificationError extends Error {
  override readonly name = 'WebhookVerificationError';
}

/**
 * The event of a message, once its signature (Standard Webhooks 1.0: `v1` HMAC-SHA256, `v1a` Ed25519) holds under one of
 * the keys: `whsec_…` or `whpk_…`, more than one while a secret rotates. `body`: the exact bytes or text, not parsed and
 * written again. The same event can come twice: drop an `id` that you have seen.
 *
 * Throws {@link WebhookVerificationError}.
 */
export function verifyWebhook(
  body: string | Uint8Array,
  headers: WebhookHeaders,
  keys: string | readonly string[],
  { toleranceSeconds = 300, now = Date.now() }: VerifyOptions = {},
): WebhookEvent & { id: string } {
  const id = headerOf(headers, 'webhook-id');
  const timestamp = headerOf(headers, 'webhook-timestamp');
  const signatures = headerOf(headers, 'webhook-signature').split(' ');
  if (!/^\d{1,12}$/.test(timestamp)) throw new WebhookVerificationError('webhook-timestamp is no time');
  if (Math.abs(now / 1000 - Number(timestamp)) > toleranceSeconds)
    throw new WebhookVerificationError('the message is too old, or the clock of this host is wrong');
  const content = Buffer.concat([Buffer.from(`${id}.${timestamp}.`), Buffer.from(body)]);
  const checks = (typeof keys === 'string' ? [keys] : keys).map(checkOf);
  if (!checks.some((holds) => signatures.some((signature) => holds(content, signature))))
    throw new WebhookVerificationError('no signature holds under the keys given');
  const text = typeof body === 'string' ? body : Buffer.from(body).toString('utf8');
  return { ...(JSON.parse(text) as WebhookEvent), id };
}

function headerOf(headers: WebhookHeaders, name: string): string {
  const value =
    typeof headers.get === 'function' ? headers.get(name) : (headers as Record<string, unknown>)[name];
  if (typeof value === 'string' && value !== '') return value;
  throw new WebhookVerificationError(`the message has no ${name}`);
}

type Check = (content: Buffer, signature: string) => boolean;

function checkOf(key: string): Check {
  const [, kind, text = ''] = /^(whsec|whpk)_([A-Za-z0-9+/]+={0,2})$/.exec(key) ?? [];
  const bytes = Buffer.from(text, 'base64');
  if (kind === 'whsec') return hmacCheck(bytes);
  if (kind === 'whpk' && bytes.length === 32) return ed25519Check(bytes);
  throw new TypeError('A webhook key is whsec_ or whpk_ with base64 behind it, as the service showed it');
}

function hmacCheck(secret: Buffer): Check {
  return (content, signature) => {
    if (!signature.startsWith('v1,')) return false;
    const expected = createHmac('sha256', secret).update(content).digest();
    const given = Buffer.from(signature.slice(3), 'base64');
    return given.length === expected.length && timingSafeEqual(given, expected);
  };
}

function ed25519Check(raw: Buffer): Check {
  const jwk = { kty: 'OKP', crv: 'Ed25519', x: raw.toString('base64url') };
  const key = createPublicKey({ key: jwk, format: 'jwk' });
  return (content, signature) =>
    signature.startsWith('v1a,') && verify(null, content, key, Buffer.from(signature.slice(4), 'base64'));
}
