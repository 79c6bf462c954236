import type { FieldError } from '../shared/index.js';
import type { BulkResult, RowError } from './views.js';

/** Rows of one transaction: enough to be fast, few enough that other writers wait a moment only. */
const CHUNK = 5_000;

/** Told, for a log of changes, what a batch found of what it changed. */
export type NoteFound<View> = (found: readonly View[]) => void;

/** A row and its position in the request. */
export interface Indexed<T> {
  index: number;
  value: T;
}

export function chunksOf<T>(rows: readonly T[]): T[][] {
  const chunks: T[][] = [];
  for (let start = 0; start < rows.length; start += CHUNK) chunks.push(rows.slice(start, start + CHUNK));
  return chunks;
}

/** Gathers what became of each row. */
export class BulkReport {
  private readonly counts = { created: 0, updated: 0, unchanged: 0 };
  private readonly errors: RowError[] = [];

  count(what: keyof BulkReport['counts'], rows = 1): void {
    this.counts[what] += rows;
  }

  refuse(index: number, code: RowError['code'], errors: FieldError[]): void {
    this.errors.push({ index, code, errors });
  }

  add(other: BulkReport): void {
    for (const what of ['created', 'updated', 'unchanged'] as const) this.counts[what] += other.counts[what];
    for (const error of other.errors) this.errors.push(error);
  }

  /** Errors in the order of the request. */
  result(): BulkResult {
    return { ...this.counts, errors: this.errors.toSorted((a, b) => a.index - b.index) };
  }

  get firstError(): RowError | undefined {
    return this.errors[0];
  }
}
