import type { DataSource } from 'typeorm';
import type { Held } from './history.js';

/** What the last sync saw of a SIM of SORACOM. */
export interface SimState {
  soracomSimId: string;
  /** Countfree's id. */
  simId: string;
  /** Of what SORACOM said of the SIM; '' = look again, whatever it says. */
  fingerprint: string;
  /** UNIX milliseconds. */
  syncedUntil: number;
  /** What it holds still. */
  open: OpenHeld[];
}

/** `isProvisional`: known from the SIM's status only, until its history tells when it began. */
export interface OpenHeld extends Held {
  isProvisional: boolean;
}

export interface Wish {
  key: string;
  wantedAt: Date;
}

interface StateRow {
  soracom_sim_id: string;
  sim_id: string;
  fingerprint: string;
  synced_until: Date;
  open: OpenHeld[];
}

const STATES = 'SELECT soracom_sim_id, sim_id, fingerprint, synced_until, open FROM soracom_sim';
/** First of the two numbers of the advisory lock; the second is the account's name, hashed. */
const LOCK = 72_260_018;

/** SQL of the SORACOM sync. */
export class SoracomRepository {
  constructor(private readonly dataSource: DataSource) {}

  /** Runs `work` unless another process syncs the account; undefined then. */
  async exclusively<T>(account: string, work: () => Promise<T>): Promise<T | undefined> {
    const runner = this.dataSource.createQueryRunner();
    try {
      const [row] = (await runner.query('SELECT pg_try_advisory_lock($1, hashtext($2)) AS taken', [
        LOCK,
        account,
      ])) as { taken: boolean }[];
      if (row?.taken !== true) return undefined;
      try {
        return await work();
      } finally {
        await runner.query('SELECT pg_advisory_unlock($1, hashtext($2))', [LOCK, account]);
      }
    } finally {
      await runner.release();
    }
  }

  async states(account: string, soracomSimIds: readonly string[]): Promise<Map<string, SimState>> {
    const rows = await this.dataSource.query<StateRow[]>(
      `${STATES} WHERE account = $1 AND soracom_sim_id = ANY ($2::text[])`,
      [account, soracomSimIds],
    );
    return new Map(rows.map((row) => [row.soracom_sim_id, toState(row)]));
  }

  /** SORACOM's ids of SIMs, by Countfree's. */
  async soracomIdsOf(account: string, simIds: readonly string[]): Promise<string[]> {
    const rows = await this.dataSource.query<StateRow[]>(
      `${STATES} WHERE account = $1 AND sim_id = ANY ($2::text[])`,
      [account, simIds],
    );
    return rows.map((row) => row.soracom_sim_id);
  }

  async save(account: string, state: SimState): Promise<void> {
    await this.dataSource.query(
      `INSERT INTO soracom_sim (account, soracom_sim_id, sim_id, fingerprint, synced_until, open)
       VALUES ($1, $2, $3, $4, $5, $6)
       ON CONFLICT (account, soracom_sim_id) DO UPDATE SET
         sim_id = EXCLUDED.sim_id, fingerprint = EXCLUDED.fingerprint,
         synced_until = EXCLUDED.synced_until, open = EXCLUDED.open`,
      [
        account,
        state.soracomSimId,
        state.simId,
        state.fingerprint,
        new Date(state.syncedUntil),
        JSON.stringify(state.open),
      ],
    );
  }

  async wish(keys: readonly string[], now: number): Promise<void> {
    await this.dataSource.query(
      `INSERT INTO soracom_wish (key, wanted_at) SELECT DISTINCT key, $2::timestamptz FROM unnest($1::text[]) AS key
       ON CONFLICT (key) DO UPDATE SET wanted_at = EXCLUDED.wanted_at`,
      [keys, new Date(now)],
    );
  }

  /** Wishes of the kinds (what their keys begin with), the oldest first. */
  async wishes(kinds: readonly string[], limit: number): Promise<Wish[]> {
    const rows = await this.dataSource.query<{ key: string; wanted_at: Date }[]>(
      `SELECT key, wanted_at FROM soracom_wish WHERE split_part(key, ':', 1) || ':' = ANY ($1::text[])
       ORDER BY wanted_at, key LIMIT $2`,
      [kinds, limit],
    );
    return rows.map((row) => ({ key: row.key, wantedAt: row.wanted_at }));
  }

  /** Unless it was wished for again meanwhile. */
  async fulfil({ key, wantedAt }: Wish): Promise<void> {
    await this.dataSource.query('DELETE FROM soracom_wish WHERE key = $1 AND wanted_at <= $2', [
      key,
      wantedAt,
    ]);
  }
}

function toState(row: StateRow): SimState {
  return {
    soracomSimId: row.soracom_sim_id,
    simId: row.sim_id,
    fingerprint: row.fingerprint,
    syncedUntil: row.synced_until.getTime(),
    open: row.open,
  };
}
