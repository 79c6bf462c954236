import { randomBytes } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { Refusal } from '../shared/index.js';
import { Vault } from './vault.js';

const key = randomBytes(32);
const secret = randomBytes(32);

describe('Vault', () => {
  it('gives back what it sealed, and differs each time', () => {
    const vault = new Vault(key);
    const [first, second] = [vault.seal(secret, 'a'), vault.seal(secret, 'a')];
    expect(vault.open(first, 'a')).toEqual(secret);
    expect(first.sealed).toBe(true);
    expect(first.bytes.equals(second.bytes)).toBe(false);
    expect(first.bytes.includes(secret)).toBe(false);
  });

  it('refuses another key, another owner, no key and changed bytes, and says what to do', () => {
    const stored = new Vault(key).seal(secret, 'a');
    expect(() => new Vault(randomBytes(32)).open(stored, 'a')).toThrow(Refusal);
    expect(() => new Vault(key).open(stored, 'b')).toThrow(/cannot be decrypted with COUNTFREE_SECRET_KEY/);
    expect(() => new Vault(null).open(stored, 'a')).toThrow(/COUNTFREE_SECRET_KEY is not set/);
    for (let at = 0; at < stored.bytes.length; at += 1) {
      const bytes = Buffer.from(stored.bytes);
      bytes[at]! ^= 1;
      expect(() => new Vault(key).open({ sealed: true, bytes }, 'a')).toThrow(Refusal);
    }
    expect(() => new Vault(key).open({ sealed: true, bytes: Buffer.alloc(3) }, 'a')).toThrow(Refusal);
  });

  it('stores as it is without a key, and still opens that once a key is set', () => {
    const stored = new Vault(null).seal(secret, 'a');
    expect(stored).toEqual({ sealed: false, bytes: secret });
    expect(new Vault(key).open(stored, 'a')).toEqual(secret);
  });
});
