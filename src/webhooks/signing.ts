import {
  createHmac,
  createPrivateKey,
  createPublicKey,
  randomBytes,
  sign,
  type KeyObject,
} from 'node:crypto';

/** Standard Webhooks 1.0: `v1` HMAC-SHA256 with a shared secret, `v1a` ed25519 with a key pair. */
export const SIGNATURES = ['v1', 'v1a'] as const;
export type SignatureKind = (typeof SIGNATURES)[number];

/** What a message is signed with. */
export interface SigningKey {
  kind: SignatureKind;
  /** v1: the HMAC key; v1a: the 32-byte seed of the private key (RFC 8032). */
  secret: Buffer;
}

/** Made once for each seed in memory: making the key costs more than a signature with it. */
const privateKeys = new WeakMap<Buffer, KeyObject>();

/** PKCS #8 head of an ed25519 seed (RFC 8410). */
const ED25519_HEAD = Buffer.from('302e020100300506032b657004220420', 'hex');

export function newSigningKey(kind: SignatureKind): SigningKey {
  return { kind, secret: randomBytes(32) };
}

/**
 * What the receiver verifies with, in the standard's text form: `whsec_…`, to be kept secret, or the public key
 * `whpk_…`.
 */
export function receiverKey({ kind, secret }: SigningKey): string {
  if (kind === 'v1') return `whsec_${secret.toString('base64')}`;
  const der = createPublicKey(privateKey(secret)).export({ type: 'spki', format: 'der' });
  return `whpk_${der.subarray(-32).toString('base64')}`;
}

/**
 * The three headers of one try. `id` is the same for all tries; `timestamp` is of this one, in UNIX seconds; one
 * signature for each key, so that a receiver that has the old or the new one finds its own.
 */
export function signedHeaders(
  id: string,
  timestamp: number,
  body: Buffer,
  keys: readonly SigningKey[],
): Record<string, string> {
  const content = Buffer.concat([Buffer.from(`${id}.${timestamp}.`), body]);
  return {
    'webhook-id': id,
    'webhook-timestamp': String(timestamp),
    'webhook-signature': keys.map((key) => `${key.kind},${signature(content, key)}`).join(' '),
  };
}

function signature(content: Buffer, { kind, secret }: SigningKey): string {
  if (kind === 'v1') return createHmac('sha256', secret).update(content).digest('base64');
  return sign(null, content, privateKey(secret)).toString('base64');
}

function privateKey(seed: Buffer): KeyObject {
  const known = privateKeys.get(seed);
  if (known !== undefined) return known;
  const der = Buffer.concat([ED25519_HEAD, seed]);
  const key = createPrivateKey({ key: der, format: 'der', type: 'pkcs8' });
  privateKeys.set(seed, key);
  return key;
}
