import type { DataSource, EntityManager } from 'typeorm';
import type { BatchDeltas, SimDelta, SuspenseDelta } from './aggregate.js';

/** What names a capture batch for ever, and what is kept of it. */
export interface BatchRow {
  source: string;
  generation: string;
  sequence: bigint;
  epoch: number | null;
  flowOctets: number;
  usageEntries: number;
  /** UNIX microseconds; null for a batch without flow records. */
  firstTime: number | null;
  lastTime: number | null;
  /** UNIX milliseconds. */
  receivedAt: number;
}

export interface AccountDelta {
  /** UNIX milliseconds of the start of the UTC hour. */
  hour: number;
  account: string;
  packets: number;
  octets: number;
}

/** Serializes the creation of partitions among all processes on one database. */
const PARTITION_LOCK = 0x636f756e;
/** Half of a page is left for new versions of its rows: a batch that adds to all of them then writes no index. */
const BUCKET_FILLFACTOR = 50;
const ROWS_PER_STATEMENT = 4_096;

/** Ledger writes. All take the manager of the transaction that holds the whole batch. */
export class LedgerRepository {
  private readonly knownMonths = new Set<string>();

  constructor(private readonly dataSource: DataSource) {}

  /** Makes the month partitions that `hours` (UNIX ms) fall into. Outside of the batch's transaction, as it locks the table. */
  async ensurePartitions(hours: Iterable<number>): Promise<void> {
    for (const hour of hours) {
      const date = new Date(hour);
      const month = `${String(date.getUTCFullYear()).padStart(4, '0')}-${String(date.getUTCMonth() + 1).padStart(2, '0')}`;
      if (this.knownMonths.has(month)) continue;
      const next = new Date(Date.UTC(date.getUTCFullYear(), date.getUTCMonth() + 1, 1)).toISOString();
      await this.dataSource.transaction(async (manager) => {
        await manager.query('SELECT pg_advisory_xact_lock($1)', [PARTITION_LOCK]);
        await manager.query(
          `CREATE TABLE IF NOT EXISTS "usage_bucket_${month.replace('-', '_')}"
             PARTITION OF "usage_bucket" FOR VALUES FROM ('${month}-01T00:00:00Z') TO ('${next}')
             WITH (fillfactor = ${BUCKET_FILLFACTOR})`,
        );
      });
      this.knownMonths.add(month);
    }
  }

  /** Stores the batch's name. Returns its id, or null if the ledger has it already. */
  async insertBatch(manager: EntityManager, batch: BatchRow): Promise<string | null> {
    const rows = await manager.query<{ id: string }[]>(
      `INSERT INTO ledger_batch
         (source, generation, sequence, epoch, flow_octets, usage_entries, first_time, last_time, received_at)
       VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)
       ON CONFLICT ON CONSTRAINT ledger_batch_delivery_key DO NOTHING
       RETURNING id`,
      [
        batch.source,
        batch.generation,
        String(batch.sequence),
        batch.epoch,
        batch.flowOctets,
        batch.usageEntries,
        timestamp(batch.firstTime),
        timestamp(batch.lastTime),
        new Date(batch.receivedAt),
      ],
    );
    return rows[0]?.id ?? null;
  }

  /** Rows in the order of their keys; a few thousand at a statement, so that writing one takes no longer than milliseconds. */
  async addUsage(manager: EntityManager, batchId: string, rows: readonly SimDelta[]): Promise<void> {
    for (const part of partsOf(rows)) await this.addUsagePart(manager, batchId, part);
  }

  private async addUsagePart(
    manager: EntityManager,
    batchId: string,
    rows: readonly SimDelta[],
  ): Promise<void> {
    await manager.query(
      `INSERT INTO usage_bucket AS b
         (sim_key, hour, reason_id, octets_up, octets_down, packets_up, packets_down, last_batch_id)
       SELECT sim_key, to_timestamp(hour), reason_id, up, down, pup, pdown, $8::bigint
       FROM unnest($1::bigint[], $2::float8[], $3::int[], $4::bigint[], $5::bigint[], $6::bigint[], $7::bigint[])
         AS u(sim_key, hour, reason_id, up, down, pup, pdown)
       ON CONFLICT (sim_key, hour, reason_id) DO UPDATE SET
         octets_up = b.octets_up + EXCLUDED.octets_up,
         octets_down = b.octets_down + EXCLUDED.octets_down,
         packets_up = b.packets_up + EXCLUDED.packets_up,
         packets_down = b.packets_down + EXCLUDED.packets_down,
         last_batch_id = EXCLUDED.last_batch_id`,
      [
        numbers(rows, (row) => row.simKey),
        numbers(rows, (row) => row.hour / 1000),
        numbers(rows, (row) => row.reasonId),
        ...counterColumns(rows),
        batchId,
      ],
    );
  }

  async addSuspense(manager: EntityManager, rows: readonly SuspenseDelta[]): Promise<void> {
    for (const part of partsOf(rows)) await this.addSuspensePart(manager, part);
  }

  private async addSuspensePart(manager: EntityManager, rows: readonly SuspenseDelta[]): Promise<void> {
    await manager.query(
      `INSERT INTO suspense_bucket AS b
         (realm_index, address, hour, reason_id, octets_up, octets_down, packets_up, packets_down, first_time, last_time)
       SELECT realm_index, address, to_timestamp(hour), reason_id, up, down, pup, pdown, first_time, last_time
       FROM unnest($1::int[], $2::inet[], $3::float8[], $4::int[],
                   $5::bigint[], $6::bigint[], $7::bigint[], $8::bigint[], $9::timestamptz[], $10::timestamptz[])
         AS u(realm_index, address, hour, reason_id, up, down, pup, pdown, first_time, last_time)
       ON CONFLICT (realm_index, address, hour, reason_id) DO UPDATE SET
         octets_up = b.octets_up + EXCLUDED.octets_up,
         octets_down = b.octets_down + EXCLUDED.octets_down,
         packets_up = b.packets_up + EXCLUDED.packets_up,
         packets_down = b.packets_down + EXCLUDED.packets_down,
         first_time = LEAST(b.first_time, EXCLUDED.first_time),
         last_time = GREATEST(b.last_time, EXCLUDED.last_time)`,
      [
        numbers(rows, (row) => row.realmIndex),
        rows.map((row) => row.address),
        numbers(rows, (row) => row.hour / 1000),
        numbers(rows, (row) => row.reasonId),
        ...counterColumns(rows),
        rows.map((row) => timestamp(row.firstTime)),
        rows.map((row) => timestamp(row.lastTime)),
      ],
    );
  }

  async addAccounts(manager: EntityManager, source: string, rows: readonly AccountDelta[]): Promise<void> {
    if (rows.length === 0) return;
    await manager.query(
      `INSERT INTO account_bucket AS b (source, hour, account, packets, octets)
       SELECT $1, to_timestamp(hour), account, packets, octets
       FROM unnest($2::float8[], $3::text[], $4::bigint[], $5::bigint[]) AS u(hour, account, packets, octets)
       ON CONFLICT (source, hour, account) DO UPDATE SET
         packets = b.packets + EXCLUDED.packets,
         octets = b.octets + EXCLUDED.octets`,
      [
        source,
        rows.map((row) => row.hour / 1000),
        rows.map((row) => row.account),
        rows.map((row) => row.packets),
        rows.map((row) => row.octets),
      ],
    );
  }

  /** Highest sequence in the ledger of each generation of a source: where its consumer goes on after a restart. */
  async lastSequences(source: string): Promise<Map<string, bigint>> {
    const rows = await this.dataSource.query<{ generation: string; sequence: string }[]>(
      'SELECT generation, max(sequence) AS sequence FROM ledger_batch WHERE source = $1 GROUP BY generation',
      [source],
    );
    return new Map(rows.map((row) => [row.generation, BigInt(row.sequence)]));
  }
}

/** Hours (UNIX ms) of the usage in a batch. */
export function hoursOf(deltas: BatchDeltas): Set<number> {
  return new Set(deltas.sims.map((row) => row.hour));
}

/** Parts of rows for one statement each. */
export function* partsOf<Row>(rows: readonly Row[]): Generator<readonly Row[]> {
  for (let from = 0; from < rows.length; from += ROWS_PER_STATEMENT)
    yield rows.slice(from, from + ROWS_PER_STATEMENT);
}

function counterColumns(rows: readonly (SimDelta | SuspenseDelta)[]): string[] {
  return [
    numbers(rows, (row) => row.octetsUp),
    numbers(rows, (row) => row.octetsDown),
    numbers(rows, (row) => row.packetsUp),
    numbers(rows, (row) => row.packetsDown),
  ];
}

/** An array literal of Postgres. Numbers need none of the quotes that the driver would put around each. */
function numbers<Row>(rows: readonly Row[], read: (row: Row) => number): string {
  return `{${rows.map(read).join(',')}}`;
}

/** ISO text of UNIX microseconds, or null. */
function timestamp(microseconds: number | null): string | null {
  if (microseconds === null) return null;
  const whole = Math.floor(microseconds / 1000);
  const fraction = String(microseconds - whole * 1000).padStart(3, '0');
  return new Date(whole).toISOString().replace('Z', `${fraction}Z`);
}
