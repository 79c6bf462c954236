import { Inject, Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import { Outbox } from '../webhooks/index.js';
import type { ClosingRun } from './closing.repository.js';
import { sumMoney } from '../rating/index.js';
import { CorrectionsRepository } from './corrections.repository.js';
import { groupBy } from './groups.js';
import { documentHash, statementDocument } from './statement-document.js';
import type { StatementRater } from './statement-rater.js';
import { StatementsRepository, type NewStatement } from './statements.repository.js';

/** Writes final statements and what the world is told of them, in one transaction. */
@Injectable()
export class StatementWriter {
  constructor(
    @Inject(StatementsRepository) private readonly statements: StatementsRepository,
    @Inject(CorrectionsRepository) private readonly corrections: CorrectionsRepository,
    @Inject(Outbox) private readonly outbox: Outbox,
  ) {}

  /** One statement for each SIM that has a segment in the run's period; returns how many. */
  async write(
    manager: EntityManager,
    run: ClosingRun,
    simKeys: readonly number[],
    rater: StatementRater,
  ): Promise<number> {
    if (simKeys.length === 0) return 0;
    const carriedIn = await this.statements.carriedInto(manager, run.calendar, run.period, simKeys);
    const rated = await rater.rate(manager, run.calendar, run.period, simKeys, carriedIn);
    const chainEnds = await this.statements.chainEnds(manager, simKeys);
    const simIds = await this.statements.simIds(manager, simKeys);
    const open = groupBy(await this.corrections.open(manager, run.calendar, simKeys), ({ simKey }) => simKey);
    // Last, as it makes every other writer of statements wait.
    const firstNumber = await this.statements.takeNumbers(manager, rated.length);
    const made = rated.map(({ simKey, rated: period }, index) => {
      const before = chainEnds.get(simKey);
      const chainPosition = (before?.chainPosition ?? 0) + 1;
      const number = firstNumber + index;
      const simId = simIds.get(simKey) ?? '';
      const final = {
        number,
        chainPosition,
        previousHash: before?.hash ?? null,
        finalizedAt: run.asOf,
      };
      const settles = open.get(simKey) ?? [];
      const head = { simId, final, completeness: run.completeness, corrections: settles };
      const document = statementDocument(head, period);
      const { totals } = period;
      const statement: NewStatement = {
        number,
        simKey,
        chainPosition,
        octetsUp: totals.octetsUp,
        octetsDown: totals.octetsDown,
        freeOctets: totals.freeOctets,
        billedOctets: totals.billedOctets,
        notCountedOctets: totals.notCountedOctets,
        carriedOutOctets: period.carriedOut,
        net: totals.net,
        tax: totals.tax,
        amount: totals.amount,
        correctionsAmount: sumMoney(
          settles.map(({ amount }) => amount),
          period.currency.exponent,
        ),
        document,
        hash: documentHash(document),
      };
      return { statement, simId, currency: period.currency.code, settles };
    });
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
    return made.length;
  }
}
