import { createPublicKey, verify } from 'node:crypto';
import fc from 'fast-check';
import { Webhook } from 'standardwebhooks';
import { describe, expect, it } from 'vitest';
import { newSigningKey, receiverKey, signedHeaders } from './signing.js';

describe('signedHeaders', () => {
  it('agrees with the example of Standard Webhooks 1.0', () => {
    const key = { kind: 'v1' as const, secret: Buffer.from('MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw', 'base64') };
    const body = Buffer.from('{"test": 2432232314}');
    expect(signedHeaders('msg_p5jXN8AQM9LWM0D4loKWxJek', 1614265330, body, [key])).toEqual({
      'webhook-id': 'msg_p5jXN8AQM9LWM0D4loKWxJek',
      'webhook-timestamp': '1614265330',
      'webhook-signature': 'v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=',
    });
  });

  it('is taken by the reference library under any of the active secrets, and not after a change of one byte', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', minLength: 1 }), fc.nat(), (text, index) => {
        const keys = [newSigningKey('v1'), newSigningKey('v1')];
        const body = Buffer.from(JSON.stringify({ text }));
        const now = Math.floor(Date.now() / 1000);
        const headers = signedHeaders('evt_1', now, body, keys);
        for (const key of keys) {
          expect(new Webhook(receiverKey(key)).verify(body.toString(), headers)).toEqual({ text });
        }
        expect(() =>
          new Webhook(receiverKey(newSigningKey('v1'))).verify(body.toString(), headers),
        ).toThrow();
        const changed = Buffer.from(body);
        changed[index % changed.length]! ^= 1;
        expect(() =>
          new Webhook(receiverKey(keys[0]!)).verify(changed.toString('latin1'), headers),
        ).toThrow();
      }),
      { numRuns: 10 },
    );
  });

  it('signs v1a so that the published key alone verifies it', () => {
    const key = newSigningKey('v1a');
    const publicKey = receiverKey(key);
    expect(publicKey).toMatch(/^whpk_[A-Za-z0-9+/]{43}=$/);
    const body = Buffer.from('{"a":1}');
    const [kind, signature = ''] = signedHeaders('evt_1', 5, body, [key])['webhook-signature']!.split(',');
    expect(kind).toBe('v1a');
    const raw = Buffer.from(publicKey.slice(5), 'base64').toString('base64url');
    const verifier = createPublicKey({ key: { kty: 'OKP', crv: 'Ed25519', x: raw }, format: 'jwk' });
    const check = (content: string) =>
      verify(null, Buffer.from(content), verifier, Buffer.from(signature, 'base64'));
    expect(check('evt_1.5.{"a":1}')).toBe(true);
    expect(check('evt_1.6.{"a":1}')).toBe(false);
  });

  it('makes secrets of 32 bytes in the standard text form', () => {
    expect(receiverKey(newSigningKey('v1'))).toMatch(/^whsec_[A-Za-z0-9+/]{43}=$/);
  });
});
