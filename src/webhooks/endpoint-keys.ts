import { Inject, Injectable, type OnApplicationBootstrap } from '@nestjs/common';
import { DataSource, type EntityManager } from 'typeorm';
import { CLOCK, Refusal, type Clock } from '../shared/index.js';
import { EndpointRepository } from './endpoint.repository.js';
import { WEBHOOK_SETTINGS, type WebhookSettings } from './settings.js';
import { newSigningKey, receiverKey, type SignatureKind, type SigningKey } from './signing.js';
import { Vault } from './vault.js';

/**
 * Keys at once: every message carries a signature by each, and many servers take no more than 8 KiB of headers (an
 * ed25519 signature has 92 octets).
 */
const MAX_KEYS = 10;

/** The keys that an endpoint's messages are signed with: made, overlapped, sealed in the database. */
@Injectable()
export class EndpointKeys implements OnApplicationBootstrap {
  private readonly endpoints = new EndpointRepository();
  private readonly vault: Vault;

  constructor(
    @Inject(DataSource) private readonly dataSource: DataSource,
    @Inject(WEBHOOK_SETTINGS) private readonly settings: WebhookSettings,
    @Inject(CLOCK) private readonly clock: Clock,
  ) {
    this.vault = new Vault(settings.secretKey);
  }

  /** A worker that could sign nothing says so at start-up rather than at the first delivery. */
  async onApplicationBootstrap(): Promise<void> {
    if (!this.settings.work) return;
    const sealed = await this.endpoints.anySealed(this.dataSource.manager);
    if (sealed !== undefined) this.vault.open(sealed, sealed.endpointId);
  }

  /**
   * A new key for the endpoint; earlier ones go on for `overlapMs`. Returns what the receiver verifies with: a secret
   * (`whsec_…`), which is not to be had again, or a public key (`whpk_…`). Throws a Refusal (`conflict`) where too many
   * overlap.
   */
  async renew(
    manager: EntityManager,
    endpointId: string,
    kind: SignatureKind,
    overlapMs: number,
  ): Promise<string> {
    const now = this.clock.now();
    const key = newSigningKey(kind);
    const text = receiverKey(key);
    await this.endpoints.expireSecrets(manager, endpointId, now + overlapMs, now);
    const others = await this.endpoints.activeSecrets(manager, endpointId, now);
    if (others.length >= MAX_KEYS) {
      throw new Refusal(
        'conflict',
        `${others.length} earlier keys of the endpoint still sign. Wait until one has ended, or end them all with overlapSeconds 0.`,
      );
    }
    const stored = this.vault.seal(key.secret, endpointId);
    const publicKey = kind === 'v1a' ? text : null;
    await this.endpoints.insertSecret(
      manager,
      endpointId,
      { ...stored, kind, publicKey, expiresAt: null },
      now,
    );
    return text;
  }

  /** Newest first. Throws a Refusal (`unavailable`) if one cannot be opened. */
  async active(manager: EntityManager, endpointId: string): Promise<SigningKey[]> {
    const rows = await this.endpoints.activeSecrets(manager, endpointId, this.clock.now());
    return rows.map((row) => ({ kind: row.kind, secret: this.vault.open(row, endpointId) }));
  }
}
