import type { EntityManager } from 'typeorm';
import { toSafeInteger } from '../database/index.js';
import type { SimDelta } from './aggregate.js';
import { partsOf } from './ledger.repository.js';

/** SIMs to a row: bounds what one transaction of a reader looks at. */
const SIMS_PER_ROW = 1000;
/** Among processes, one merges. */
const MERGE_LOCK = 0x746f7563;
/** Rows merged in one statement: bounds its memory, at some tens of megabytes. */
const MERGED_AT_ONCE = 2000;
/** Where merging, which counts octets of two hours in both, ends: far above any threshold, far from a bigint's end. */
const MOST_OCTETS = 2n ** 56n;

/** Usage of one UTC hour that has changed. */
export interface UsageTouch {
  /** UNIX milliseconds. */
  hour: number;
  sims: {
    simKey: number;
    /** Octets that came onto the account. Octets that only moved between reasons count too; never negative. */
    octets: bigint;
  }[];
}

/** What usage has changed and was not looked at yet. Every method runs in the caller's transaction. */
export class TouchesRepository {
  /** Written in the transaction that changes the usage: who takes a touch then finds the usage too. */
  async add(manager: EntityManager, deltas: readonly SimDelta[]): Promise<void> {
    for (const part of partsOf(deltas)) await this.addPart(manager, part);
  }

  private async addPart(manager: EntityManager, deltas: readonly SimDelta[]): Promise<void> {
    const rows = touchRows(deltas);
    await manager.query(
      `INSERT INTO usage_touch (hour, sim_keys, octets)
       SELECT to_timestamp(hour), sim_keys::bigint[], octets::bigint[]
       FROM unnest($1::float8[], $2::text[], $3::text[]) AS t (hour, sim_keys, octets)`,
      [
        rows.map(({ hour }) => hour / 1000),
        rows.map(({ sims }) => `{${sims.map(({ simKey }) => simKey).join(',')}}`),
        rows.map(({ sims }) => `{${sims.map(({ octets }) => octets).join(',')}}`),
      ],
    );
  }

  /** About how many rows wait; never fewer than said. Costs two look-ups, however many there are. */
  async backlog(manager: EntityManager): Promise<number> {
    const [row] = await manager.query<{ rows: string }[]>(
      'SELECT coalesce(max(id) - min(id) + 1, 0) AS rows FROM usage_touch',
    );
    return Number(row?.rows ?? 0);
  }

  /**
   * Merges what waits, as nobody takes it: of a SIM's touches in a UTC month the first and the last hour are left. A
   * month has at most two billing periods in it, which those hours lie in, so both are looked at; each carries all of
   * the octets, as who takes it only rates the sooner for more of them. What waits is then bounded by SIMs and months.
   * Oldest rows first; gives how many it looked at, 0 while another process merges.
   */
  async merge(manager: EntityManager): Promise<number> {
    const [lock] = await manager.query<{ taken: boolean }[]>(
      'SELECT pg_try_advisory_xact_lock($1) AS taken',
      [MERGE_LOCK],
    );
    if (lock?.taken !== true) return 0;
    const [row] = await manager.query<{ taken: number }[]>(
      `WITH gone AS (
         DELETE FROM usage_touch WHERE id IN (
           SELECT id FROM usage_touch ORDER BY id LIMIT $1 FOR UPDATE SKIP LOCKED)
         RETURNING hour, sim_keys, octets
       ), sim AS (
         SELECT min(g.hour) AS first, max(g.hour) AS last, t.sim_key, least(sum(t.octets), $3::bigint)::bigint AS octets
         FROM gone g CROSS JOIN unnest(g.sim_keys, g.octets) AS t (sim_key, octets)
         GROUP BY date_trunc('month', g.hour, 'UTC'), t.sim_key
       ), numbered AS (
         SELECT hour, sim_key, octets, (row_number() OVER (PARTITION BY hour ORDER BY sim_key) - 1) / $2 AS part
         FROM (SELECT first AS hour, sim_key, octets FROM sim
               UNION ALL SELECT last, sim_key, octets FROM sim WHERE last <> first) s
       ), made AS (
         INSERT INTO usage_touch (hour, sim_keys, octets)
         SELECT hour, array_agg(sim_key ORDER BY sim_key), array_agg(octets ORDER BY sim_key)
         FROM numbered GROUP BY hour, part
         RETURNING 1
       )
       SELECT count(*)::int AS taken FROM gone`,
      [MERGED_AT_ONCE, SIMS_PER_ROW, MOST_OCTETS.toString()],
    );
    return row?.taken ?? 0;
  }

  /** Takes the oldest rows away, at most `limit`; one row has a few thousand SIMs at most. */
  async take(manager: EntityManager, limit: number): Promise<UsageTouch[]> {
    const [rows] = await manager.query<[{ hour: Date; sim_keys: string[]; octets: string[] }[], number]>(
      `DELETE FROM usage_touch WHERE id IN (
         SELECT id FROM usage_touch ORDER BY id LIMIT $1 FOR UPDATE SKIP LOCKED)
       RETURNING hour, sim_keys, octets`,
      [limit],
    );
    return rows.map((row) => ({
      hour: row.hour.getTime(),
      sims: row.sim_keys.map((key, index) => ({
        simKey: toSafeInteger(key),
        octets: BigInt(row.octets[index] ?? 0),
      })),
    }));
  }
}

function touchRows(deltas: readonly SimDelta[]): UsageTouch[] {
  const hours = new Map<number, Map<number, bigint>>();
  for (const { hour, simKey, octetsUp, octetsDown } of deltas) {
    const sims = hours.get(hour) ?? new Map<number, bigint>();
    hours.set(hour, sims);
    const octets = BigInt(Math.max(0, octetsUp)) + BigInt(Math.max(0, octetsDown));
    sims.set(simKey, (sims.get(simKey) ?? 0n) + octets);
  }
  return [...hours].flatMap(([hour, sims]) => {
    const all = [...sims].map(([simKey, octets]) => ({ simKey, octets }));
    return Array.from({ length: Math.ceil(all.length / SIMS_PER_ROW) }, (_unused, row) => ({
      hour,
      sims: all.slice(row * SIMS_PER_ROW, (row + 1) * SIMS_PER_ROW),
    }));
  });
}
