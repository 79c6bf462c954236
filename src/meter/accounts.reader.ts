import type { DataSource } from 'typeorm';
import { OUTCOMES } from '../capture/index.js';
import { decodeCursor, encodeCursor, toPage, type Page, type PageRequest } from '../shared/index.js';
import { GAPS } from './epoch-accounts.js';
import type { AccountTotal, Completeness, Conservation } from './types.js';

export interface SuspenseItem {
  realmIndex: number;
  address: string;
  /** UNIX milliseconds of the start of the UTC hour. */
  hour: number;
  firstTime: Date;
  lastTime: Date;
  serviceCode: string | null;
  evidence: string;
  octetsUp: bigint;
  octetsDown: bigint;
}

/** What one capture point has brought into the ledger. */
export interface SourceTotal {
  source: string;
  /** Start of the last UTC hour that it counted in. */
  lastHour: Date;
  /** Seen by its engine since the given instant. */
  packets: bigint;
  octets: bigint;
}

const BOTH = 'both_subscribers';

/** Reads what is on no SIM's account, and whether all of it adds up. */
export class AccountsReader {
  constructor(private readonly dataSource: DataSource) {}

  /** Packets and octets by account in [from, to), in the order of the account's name. */
  async accounts(from: Date, to: Date): Promise<AccountTotal[]> {
    const rows = await this.dataSource.query<{ account: string; packets: string; octets: string }[]>(
      `SELECT account, sum(packets)::text AS packets, sum(octets)::text AS octets
       FROM account_bucket WHERE hour >= $1 AND hour < $2
       GROUP BY account ORDER BY account`,
      [from, to],
    );
    return rows.map((row) => ({
      account: row.account,
      packets: BigInt(row.packets),
      octets: BigInt(row.octets),
    }));
  }

  /**
   * Promise 1 over [from, to). Within the epoch that is open the engine's `seen` is not in the ledger yet, and flow
   * records of a large epoch may arrive before it ends; so `difference` is exact for closed epochs.
   */
  async conservation(from: Date, to: Date): Promise<Conservation> {
    return this.dataSource.transaction('REPEATABLE READ', async (manager) => {
      const accounts = await manager.query<{ account: string; packets: string; octets: string }[]>(
        `SELECT account, sum(packets)::text AS packets, sum(octets)::text AS octets
         FROM account_bucket WHERE hour >= $1 AND hour < $2 GROUP BY account`,
        [from, to],
      );
      const [sums] = await manager.query<{ usage: string; suspense: string }[]>(
        `SELECT
           (SELECT coalesce(sum(octets_up + octets_down), 0)::text FROM usage_bucket WHERE hour >= $1 AND hour < $2) AS usage,
           (SELECT coalesce(sum(octets_up + octets_down), 0)::text FROM suspense_bucket WHERE hour >= $1 AND hour < $2) AS suspense`,
        [from, to],
      );
      const total = (name: string): AccountTotal => {
        const row = accounts.find((account) => account.account === name);
        return { account: name, packets: BigInt(row?.packets ?? 0), octets: BigInt(row?.octets ?? 0) };
      };
      const seen = total('seen');
      const others = OUTCOMES.filter((outcome) => outcome !== 'counted').map(total);
      const usageOctets = BigInt(sums?.usage ?? 0);
      const suspenseOctets = BigInt(sums?.suspense ?? 0);
      const bothSubscribersOctets = total(BOTH).octets;
      const elsewhere = others.reduce((sum, account) => sum + account.octets, 0n);
      return {
        seen: { packets: seen.packets, octets: seen.octets },
        accounts: others,
        usageOctets,
        suspenseOctets,
        bothSubscribersOctets,
        difference: seen.octets + bothSubscribersOctets - elsewhere - usageOctets - suspenseOctets,
      };
    });
  }

  /** Capture points that have brought anything since `from`, by name. */
  async sources(from: Date): Promise<SourceTotal[]> {
    const rows = await this.dataSource.query<
      { source: string; last_hour: Date; packets: string; octets: string }[]
    >(
      `SELECT source, max(hour) AS last_hour, sum(packets)::text AS packets, sum(octets)::text AS octets
       FROM account_bucket WHERE account = 'seen' AND hour >= $1
       GROUP BY source ORDER BY source`,
      [from],
    );
    return rows.map((row) => ({
      source: row.source,
      lastHour: row.last_hour,
      packets: BigInt(row.packets),
      octets: BigInt(row.octets),
    }));
  }

  /** What a statement over [from, to) says of its own completeness. */
  async completeness(from: Date, to: Date): Promise<Completeness> {
    const accounts = new Map((await this.accounts(from, to)).map((account) => [account.account, account]));
    const [row] = await this.dataSource.query<{ octets: string }[]>(
      `SELECT coalesce(sum(octets_up + octets_down), 0)::text AS octets
       FROM suspense_bucket WHERE hour >= $1 AND hour < $2`,
      [from, to],
    );
    const lostPackets = await this.lostPackets(from, to);
    const packets = (name: string) => accounts.get(name)?.packets ?? 0n;
    const octets = (name: string) => accounts.get(name)?.octets ?? 0n;
    return {
      suspenseOctets: BigInt(row?.octets ?? 0),
      blurredPackets: packets('step_address_pair') + packets('step_subscriber') + packets('step_global'),
      addressPairOctets: octets('step_address_pair'),
      subscriberOctets: octets('step_subscriber'),
      globalOctets: octets('step_global'),
      hourBlurredOctets: octets(GAPS.hourBlurred),
      malformedOctets: octets('malformed'),
      unsupportedOctets: octets('unsupported'),
      numberedPackets: packets(GAPS.numbered),
      lostPackets,
      droppedPackets: packets(GAPS.socketDrops),
      droppedHellos: packets('hello_dropped'),
    };
  }

  /** By capture point, so that what one had twice does not hide what another lost. */
  private async lostPackets(from: Date, to: Date): Promise<bigint> {
    const [row] = await this.dataSource.query<{ lost: string }[]>(
      `SELECT coalesce(sum(greatest(lost, 0)), 0)::text AS lost FROM (
         SELECT sum(CASE account WHEN $3 THEN packets ELSE -packets END) AS lost
         FROM account_bucket WHERE hour >= $1 AND hour < $2 AND account IN ($3, $4) GROUP BY source) s`,
      [from, to, GAPS.missed, GAPS.late],
    );
    return BigInt(row?.lost ?? 0);
  }

  /** One page of what waits for a session, ordered by hour, realm, address and reason. */
  async suspense(from: Date, to: Date, page: PageRequest): Promise<Page<SuspenseItem>> {
    const after = page.cursor
      ? decodeCursor('suspense', page.cursor, ['time', 'integer', 'address', 'integer'])
      : null;
    const rows = await this.dataSource.query<
      {
        realm_index: number;
        address: string;
        hour: Date;
        reason_id: number;
        first_time: Date;
        last_time: Date;
        service_code: string | null;
        evidence: string;
        octets_up: string;
        octets_down: string;
      }[]
    >(
      `SELECT s.realm_index, host(s.address) AS address, s.hour, s.reason_id, s.first_time, s.last_time,
              v.service_code, r.evidence, s.octets_up::text, s.octets_down::text
       FROM suspense_bucket s
       JOIN usage_reason r ON r.id = s.reason_id
       LEFT JOIN service_version v ON v.id = r.service_version_id
       WHERE s.hour >= $1 AND s.hour < $2
         AND ($3::float8 IS NULL OR
              (s.hour, s.realm_index, s.address, s.reason_id) > (to_timestamp($3), $4::int, $5::inet, $6::int))
       ORDER BY s.hour, s.realm_index, s.address, s.reason_id
       LIMIT $7`,
      [
        from,
        to,
        ...(after ? [after[0] / 1000, after[1], after[2], after[3]] : [null, null, null, null]),
        page.limit + 1,
      ],
    );
    return toPage(
      rows,
      page.limit,
      (last) =>
        encodeCursor('suspense', [last.hour.getTime(), last.realm_index, last.address, last.reason_id]),
      (row) => ({
        realmIndex: row.realm_index,
        address: row.address,
        hour: row.hour.getTime(),
        firstTime: row.first_time,
        lastTime: row.last_time,
        serviceCode: row.service_code,
        evidence: row.evidence,
        octetsUp: BigInt(row.octets_up),
        octetsDown: BigInt(row.octets_down),
      }),
    );
  }
}
