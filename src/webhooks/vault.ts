import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto';
import { Refusal } from '../shared/index.js';

const NONCE = 12;
const TAG = 16;

/** A secret as it stands in the database. */
export interface StoredSecret {
  /** False: as it is, because no key was configured when it was stored. */
  sealed: boolean;
  /** Sealed: nonce, tag, ciphertext of AES-256-GCM with the owner as associated data. */
  bytes: Buffer;
}

/** Keeps secrets unreadable in the database and its backups, where the operator configured a key. */
export class Vault {
  /** 32 bytes; null = secrets are stored as they are. */
  constructor(private readonly key: Buffer | null) {}

  /** `owner` is bound to the ciphertext, so that it cannot be moved to another row. */
  seal(secret: Buffer, owner: string): StoredSecret {
    if (this.key === null) return { sealed: false, bytes: secret };
    const nonce = randomBytes(NONCE);
    const cipher = createCipheriv('aes-256-gcm', this.key, nonce).setAAD(Buffer.from(owner));
    const text = Buffer.concat([cipher.update(secret), cipher.final()]);
    return { sealed: true, bytes: Buffer.concat([nonce, cipher.getAuthTag(), text]) };
  }

  /** Throws a {@link Refusal} (`unavailable`) without the key that it was sealed with. */
  open({ sealed, bytes }: StoredSecret, owner: string): Buffer {
    if (!sealed) return bytes;
    if (this.key === null) {
      throw new Refusal(
        'unavailable',
        'A webhook secret is encrypted, but COUNTFREE_SECRET_KEY is not set. Set it to the key that it was stored under.',
      );
    }
    try {
      const decipher = createDecipheriv('aes-256-gcm', this.key, bytes.subarray(0, NONCE))
        .setAAD(Buffer.from(owner))
        .setAuthTag(bytes.subarray(NONCE, NONCE + TAG));
      return Buffer.concat([decipher.update(bytes.subarray(NONCE + TAG)), decipher.final()]);
    } catch {
      throw new Refusal(
        'unavailable',
        'A webhook secret cannot be decrypted with COUNTFREE_SECRET_KEY. Restore the key that it was stored under, or rotate the secret of the endpoint.',
      );
    }
  }
}
