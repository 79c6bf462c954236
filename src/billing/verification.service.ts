import { Inject, Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';
import { Refusal } from '../shared/index.js';
import { StatementsRepository } from './statements.repository.js';
import { VerificationRepository } from './verification.repository.js';
import { correctionFault, MarkMaker, markText, statementFault, type Mark } from './verification.js';

/** Documents held in memory at once, a few kilobytes each. */
const PAGE = 500;
/** Faults that are named; others are counted. */
const MOST_FAULTS = 100;

export interface ChainCheck {
  simId: string;
  /** Statements that are sound, from the first. */
  statements: number;
  /** Null: every statement and correction hashes to what is stored and names the one before. */
  broken: { number: number; reason: string } | null;
}

export interface Fault {
  statement: number;
  /** Id; null: it is of the statement itself. */
  correction: string | null;
  reason: string;
}

export interface Verification {
  statements: number;
  corrections: number;
  /** All of them. */
  faultCount: number;
  /** The first of them. */
  faults: Fault[];
  /** Of what is stored now. */
  mark: string;
  /** Whether what an earlier mark was made of is stored as it was; null: none was given. */
  markHolds: boolean | null;
}

/** Recomputes what makes final statements and corrections hold: a later change of any of them, or one taken out, shows. */
@Injectable()
export class VerificationService {
  constructor(
    @Inject(DataSource) private readonly dataSource: DataSource,
    @Inject(StatementsRepository) private readonly statements: StatementsRepository,
    @Inject(VerificationRepository) private readonly stored: VerificationRepository,
  ) {}

  /** Statements of one SIM with their corrections, up to the first fault. */
  async checkChain(simId: string): Promise<ChainCheck> {
    const { manager } = this.dataSource;
    const simKey = await this.statements.simKey(manager, simId);
    if (simKey === undefined) throw new Refusal('not_found', `There is no SIM "${simId}".`);
    let sound = 0;
    for (let last: number | undefined = 0; last !== undefined;) {
      const rows = await this.stored.chain(manager, simKey, last, PAGE);
      for (const row of rows) {
        const reason = statementFault(row);
        if (reason !== null)
          return { simId, statements: sound, broken: { number: Number(row.number), reason } };
        sound += 1;
      }
      last = rows.at(-1)?.chainPosition;
    }
    for (const row of await this.stored.correctionsOf(manager, simKey)) {
      const reason = correctionFault(row);
      if (reason !== null)
        return {
          simId,
          statements: sound,
          broken: { number: Number(row.statement), reason: `correction ${row.id}: ${reason}` },
        };
    }
    return { simId, statements: sound, broken: null };
  }

  /** All statements and corrections, in memory that does not grow with them. While months are closed, too. */
  async verify(earlier: Mark | null = null): Promise<Verification> {
    const found = new Faults();
    const marks = new MarkMaker(earlier);
    const statements = await this.verifyStatements(found, marks);
    const corrections = await this.verifyCorrections(found, marks);
    const { mark, holds } = marks.finish();
    return {
      statements,
      corrections,
      faultCount: found.count,
      faults: found.first,
      mark: markText(mark),
      markHolds: holds,
    };
  }

  private async verifyStatements(found: Faults, marks: MarkMaker): Promise<number> {
    const { manager } = this.dataSource;
    let count = 0;
    let last = 0;
    for (;;) {
      const rows = await this.stored.statements(manager, String(last), PAGE);
      for (const row of rows) {
        const number = Number(row.number);
        if (number !== last + 1) found.add(number, null, missing(last + 1, number - 1));
        const reason = statementFault(row);
        if (reason !== null) found.add(number, null, reason);
        marks.statement(number, row.hash);
        last = number;
        count += 1;
      }
      if (rows.length < PAGE) break;
    }
    // Read together, as a closing may have gone on meanwhile.
    const { given, stored } = await this.stored.lastNumbers(manager);
    if (given > stored) found.add(given, null, missing(stored + 1, given));
    if (given < stored) found.add(stored, null, `the last number that was given is stored as ${given}`);
    return count;
  }

  private async verifyCorrections(found: Faults, marks: MarkMaker): Promise<number> {
    let count = 0;
    for (let last = '0'; ;) {
      const rows = await this.stored.corrections(this.dataSource.manager, last, PAGE);
      for (const row of rows) {
        const reason = correctionFault(row);
        if (reason !== null) found.add(Number(row.statement), row.id, reason);
        marks.correction(Number(row.id), row.hash);
        last = row.id;
        count += 1;
      }
      if (rows.length < PAGE) return count;
    }
  }
}

class Faults {
  count = 0;
  readonly first: Fault[] = [];

  add(statement: number, correction: string | null, reason: string): void {
    this.count += 1;
    if (this.first.length < MOST_FAULTS) this.first.push({ statement, correction, reason });
  }
}

function missing(from: number, to: number): string {
  return from === to ? `statement ${from} is missing` : `statements ${from} to ${to} are missing`;
}

/** For a command that has a database and no application. */
export function createVerification(dataSource: DataSource): VerificationService {
  return new VerificationService(dataSource, new StatementsRepository(), new VerificationRepository());
}
