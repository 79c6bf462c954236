import { randomUUID } from 'node:crypto';
import { Inject, Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';
import {
  CLOCK,
  decodeCursor,
  encodeCursor,
  formatInstant,
  LOGGER,
  toPage,
  type Clock,
  type Logger,
  type Page,
  type PageRequest,
} from '../../shared/index.js';
import type { Caller, RequestContext } from '../kit/context.js';
import { toProblem } from '../kit/problem.filter.js';
import { Reply } from '../kit/reply.js';
import { statusOf, type RouteSpec } from '../kit/route.js';
import type { AuditLogEntity } from './audit-log.entity.js';
import { auditable } from './redact.js';

export interface AuditFilter {
  keyId?: string | undefined;
  /** The path, or the beginning of one that ends in `/`. */
  path?: string | undefined;
  from?: number | undefined;
  to?: number | undefined;
}

/** A change that was asked for; times in ISO 8601. */
export interface AuditEntry {
  requestId: string;
  at: string;
  /** Null: a command on the host. */
  keyId: string | null;
  operation: string;
  path: string;
  requested: unknown;
  /** Null: the process died, or an unforeseen error came, before the end was known; it may have been done. */
  status: number | null;
  before: unknown;
  after: unknown;
}

type NewRow = Pick<AuditLogEntity, 'requestId' | 'stage' | 'keyId' | 'operation' | 'path'> &
  Partial<AuditLogEntity>;

interface EntryRow extends Omit<AuditEntry, 'at'> {
  id: string;
  at: Date;
}

@Injectable()
export class AuditLog {
  constructor(
    private readonly dataSource: DataSource,
    @Inject(CLOCK) private readonly clock: Clock,
    @Inject(LOGGER) private readonly logger: Logger,
  ) {}

  /** Runs a change between two rows of the log. It is not begun if the first cannot be written. */
  async around(
    request: { context: RequestContext; caller: Caller; route: RouteSpec; path: string },
    run: () => Promise<unknown>,
  ): Promise<unknown> {
    const { context, caller, route, path } = request;
    const row = {
      requestId: context.id,
      keyId: caller.keyId,
      operation: route.operationId,
      path: path.slice(0, 1000),
    };
    await this.append({ ...row, stage: 'begun', requested: auditable(context.input.body) });
    const end = (status: number | null, after: unknown) =>
      this.end({ ...row, status, before: auditable(context.before), after });
    try {
      const answer = await run();
      const status = (answer instanceof Reply ? answer.head.status : undefined) ?? statusOf(route);
      await end(status, auditable(answer instanceof Reply ? answer.body : answer));
      return answer;
    } catch (error) {
      const { kind, status } = toProblem(error, 'body');
      await end(kind === 'internal' ? null : status, null);
      throw error;
    }
  }

  /** Runs a change that a command on the host asks for, as if it came by the API. `after`: what the log says was made. */
  async aroundCommand<Result>(
    change: { operation: string; path: string; requested: unknown; after: (result: Result) => unknown },
    run: () => Promise<Result>,
  ): Promise<Result> {
    const row = { requestId: randomUUID(), keyId: null, operation: change.operation, path: change.path };
    await this.append({ ...row, stage: 'begun', requested: auditable(change.requested) });
    try {
      const result = await run();
      await this.end({ ...row, status: 201, after: auditable(change.after(result)) });
      return result;
    } catch (error) {
      const { kind, status } = toProblem(error, 'body');
      await this.end({ ...row, status: kind === 'internal' ? null : status });
      throw error;
    }
  }

  /** Newest first. */
  async list(filter: AuditFilter, { limit, cursor }: PageRequest): Promise<Page<AuditEntry>> {
    const [before] = cursor === undefined ? [MAX_ID] : decodeCursor('audit-log', cursor, ['id']);
    const rows = await this.dataSource.query<EntryRow[]>(
      `SELECT b.id, b.at, b.request_id AS "requestId", b.key_id AS "keyId", b.operation, b.path, b.requested,
              e.status, e.before, e.after
       FROM audit_log b LEFT JOIN audit_log e ON e.request_id = b.request_id AND e.stage = 'ended'
       WHERE b.stage = 'begun' AND b.id < $1
         AND ($2::uuid IS NULL OR b.key_id = $2)
         AND ($3::text IS NULL OR b.path = $3 OR ($3 LIKE '%/' AND starts_with(b.path, $3)))
         AND ($4::timestamptz IS NULL OR b.at >= $4) AND ($5::timestamptz IS NULL OR b.at < $5)
       ORDER BY b.id DESC LIMIT $6`,
      [
        before,
        filter.keyId ?? null,
        filter.path ?? null,
        filter.from === undefined ? null : new Date(filter.from),
        filter.to === undefined ? null : new Date(filter.to),
        limit + 1,
      ],
    );
    return toPage(
      rows,
      limit,
      (last) => encodeCursor('audit-log', [last.id]),
      ({ id: _id, at, ...entry }) => ({ ...entry, at: formatInstant(at.getTime()) }),
    );
  }

  /** The change is made or refused already: what is lost is the row, and the log of the process says so. */
  private async end(row: Omit<NewRow, 'stage'>): Promise<void> {
    await this.append({ ...row, stage: 'ended' }).catch((err: unknown) =>
      this.logger.error({ err, requestId: row.requestId }, 'the end of a change is not in the audit log'),
    );
  }

  private async append(row: NewRow): Promise<void> {
    const json = (value: unknown) => (value === undefined || value === null ? null : JSON.stringify(value));
    await this.dataSource.query(
      `INSERT INTO audit_log (at, request_id, stage, key_id, operation, path, requested, status, before, after)
       VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)`,
      [
        new Date(this.clock.now()),
        row.requestId,
        row.stage,
        row.keyId,
        row.operation,
        row.path,
        json(row.requested),
        row.status ?? null,
        json(row.before),
        json(row.after),
      ],
    );
  }
}

const MAX_ID = '999999999999999999';
