import type { EntityManager } from 'typeorm';
import { toSafeInteger } from '../database/index.js';
import type { SimDelta } from './aggregate.js';

/** SIMs to a row: bounds what one transaction of a reader looks at. */
const SIMS_PER_ROW = 1000;

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
    const rows = touchRows(deltas);
    if (rows.length === 0) return;
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

  /** Takes the oldest rows away, at most `limit`; one row has a few thousand SIMs at most. */
  async take(manager: EntityManager, limit: number): Promise<UsageTouch[]> {
    const [rows] = await manager.query<[{ hour: Date; sim_keys: string[]; octets: string[] }[], number]>(
      `DELETE FROM usage_touch WHERE id IN (SELECT id FROM usage_touch ORDER BY id LIMIT $1)
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
