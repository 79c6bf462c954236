import type { DataSource } from 'typeorm';
import { UsageReader, type UsageSpan, type UsageSpanRow } from '../meter/index.js';

/** Rows and spans kept: some 40 octets a row, 150 a span. */
const MOST_KEPT = 2_000_000;
const LEAST_ROOM = 4096;
const CELLS = 5;

type Reason = Pick<UsageSpanRow, 'serviceCode' | 'serviceVersionId' | 'evidence' | 'rule' | 'mcc'>;

/**
 * Reads usage of spans and keeps it, packed, until {@link KeptUsage.again} asks for it: what a closing's brake has read
 * need not be read a second time for the statements. Where there is no room for more, or none for a number, the second
 * reading asks the ledger. Usage by the hour is not kept.
 */
export class KeptUsage extends UsageReader {
  private readonly spans = new Map<string, { start: number; count: number }>();
  private readonly reasons: Reason[] = [];
  private readonly reasonOf = new Map<string, number>();
  private readonly rows = new Rows();

  constructor(
    private readonly source: DataSource,
    private readonly mostKept = MOST_KEPT,
  ) {
    super(source);
  }

  override async usageOfSpans(spans: readonly UsageSpan[]): Promise<UsageSpanRow[]> {
    const rows = await super.usageOfSpans(spans);
    this.keep(spans, rows);
    return rows;
  }

  /** The second reading: each span is forgotten when it is given. */
  again(): UsageReader {
    return new UsageAgain(this.source, (span) => this.take(span));
  }

  private keep(spans: readonly UsageSpan[], rows: readonly UsageSpanRow[]): void {
    const ofSpan = new Map<number, UsageSpanRow[]>();
    for (const row of rows) {
      const known = ofSpan.get(row.span);
      if (known === undefined) ofSpan.set(row.span, [row]);
      else known.push(row);
    }
    for (const [index, span] of spans.entries()) {
      const own = ofSpan.get(index) ?? [];
      if (this.rows.count + this.spans.size + own.length > this.mostKept || !own.every(fits)) continue;
      this.spans.set(keyOf(span), { start: this.rows.count, count: own.length });
      for (const row of own) this.rows.push(this.numberOf(row), row);
    }
  }

  private take(span: UsageSpan): Omit<UsageSpanRow, 'span'>[] | undefined {
    const key = keyOf(span);
    const kept = this.spans.get(key);
    if (kept === undefined) return undefined;
    this.spans.delete(key);
    return Array.from({ length: kept.count }, (_, offset) => {
      const { reason, ...row } = this.rows.at(kept.start + offset);
      return { ...this.reason(reason), ...row };
    });
  }

  private reason(index: number): Reason {
    const reason = this.reasons[index];
    if (reason === undefined) throw new Error(`usage of reason ${index} was never kept`);
    return reason;
  }

  private numberOf({ serviceCode, serviceVersionId, evidence, rule, mcc }: UsageSpanRow): number {
    const key = JSON.stringify([serviceCode, serviceVersionId, evidence, rule, mcc]);
    const known = this.reasonOf.get(key);
    if (known !== undefined) return known;
    this.reasonOf.set(key, this.reasons.length);
    return this.reasons.push({ serviceCode, serviceVersionId, evidence, rule, mcc }) - 1;
  }
}

class UsageAgain extends UsageReader {
  constructor(
    dataSource: DataSource,
    private readonly take: (span: UsageSpan) => Omit<UsageSpanRow, 'span'>[] | undefined,
  ) {
    super(dataSource);
  }

  override async usageOfSpans(spans: readonly UsageSpan[]): Promise<UsageSpanRow[]> {
    const found: UsageSpanRow[] = [];
    const missing: number[] = [];
    for (const [index, span] of spans.entries()) {
      const rows = this.take(span);
      if (rows === undefined) missing.push(index);
      else for (const row of rows) found.push({ ...row, span: index });
    }
    const read = await super.usageOfSpans(missing.flatMap((index) => spans[index] ?? []));
    for (const row of read) found.push({ ...row, span: missing[row.span] ?? -1 });
    return found;
  }
}

/** Rows of usage, five numbers each. */
class Rows {
  count = 0;
  private cells = new BigInt64Array(LEAST_ROOM * CELLS);

  push(reason: number, row: UsageSpanRow): void {
    if (this.count * CELLS === this.cells.length) {
      const longer = new BigInt64Array(this.cells.length * 2);
      longer.set(this.cells);
      this.cells = longer;
    }
    const start = this.count * CELLS;
    this.cells[start] = BigInt(reason);
    this.cells[start + 1] = BigInt(row.firstHour);
    this.cells[start + 2] = BigInt(row.lastHour);
    this.cells[start + 3] = row.octetsUp;
    this.cells[start + 4] = row.octetsDown;
    this.count += 1;
  }

  at(index: number) {
    // Cell by cell: a view of each row would take longer than all else.
    const start = index * CELLS;
    return {
      reason: Number(this.cells[start]),
      firstHour: Number(this.cells[start + 1]),
      lastHour: Number(this.cells[start + 2]),
      octetsUp: this.cells[start + 3] ?? 0n,
      octetsDown: this.cells[start + 4] ?? 0n,
    };
  }
}

function fits({ octetsUp, octetsDown }: UsageSpanRow): boolean {
  return [octetsUp, octetsDown].every((octets) => BigInt.asIntN(64, octets) === octets);
}

function keyOf({ simKey, from, to }: UsageSpan): string {
  return `${simKey} ${from} ${to}`;
}
