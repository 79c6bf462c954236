import type { DataSource } from 'typeorm';
import type { UsageReason } from './types.js';

const INSERT = `
  INSERT INTO usage_reason (service_version_id, claimed_service_code, evidence, rule, name, agreed, mcc)
  SELECT DISTINCT * FROM unnest($1::int[], $2::text[], $3::text[], $4::text[], $5::text[], $6::boolean[], $7::text[])
  ON CONFLICT ON CONSTRAINT usage_reason_key DO UPDATE SET retired_at = NULL
    WHERE usage_reason.retired_at IS NOT NULL`;

const READ = `
  SELECT w.position::int AS position, r.id
  FROM unnest($1::int[], $2::text[], $3::text[], $4::text[], $5::text[], $6::boolean[], $7::text[])
    WITH ORDINALITY AS w(service_version_id, claimed_service_code, evidence, rule, name, agreed, mcc, position)
  JOIN usage_reason r
    ON r.service_version_id IS NOT DISTINCT FROM w.service_version_id
   AND r.claimed_service_code IS NOT DISTINCT FROM w.claimed_service_code
   AND r.evidence = w.evidence
   AND r.rule IS NOT DISTINCT FROM w.rule
   AND r.name IS NOT DISTINCT FROM w.name
   AND r.agreed IS NOT DISTINCT FROM w.agreed
   AND r.mcc IS NOT DISTINCT FROM w.mcc`;

/** An id is believed for this long; a reason out of use is kept for longer than that ({@link RETIRED_FOR_MS}). */
const BELIEVED_FOR_MS = 3_600_000;
export const RETIRED_FOR_MS = 24 * 3_600_000;

/** Ids of usage reasons. A row goes only once it was out of use for a day, and asking for it puts it in use. */
export class ReasonsRepository {
  private readonly ids = new Map<string, number>();
  private readSince: number;

  constructor(
    private readonly dataSource: DataSource,
    /** Ids remembered at most; beyond it the memory starts anew. */
    private readonly limit = 200_000,
    /** Milliseconds that only grow. */
    private readonly now: () => number = () => performance.now(),
  ) {
    this.readSince = now();
  }

  /** The id of each reason, in order; unknown ones are stored first, in a transaction of their own. */
  async idsOf(decisions: readonly UsageReason[]): Promise<number[]> {
    if (this.now() - this.readSince > BELIEVED_FOR_MS) this.forget();
    const missing = new Map<string, UsageReason>();
    for (const decision of decisions) {
      const key = reasonKey(decision);
      if (!this.ids.has(key)) missing.set(key, decision);
    }
    if (missing.size > 0) {
      if (this.ids.size + missing.size > this.limit) this.forget();
      await this.store([...missing.values()]);
      // The memory may just have been cleared: read everything that this call needs.
      const still = decisions.filter((decision) => !this.ids.has(reasonKey(decision)));
      if (still.length > 0) await this.store(still);
    }
    return decisions.map((decision) => {
      const id = this.ids.get(reasonKey(decision));
      if (id === undefined) throw new Error('a usage reason was stored but cannot be read back');
      return id;
    });
  }

  private forget(): void {
    this.ids.clear();
    this.readSince = this.now();
  }

  private async store(decisions: readonly UsageReason[]): Promise<void> {
    const columns = [
      decisions.map((decision) => decision.serviceVersionId),
      decisions.map((decision) => decision.claimedServiceCode),
      decisions.map((decision) => decision.evidence),
      decisions.map((decision) => decision.rule),
      decisions.map((decision) => decision.name),
      decisions.map((decision) => decision.agreed),
      decisions.map((decision) => decision.mcc ?? null),
    ];
    // Two statements: the second must see rows that another process inserted meanwhile.
    await this.dataSource.query(INSERT, columns);
    const rows = await this.dataSource.query<{ position: number; id: number }[]>(READ, columns);
    for (const row of rows) {
      const decision = decisions[row.position - 1];
      if (decision) this.ids.set(reasonKey(decision), row.id);
    }
  }
}

/** A key in which no part can run into the next. */
function reasonKey(decision: UsageReason): string {
  return JSON.stringify([
    decision.serviceVersionId,
    decision.claimedServiceCode,
    decision.evidence,
    decision.rule,
    decision.name,
    decision.agreed,
    decision.mcc ?? null,
  ]);
}
