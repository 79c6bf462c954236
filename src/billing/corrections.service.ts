import { randomUUID } from 'node:crypto';
import { Inject, Injectable } from '@nestjs/common';
import { DataSource, type EntityManager } from 'typeorm';
import { inTransaction } from '../database/index.js';
import { UsageReader } from '../meter/index.js';
import {
  CatalogueReader,
  SegmentsReader,
  periodOfMonth,
  type BillingCalendar,
  type Period,
} from '../plans/index.js';
import { JobQueue } from '../queue/index.js';
import { canonicalJson, ratedDocument, type RatedPeriod } from '../rating/index.js';
import {
  CLOCK,
  Refusal,
  decodeCursor,
  encodeCursor,
  formatInstant,
  toPage,
  type Clock,
  type Page,
  type PageRequest,
} from '../shared/index.js';
import { Outbox } from '../webhooks/index.js';
import { ahead, chunks } from './ahead.js';
import {
  correctionDocument,
  difference,
  directionOf,
  ratedOf,
  saysTheSame,
  type Direction,
} from './correction-document.js';
import {
  CorrectionsRepository,
  type CorrectableStatement,
  type CorrectionFilter,
  type CorrectionRow,
  type NewCorrection,
} from './corrections.repository.js';
import { groupBy } from './groups.js';
import type { StatementDocument } from './schemas.js';
import { BILLING_SETTINGS, type BillingSettings } from './settings.js';
import { documentHash } from './statement-document.js';
import { StatementRater } from './statement-rater.js';
import { StatementsRepository } from './statements.repository.js';

export interface CorrectionView {
  id: string;
  statement: number;
  position: number;
  simId: string;
  month: string;
  currency: string;
  direction: Direction;
  amount: string;
  hash: string;
  correctedAt: string;
  /** Number of the statement that settles it; null until the SIM's next one is final. */
  settledOn: number | null;
}

/** Months that a closing corrects by itself. Each is rated anew, so all of history would take ever longer. */
const MONTHS_BACK = 3;

/** SIMs that are read and rated while those before them are compared. */
const CHUNK = 250;

interface Made extends NewCorrection {
  simId: string;
}

/**
 * Corrects final statements: rates their periods again from the usage and rules of now, and writes down what differs
 * from the statement and its earlier corrections. Without a difference nothing is written, so running twice is harmless.
 */
@Injectable()
export class CorrectionsService {
  constructor(
    @Inject(DataSource) private readonly dataSource: DataSource,
    @Inject(CorrectionsRepository) private readonly corrections: CorrectionsRepository,
    @Inject(StatementsRepository) private readonly statements: StatementsRepository,
    @Inject(SegmentsReader) private readonly segments: SegmentsReader,
    @Inject(CatalogueReader) private readonly catalogue: CatalogueReader,
    @Inject(UsageReader) private readonly usage: UsageReader,
    @Inject(Outbox) private readonly outbox: Outbox,
    @Inject(JobQueue) private readonly queue: JobQueue,
    @Inject(CLOCK) private readonly clock: Clock,
    @Inject(BILLING_SETTINGS) private readonly settings: BillingSettings,
  ) {}

  /** Orders the correction of a month. Throws a {@link Refusal} (`not_found`) where it has no final statement. */
  async start(month: string): Promise<void> {
    const first = await this.corrections.statements(this.dataSource.manager, month, 0, 1);
    if (first.length === 0)
      throw new Refusal('not_found', `${month} has no final statement: close it first, then correct it.`);
    await this.corrections.order(this.dataSource.manager, month, randomUUID(), new Date(this.clock.now()));
    await this.enqueue(month);
  }

  /** Puts what is ordered into the queue again, in case that Redis has lost it. Harmless where it has not. */
  async requeue(): Promise<void> {
    for (const month of await this.corrections.ordered(this.dataSource.manager)) await this.enqueue(month);
  }

  /** Carries out what {@link start} has ordered. An order that comes meanwhile stands. */
  async carryOut(month: string, signal?: AbortSignal): Promise<number> {
    const { manager } = this.dataSource;
    const order = await this.corrections.orderOf(manager, month);
    const written = await this.correct(month, signal);
    if (order !== undefined && signal?.aborted !== true) await this.corrections.fulfil(manager, month, order);
    return written;
  }

  private async enqueue(month: string): Promise<void> {
    await this.queue.add('billing.correct-period', { period: month }, { key: month });
  }

  /** Corrects all statements of a month, a batch to a transaction, until `signal` is aborted. Returns how many. */
  async correct(month: string, signal?: AbortSignal): Promise<number> {
    const rater = new StatementRater(this.segments, this.catalogue, this.usage);
    let written = 0;
    for (let after: number | null = 0; after !== null && signal?.aborted !== true;) {
      const from: number = after;
      const batch: { last: number | null; written: number } = await inTransaction(
        this.dataSource,
        (manager) => this.batch(manager, rater, month, from),
      );
      written += batch.written;
      after = batch.last;
    }
    return written;
  }

  /** Corrects the months before one that have final statements, oldest first: what one leaves over goes into the next. */
  async correctBefore(month: string, signal?: AbortSignal): Promise<number> {
    const months = await this.corrections.monthsBefore(this.dataSource.manager, month, MONTHS_BACK);
    let written = 0;
    for (const earlier of months)
      if (signal?.aborted !== true) written += await this.correct(earlier, signal);
    return written;
  }

  /** In the order in which they were made. */
  async list(filter: CorrectionFilter, page: PageRequest): Promise<Page<CorrectionView>> {
    const [after] = page.cursor === undefined ? ['0'] : decodeCursor('corrections', page.cursor, ['id']);
    const rows = await this.corrections.list(this.dataSource.manager, filter, after, page.limit + 1);
    return toPage(rows, page.limit, (last) => encodeCursor('corrections', [last.id]), toView);
  }

  /** Calendars with corrections that no statement has settled; see {@link ended}. */
  openCalendars(): Promise<BillingCalendar[]> {
    return this.corrections.openCalendars(this.dataSource.manager);
  }

  /** The next SIMs with such corrections from before a period that no statement of theirs would settle, as they have ended. */
  ended(manager: EntityManager, calendar: BillingCalendar, period: Period, limit: number): Promise<number[]> {
    return this.corrections.ended(manager, calendar, period, limit);
  }

  async get(id: string): Promise<StatementDocument> {
    const found = await this.corrections.document(this.dataSource.manager, id);
    if (found === undefined) throw new Refusal('not_found', `There is no correction ${id}.`);
    return { text: found.document, hash: found.hash };
  }

  private async batch(
    manager: EntityManager,
    rater: StatementRater,
    month: string,
    after: number,
  ): Promise<{ last: number | null; written: number }> {
    await this.statements.lockSubscriptions(manager);
    const statements = await this.corrections.statements(manager, month, after, this.settings.batchSims);
    const now = this.clock.now();
    const made: Made[] = [];
    for (const [, group] of groupBy(statements, ({ calendar }) => JSON.stringify(calendar)))
      made.push(...(await this.differing(manager, rater, month, group, now)));
    if (made.length > 0) await this.store(manager, month, made, now);
    return { last: statements.at(-1)?.number ?? null, written: made.length };
  }

  /** Corrections of statements of one calendar. */
  private async differing(
    manager: EntityManager,
    rater: StatementRater,
    month: string,
    statements: readonly CorrectableStatement[],
    now: number,
  ): Promise<Made[]> {
    const [first] = statements;
    if (first === undefined) return [];
    const { calendar } = first;
    const period = periodOfMonth(calendar, month);
    const simKeys = statements.map(({ simKey }) => simKey);
    const carriedIn = await this.statements.carriedInto(manager, calendar, period, simKeys);
    // On other connections than the one of the transaction, whose lock keeps what is read as it is.
    const reader = manager.dataSource.manager;
    const made: Made[] = [];
    const parts = ahead(chunks(statements, CHUNK), async (part) => ({
      part,
      rated: await rater.rate(
        reader,
        calendar,
        period,
        part.map(({ simKey }) => simKey),
        carriedIn,
      ),
    }));
    for await (const { part, rated } of parts) {
      const ofSim = new Map(rated.map((one) => [one.simKey, one.rated]));
      for (const statement of part) {
        const period = ofSim.get(statement.simKey);
        const one = period === undefined ? null : correctionOf(statement, period, now);
        if (one !== null) made.push(one);
      }
    }
    return made;
  }

  private async store(
    manager: EntityManager,
    month: string,
    made: readonly Made[],
    now: number,
  ): Promise<void> {
    const ids = await this.corrections.insert(manager, made, new Date(now));
    await this.outbox.appendMany(
      manager,
      made.map(({ simId, statement, position, amount, hash }, index) => ({
        type: 'statement.corrected' as const,
        simId,
        data: {
          id: ids[index],
          statement,
          position,
          month,
          direction: directionOf(amount),
          amount,
          hash,
          url: `/v1/corrections/${ids[index] ?? ''}`,
        },
        occurredAt: now,
      })),
    );
  }
}

/** Null where nothing differs from what the SIM has been told so far. */
function correctionOf(statement: CorrectableStatement, period: RatedPeriod, now: number): Made | null {
  const after = ratedDocument(period);
  if (saysTheSame(statement.correction?.document ?? statement.document, after)) return null;
  const change = difference(billed(statement), ratedOf(JSON.parse(canonicalJson(after))));
  if (change.lines.length === 0) return null;
  const head = {
    simId: statement.simId,
    statement: statement.number,
    statementHash: statement.hash,
    position: (statement.correction?.position ?? 0) + 1,
    previousHash: statement.correction?.hash ?? null,
    correctedAt: now,
  };
  const document = correctionDocument(head, change, after);
  return {
    ...head,
    simKey: statement.simKey,
    amount: change.amount,
    carriedOutOctets: period.carriedOut,
    document,
    hash: documentHash(document),
  };
}

/** What the SIM has been told so far: the statement, or the last correction of it. */
function billed({ document, correction }: CorrectableStatement) {
  if (correction === null) return ratedOf(JSON.parse(document));
  return ratedOf((JSON.parse(correction.document) as { after: unknown }).after);
}

function toView(row: CorrectionRow): CorrectionView {
  return {
    ...row,
    statement: Number(row.statement),
    currency: row.currency.split('/')[0] ?? '',
    direction: directionOf(row.amount),
    correctedAt: formatInstant(row.correctedAt.getTime()),
    settledOn: row.settledOn === null ? null : Number(row.settledOn),
  };
}
