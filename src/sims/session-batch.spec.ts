import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { BulkReport, type Indexed } from './bulk.js';
import { planBatch, settleAmong, type BatchPolicy, type SessionRow } from './session-batch.js';
import type { Overlap } from './sessions.repository.js';

/** Stored sessions in memory, with the database's rule. */
class Store {
  sessions: (Omit<Overlap, 'position'> & { prefix: string })[] = [];

  overlaps(rows: readonly Indexed<SessionRow>[]): Overlap[] {
    return rows.flatMap(({ value }, position) =>
      this.sessions
        .filter((stored) => stored.prefix === value.prefix && overlap(stored, value))
        .map((stored) => ({ ...stored, position })),
    );
  }

  write(rows: readonly SessionRow[], policy: BatchPolicy) {
    const report = new BulkReport();
    const indexed = rows.map((value, index) => ({ index, value }));
    const settled = settleAmong(indexed, policy, report);
    const plan = planBatch(settled, this.overlaps(settled), policy);
    const ids = plan.updates.map(({ id }) => id);
    expect(new Set(ids).size).toBe(ids.length);
    for (const { id, endTime } of plan.updates) {
      const stored = this.sessions.find((session) => session.id === id);
      if (stored) stored.endTime = endTime;
      this.check();
    }
    for (const { simKey, simId, prefix, startTime, endTime } of plan.inserts) {
      const id = this.sessions.length + 1;
      this.sessions.push({ id, simKey, simId, prefix, startTime, endTime, dnsServers: [], mcc: null });
      this.check();
    }
    report.add(plan.report);
    return report.result();
  }

  /** As the constraint does: after every row, not only at the end. */
  private check(): void {
    for (const a of this.sessions) {
      if (a.endTime !== null) expect(a.endTime).toBeGreaterThan(a.startTime);
      for (const b of this.sessions) {
        if (a.id < b.id && a.prefix === b.prefix && overlap(a, b)) {
          throw new Error(`${JSON.stringify(a)} overlaps ${JSON.stringify(b)}`);
        }
      }
    }
  }
}

interface Span {
  startTime: number;
  endTime: number | null;
}

function overlap(a: Span, b: Span): boolean {
  return a.startTime < (b.endTime ?? Infinity) && b.startTime < (a.endTime ?? Infinity);
}

const row = fc
  .record({
    simKey: fc.integer({ min: 1, max: 2 }),
    prefix: fc.constantFrom('10.0.0.1/32', '10.0.0.2/32'),
    startTime: fc.integer({ min: 0, max: 12 }),
    length: fc.option(fc.integer({ min: 1, max: 6 })),
  })
  .map(({ simKey, prefix, startTime, length }): SessionRow => ({
    simKey,
    simId: `sim-${simKey}`,
    realmIndex: 1,
    prefix,
    startTime,
    endTime: length === null ? null : startTime + length,
    dnsServers: [],
  }));
const policy = fc.record<BatchPolicy>({
  existing: fc.constantFrom('update' as const, 'refuse' as const),
  open: fc.constantFrom('refuse' as const, 'end' as const),
});

describe('a batch of sessions', () => {
  it('never makes an overlap, whatever is stored, and answers for every row', () => {
    fc.assert(
      fc.property(
        fc.array(fc.tuple(fc.array(row, { maxLength: 8 }), policy), { maxLength: 5 }),
        (batches) => {
          const store = new Store();
          for (const [rows, choice] of batches) {
            const { created, updated, unchanged, errors } = store.write(rows, choice);
            expect(created + updated + unchanged + errors.length).toBe(rows.length);
            expect(new Set(errors.map(({ index }) => index)).size).toBe(errors.length);
          }
        },
      ),
      { numRuns: 2000 },
    );
  });

  it('sent again changes nothing', () => {
    fc.assert(
      fc.property(fc.array(row, { maxLength: 8 }), (rows) => {
        const store = new Store();
        const choice = { existing: 'update', open: 'refuse' } as const;
        store.write(rows, choice);
        const before = structuredClone(store.sessions);
        const again = store.write(rows, choice);
        expect(store.sessions).toEqual(before);
        expect(again).toMatchObject({ created: 0, updated: 0 });
      }),
    );
  });
});
