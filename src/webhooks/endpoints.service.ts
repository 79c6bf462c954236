import { randomUUID } from 'node:crypto';
import { isIP } from 'node:net';
import { Inject, Injectable } from '@nestjs/common';
import { DataSource, type EntityManager } from 'typeorm';
import { inTransaction } from '../database/index.js';
import {
  CLOCK,
  decodeCursor,
  encodeCursor,
  parseOrRefuse,
  Refusal,
  toPage,
  type Clock,
  type Page,
} from '../shared/index.js';
import { DeliveryLogRepository } from './delivery-log.repository.js';
import { EndpointKeys } from './endpoint-keys.js';
import { EndpointRepository, type EndpointRow } from './endpoint.repository.js';
import type { EventType } from './events.js';
import {
  createEndpointSchema,
  listEndpointsSchema,
  rotateSecretSchema,
  updateEndpointSchema,
  type CreateEndpointInput,
  type RotateSecretInput,
  type UpdateEndpointInput,
} from './schemas.js';
import { WEBHOOK_SETTINGS, type WebhookSettings } from './settings.js';
import type { SignatureKind } from './signing.js';
import { AddressGuard } from './special-ranges.js';
import { WakeUps } from './wake-ups.js';

/** Each may keep one job of a worker busy; a slow one never takes another's. */
const MAX_ENDPOINTS = 200;
const LIST = 'webhook-endpoints';

/** An endpoint as the API shows it; times in ISO 8601. Its secret is never among the fields. */
export interface EndpointView {
  id: string;
  url: string;
  description: string;
  /** Empty = all. */
  eventTypes: EventType[];
  ordering: 'sim' | 'none';
  signature: SignatureKind;
  /** `whpk_…` where the signature is v1a. */
  publicKey: string | null;
  enabled: boolean;
  /** Why it is disabled, if not by the operator. */
  disabledReason: string | null;
  /** The receiver asked for a pause until then. */
  pausedUntil: string | null;
  /** 1, 2, 3…: for ETag and If-Match. */
  revision: number;
  createdAt: string;
  updatedAt: string;
}

/** What the receiver verifies with; a `whsec_…` is shown this once. */
export interface EndpointWithKey {
  endpoint: EndpointView;
  key: string;
}

/** Endpoints that events are sent to. Every method throws a {@link Refusal} that names the fields to mend. */
@Injectable()
export class WebhookEndpoints {
  private readonly endpoints = new EndpointRepository();
  private readonly log = new DeliveryLogRepository();
  private readonly guard: AddressGuard;

  constructor(
    @Inject(DataSource) private readonly dataSource: DataSource,
    @Inject(WEBHOOK_SETTINGS) private readonly settings: WebhookSettings,
    @Inject(CLOCK) private readonly clock: Clock,
    @Inject(EndpointKeys) private readonly keys: EndpointKeys,
    @Inject(WakeUps) private readonly wakeUps: WakeUps,
  ) {
    this.guard = new AddressGuard(settings.allowPrivate);
  }

  async create(input: CreateEndpointInput): Promise<EndpointWithKey> {
    const wanted = parseOrRefuse(createEndpointSchema, input);
    this.refuseUrl(wanted.url);
    const now = this.clock.now();
    const id = randomUUID();
    return inTransaction(this.dataSource, async (manager) => {
      if ((await this.endpoints.count(manager)) >= MAX_ENDPOINTS) {
        throw new Refusal(
          'conflict',
          `There are ${MAX_ENDPOINTS} webhook endpoints already: delete one first.`,
        );
      }
      const times = { pausedUntil: null, revision: 1, createdAt: now, updatedAt: now };
      await this.endpoints.insert(manager, { id, ...wanted, disabledReason: null, ...times });
      const key = await this.keys.renew(manager, id, wanted.signature, 0);
      return { endpoint: toView(await this.existing(manager, id)), key };
    });
  }

  /** In the order in which they were made. `query`: as {@link listEndpointsSchema}. */
  async list(query: { limit?: unknown; cursor?: unknown } = {}): Promise<Page<EndpointView>> {
    const { limit, cursor } = parseOrRefuse(listEndpointsSchema, query);
    const after = cursor === undefined ? undefined : decodeCursor(LIST, cursor, ['time', 'uuid']);
    const rows = await this.endpoints.list(this.dataSource.manager, limit + 1, after);
    return toPage(rows, limit, (row) => encodeCursor(LIST, [row.createdAt, row.id]), toView);
  }

  async get(id: string): Promise<EndpointView> {
    return toView(await this.existing(this.dataSource.manager, id));
  }

  /** `ifRevision`: the revision that the caller has seen; another one is a `conflict`. */
  async update(id: string, input: UpdateEndpointInput, ifRevision?: number): Promise<EndpointView> {
    const change = parseOrRefuse(updateEndpointSchema, input);
    if (change.url !== undefined) this.refuseUrl(change.url);
    const { view, woken } = await inTransaction(this.dataSource, async (manager) => {
      const before = await this.existing(manager, id, true);
      refuseOtherRevision(before, ifRevision);
      const given = Object.fromEntries(Object.entries(change).filter(([, value]) => value !== undefined));
      const after: EndpointRow = {
        ...before,
        ...given,
        revision: before.revision + 1,
        updatedAt: this.clock.now(),
      };
      // Another address, or the operator's word, ends what an answer of the receiver began.
      if (change.url !== undefined || change.enabled === true) after.pausedUntil = null;
      if (change.enabled !== undefined) after.disabledReason = null;
      await this.endpoints.update(manager, after);
      return { view: toView(after), woken: after.enabled };
    });
    if (woken) await this.wake(id);
    return view;
  }

  /** Deletes the endpoint with its deliveries and their log. */
  async remove(id: string, ifRevision?: number): Promise<void> {
    await inTransaction(this.dataSource, async (manager) => {
      refuseOtherRevision(await this.existing(manager, id, true), ifRevision);
      await this.endpoints.delete(manager, id);
    });
  }

  /** A new secret or key pair; until the overlap ends messages are signed with the old one too. */
  async rotateSecret(id: string, input: RotateSecretInput = {}): Promise<EndpointWithKey> {
    const { overlapSeconds } = parseOrRefuse(rotateSecretSchema, input);
    return inTransaction(this.dataSource, async (manager) => {
      const before = await this.existing(manager, id, true);
      const key = await this.keys.renew(manager, id, before.signature, overlapSeconds * 1000);
      const after = { ...before, revision: before.revision + 1, updatedAt: this.clock.now() };
      await this.endpoints.update(manager, after);
      return { endpoint: toView(await this.existing(manager, id)), key };
    });
  }

  /** Sends an event of type `webhook.test` to this endpoint only, whatever its filter. Returns the delivery's id. */
  async sendTest(id: string): Promise<{ deliveryId: string }> {
    const deliveryId = await inTransaction(this.dataSource, async (manager) => {
      // Locked: it must not be removed between this look and the delivery.
      const endpoint = await this.existing(manager, id, true);
      if (!endpoint.enabled) {
        throw new Refusal('conflict', 'The endpoint is disabled: enable it before sending a test event.');
      }
      return this.log.insertTest(manager, id, this.clock.now());
    });
    await this.wake(id);
    return { deliveryId };
  }

  private async wake(id: string): Promise<void> {
    // With Redis away the reconciler finds it: the delivery is already in Postgres.
    await this.wakeUps.now([id]).catch(() => undefined);
  }

  private async existing(manager: EntityManager, id: string, lock = false): Promise<EndpointRow> {
    const found = isUuid(id) ? await this.endpoints.find(manager, id, lock) : undefined;
    if (found === undefined)
      throw new Refusal('not_found', `There is no webhook endpoint ${JSON.stringify(id)}.`);
    return found;
  }

  /** The address behind a name is checked at each connection; what is plain from the URL is said at once. */
  private refuseUrl(text: string): void {
    const { protocol, hostname } = new URL(text);
    const details: string[] = [];
    if (protocol === 'http:' && !this.settings.allowHttp) {
      details.push('starts with https:// (COUNTFREE_WEBHOOK_ALLOW_HTTP allows http://)');
    }
    const literal = hostname.replace(/^\[|\]$/g, '');
    const why = isIP(literal) === 0 ? undefined : this.guard.refusal(literal);
    if (why !== undefined) details.push(`is an address that webhooks are not sent to: it ${why}`);
    if (details.length === 0) return;
    const fields = details.map((detail) => ({ pointer: '/url', detail }));
    throw new Refusal('invalid', `The input is not valid: /url: ${details.join('; ')}`, fields);
  }
}

function refuseOtherRevision(row: EndpointRow, ifRevision: number | undefined): void {
  if (ifRevision === undefined || row.revision === ifRevision) return;
  throw new Refusal(
    'conflict',
    `The endpoint was changed meanwhile (revision ${row.revision}, not ${ifRevision}): read it again and repeat the change.`,
  );
}

function isUuid(text: string): boolean {
  return /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i.test(text);
}

function toView(row: EndpointRow): EndpointView {
  return {
    ...row,
    eventTypes: row.eventTypes as EventType[],
    pausedUntil: row.pausedUntil === null ? null : new Date(row.pausedUntil).toISOString(),
    createdAt: new Date(row.createdAt).toISOString(),
    updatedAt: new Date(row.updatedAt).toISOString(),
  };
}
