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
import { DeliveryLogRepository, type AttemptRow, type DeliveryRow } from './delivery-log.repository.js';
import { EndpointRepository } from './endpoint.repository.js';
import {
  listAttemptsSchema,
  listDeliveriesSchema,
  replaySchema,
  type DeliveryStatus,
  type ListDeliveriesInput,
  type ReplayInput,
} from './schemas.js';
import { WakeUps } from './wake-ups.js';

const DELIVERIES = 'webhook-deliveries';
const ATTEMPTS = 'webhook-attempts';

/** A delivery as the API shows it; times in ISO 8601. */
export interface DeliveryView {
  id: string;
  endpointId: string;
  /** The `webhook-id` of all its tries. */
  messageId: string;
  eventType: string;
  simId: string | null;
  sequence: number | null;
  occurredAt: string;
  /** `dead`: given up after the last try; it can be replayed. */
  status: DeliveryStatus;
  /** All tries so far. */
  attempts: number;
  /** Null unless pending. */
  nextAttemptAt: string | null;
  createdAt: string;
  finishedAt: string | null;
}

export interface AttemptView {
  /** 1, 2, 3… within the delivery, over replays too. */
  number: number;
  startedAt: string;
  durationMs: number;
  /** Null where no answer came; `error` then says why. */
  statusCode: number | null;
  error: string | null;
  responseHeaders: Record<string, string> | null;
  /** The first 1024 bytes of the answer, as text. */
  responseHead: string | null;
}

/** The log of what was sent, and the way to send it again. Every method throws a {@link Refusal} for bad input. */
@Injectable()
export class WebhookDeliveries {
  private readonly log = new DeliveryLogRepository();
  private readonly endpoints = new EndpointRepository();

  constructor(
    @Inject(DataSource) private readonly dataSource: DataSource,
    @Inject(CLOCK) private readonly clock: Clock,
    @Inject(WakeUps) private readonly wakeUps: WakeUps,
  ) {}

  /** Newest first. `status: 'dead'` are the dead letters. */
  async list(query: ListDeliveriesInput = {}): Promise<Page<DeliveryView>> {
    const filter = parseOrRefuse(listDeliveriesSchema, query);
    const before =
      filter.cursor === undefined ? undefined : decodeCursor(DELIVERIES, filter.cursor, ['id'])[0];
    const rows = await this.log.list(this.dataSource.manager, filter, filter.limit + 1, before);
    return toPage(rows, filter.limit, (row) => encodeCursor(DELIVERIES, [row.id]), toView);
  }

  /** `payload` is the exact text that is sent. */
  async get(id: string): Promise<DeliveryView & { payload: string }> {
    const row = isId(id) ? await this.log.find(this.dataSource.manager, id) : undefined;
    if (row === undefined) throw noDelivery(id);
    const { payload, ...delivery } = row;
    return { ...toView(delivery), payload: payload.toString('utf8') };
  }

  async attempts(id: string, query: { limit?: unknown; cursor?: unknown } = {}): Promise<Page<AttemptView>> {
    const { limit, cursor } = parseOrRefuse(listAttemptsSchema, query);
    await this.get(id);
    const after = cursor === undefined ? 0 : decodeCursor(ATTEMPTS, cursor, ['integer'])[0];
    const rows = await this.log.attempts(this.dataSource.manager, id, after, limit + 1);
    return toPage(rows, limit, (row) => encodeCursor(ATTEMPTS, [row.number]), toAttemptView);
  }

  /**
   * Sends deliveries again, with the same id and bytes and a whole new retry schedule: the named ones, or those of an
   * endpoint, of a time range (of the event), or of both. One that waits for its next try is tried now; what is on its
   * way is left as it is. Deliveries of a disabled endpoint wait until it is enabled.
   */
  async replay(input: ReplayInput): Promise<{ replayed: number }> {
    const request = parseOrRefuse(replaySchema, input);
    const now = this.clock.now();
    const endpointIds = await inTransaction(this.dataSource, async (manager) => {
      if (request.deliveryIds !== undefined) {
        const unknown = await this.log.unknown(manager, request.deliveryIds);
        if (unknown.length > 0) throw noDelivery(unknown.join(', '));
        return this.log.reviveNamed(manager, request.deliveryIds, now);
      }
      if (request.endpointId !== undefined) await this.refuseUnknown(manager, request.endpointId);
      const revived = await this.log.reviveRange(manager, request, now);
      return request.includeMissing
        ? [...revived, ...(await this.log.insertMissing(manager, request, now))]
        : revived;
    });
    // With Redis away the reconciler finds them.
    await this.wakeUps.now([...new Set(endpointIds)]).catch(() => undefined);
    return { replayed: endpointIds.length };
  }

  /** A slip must not look like nothing to send. */
  private async refuseUnknown(manager: EntityManager, endpointId: string): Promise<void> {
    if ((await this.endpoints.find(manager, endpointId)) !== undefined) return;
    const detail = `There is no webhook endpoint ${JSON.stringify(endpointId)}.`;
    throw new Refusal('not_found', detail, [{ pointer: '/endpointId', detail: 'is no webhook endpoint' }]);
  }
}

function isId(text: string): boolean {
  return /^[1-9]\d{0,17}$/.test(text);
}

function noDelivery(id: string): Refusal {
  return new Refusal('not_found', `There is no webhook delivery ${id.slice(0, 200)}.`);
}

function toView(row: DeliveryRow): DeliveryView {
  return {
    ...row,
    sequence: row.sequence === null ? null : Number(row.sequence),
    occurredAt: row.occurredAt.toISOString(),
    nextAttemptAt: row.nextAttemptAt?.toISOString() ?? null,
    createdAt: row.createdAt.toISOString(),
    finishedAt: row.finishedAt?.toISOString() ?? null,
  };
}

function toAttemptView(row: AttemptRow): AttemptView {
  return { ...row, startedAt: row.startedAt.toISOString() };
}
