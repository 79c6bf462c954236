import { Inject, Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import { Outbox } from '../webhooks/index.js';
import type { ClosingRun } from './closing.repository.js';
import { rateNothing, sumMoney } from '../rating/index.js';
import { ahead, chunks } from './ahead.js';
import { CorrectionsRepository, type OpenCorrection } from './corrections.repository.js';
import { groupBy } from './groups.js';
import { documentHash, statementDocument } from './statement-document.js';
import type { RatedSim, StatementRater } from './statement-rater.js';
import { StatementsRepository, type ChainEnd, type NewStatement } from './statements.repository.js';

/** SIMs that are read and rated while those before them are written. */
const CHUNK = 250;

/** Writes final statements and what the world is told of them, in one transaction. */
@Injectable()
export class StatementWriter {
  constructor(
    @Inject(StatementsRepository) private readonly statements: StatementsRepository,
    @Inject(CorrectionsRepository) private readonly corrections: CorrectionsRepository,
    @Inject(Outbox) private readonly outbox: Outbox,
  ) {}

  /**
   * One statement for each SIM that has a segment in the run's period; returns how many. Reads on another connection
   * while it writes on `manager`'s: the lock that the caller holds on subscriptions keeps what is read as it is.
   */
  async write(
    manager: EntityManager,
    run: ClosingRun,
    simKeys: readonly number[],
    rater: StatementRater,
  ): Promise<number> {
    if (simKeys.length === 0) return 0;
    const { calendar, period } = run;
    const carriedIn = await this.statements.carriedInto(manager, calendar, period, simKeys);
    const reader = manager.dataSource.manager;
    return this.writeRated(manager, run, simKeys, () =>
      ahead(chunks(simKeys, CHUNK), (part) => rater.rate(reader, calendar, period, part, carriedIn)),
    );
  }

  /** One statement for each SIM, with nothing on it but the corrections of earlier ones that it settles; returns how many. */
  async writeSettling(manager: EntityManager, run: ClosingRun, simKeys: readonly number[]): Promise<number> {
    const { timeZone, anchorDay, currency } = run.calendar;
    const [code = '', exponent = '0'] = currency.split('/');
    const rated = rateNothing({ timeZone, anchorDay }, run.period, { code, exponent: Number(exponent) });
    return this.writeRated(manager, run, simKeys, () =>
      ahead(chunks(simKeys, CHUNK), (part) => Promise.resolve(part.map((simKey) => ({ simKey, rated })))),
    );
  }

  /** @param rate begins to rate; called once the numbers are this transaction's */
  private async writeRated(
    manager: EntityManager,
    run: ClosingRun,
    simKeys: readonly number[],
    rate: () => AsyncIterable<readonly Pick<RatedSim, 'simKey' | 'rated'>[]>,
  ): Promise<number> {
    const heads = await this.heads(manager, run, simKeys);
    // From here on every other writer of statements waits.
    const before = (await this.statements.takeNumbers(manager, 0)) - 1;
    let written = 0;
    let storing = Promise.resolve();
    try {
      for await (const sims of rate()) {
        const made = sims.map((one, index) => finalStatement(run, heads, one, before + written + index + 1));
        written += made.length;
        await storing;
        storing = this.store(manager, run, made);
        // Awaited with the next ones: should their rating fail, this failure is nobody's.
        storing.catch(() => undefined);
      }
    } finally {
      // Nothing may still be written when the caller ends the transaction, whichever way.
      await storing;
    }
    await this.statements.takeNumbers(manager, written);
    return written;
  }

  private async heads(manager: EntityManager, run: ClosingRun, simKeys: readonly number[]): Promise<Heads> {
    return {
      chainEnds: await this.statements.chainEnds(manager, simKeys),
      simIds: await this.statements.simIds(manager, simKeys),
      settles: groupBy(
        await this.corrections.open(manager, run.calendar.currency, simKeys),
        ({ simKey }) => simKey,
      ),
    };
  }

  private async store(manager: EntityManager, run: ClosingRun, made: readonly Made[]): Promise<void> {
    if (made.length === 0) return;
    await this.statements.insert(
      manager,
      run,
      made.map(({ statement }) => statement),
    );
    await this.corrections.settle(
      manager,
      made.flatMap(({ statement, settles }) =>
        settles.map(({ id }) => ({ id, statement: statement.number })),
      ),
    );
    await this.outbox.appendMany(
      manager,
      made.map(({ statement, simId, currency }) => ({
        type: 'statement.finalized' as const,
        simId,
        data: {
          number: statement.number,
          month: run.period.month,
          from: new Date(run.period.from).toISOString(),
          to: new Date(run.period.to).toISOString(),
          freeOctets: statement.freeOctets.toString(),
          billedOctets: statement.billedOctets.toString(),
          currency,
          amount: statement.amount,
          hash: statement.hash,
          url: `/v1/statements/${statement.number}`,
        },
        occurredAt: run.asOf,
      })),
    );
  }
}

/** What statements need of what is stored beside usage, by SIM. */
interface Heads {
  chainEnds: ReadonlyMap<number, ChainEnd>;
  simIds: ReadonlyMap<number, string>;
  settles: ReadonlyMap<number, OpenCorrection[]>;
}

interface Made {
  statement: NewStatement;
  simId: string;
  currency: string;
  settles: readonly OpenCorrection[];
}

function finalStatement(
  run: ClosingRun,
  heads: Heads,
  { simKey, rated }: Pick<RatedSim, 'simKey' | 'rated'>,
  number: number,
): Made {
  const before = heads.chainEnds.get(simKey);
  const chainPosition = (before?.chainPosition ?? 0) + 1;
  const simId = heads.simIds.get(simKey) ?? '';
  const settles = heads.settles.get(simKey) ?? [];
  const final = { number, chainPosition, previousHash: before?.hash ?? null, finalizedAt: run.asOf };
  const document = statementDocument(
    { simId, final, completeness: run.completeness, corrections: settles },
    rated,
  );
  const { totals, currency } = rated;
  const statement: NewStatement = {
    number,
    simKey,
    chainPosition,
    octetsUp: totals.octetsUp,
    octetsDown: totals.octetsDown,
    freeOctets: totals.freeOctets,
    billedOctets: totals.billedOctets,
    notCountedOctets: totals.notCountedOctets,
    carriedOutOctets: rated.carriedOut,
    net: totals.net,
    tax: totals.tax,
    amount: totals.amount,
    correctionsAmount: sumMoney(
      settles.map(({ amount }) => amount),
      currency.exponent,
    ),
    document,
    hash: documentHash(document),
  };
  return { statement, simId, currency: currency.code, settles };
}
