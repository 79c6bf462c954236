import type { DataSource, EntityManager } from 'typeorm';
import type { CatalogueService, CatalogueSnapshot } from '../catalogue/index.js';
import { Refusal, type Clock } from '../shared/index.js';
import { inTransaction, sqlState } from '../database/index.js';
import { DraftUsageReader } from './draft-usage.reader.js';
import { DryRunRules, type Certainty, type Draft, type StoredReason } from './dry-run.js';
import type { UsageReader } from './usage.reader.js';

export interface DryRunMove {
  from: string | null;
  to: string | null;
  certainty: 'certain' | 'depends';
  octetsUp: bigint;
  octetsDown: bigint;
  /** The names with the most octets of the move. */
  names: { name: string; octets: bigint }[];
}

/** total = unchanged + unknown + all moves. */
export interface DryRunResult {
  totalOctets: bigint;
  unchangedOctets: bigint;
  /** Octets of which nothing that is stored tells where they would go. */
  unknownOctets: bigint;
  /** Most octets first. */
  moves: DryRunMove[];
}

interface Row {
  service_code: string | null;
  claimed_service_code: string | null;
  evidence: StoredReason['evidence'];
  rule: string | null;
  name: string | null;
  agreed: boolean | null;
  up: string;
  down: string;
}

const AT_ONCE = 5_000;
const DAY_MS = 86_400_000;
/** A run answers a request: what takes longer is refused, with the days that can be had. */
const MOST_MS = 60_000;
/** Parts that a span is read in: days, or more where it is longer than that. */
const MOST_PARTS = 92;
/** PostgreSQL: query_canceled. */
const CANCELED = '57014';
const TOP_NAMES = 10;
/** Names remembered of one move before the smallest go. */
const NAMES_HELD = 10_000;

const USAGE = `
  SELECT v.service_code, r.claimed_service_code, r.evidence, r.rule, r.name, r.agreed, u.up::text, u.down::text
  FROM (SELECT reason_id, sum(octets_up) AS up, sum(octets_down) AS down FROM usage_bucket
        WHERE hour >= date_trunc('hour', $1::timestamptz) AND hour < date_trunc('hour', $2::timestamptz)
        GROUP BY reason_id) u
  JOIN usage_reason r ON r.id = u.reason_id
  LEFT JOIN service_version v ON v.id = r.service_version_id`;

/** Says which stored octets would have been another service's under draft rules. Changes nothing. */
export class DryRunService {
  constructor(
    private readonly dataSource: DataSource,
    private readonly catalogue: CatalogueService,
    private readonly clock: Clock,
    private readonly mostMs = MOST_MS,
  ) {}

  /** Stored usage as it would be under drafts, for those who rate it; each as in {@link run}, and of new services too. */
  async usageUnder(drafts: readonly Draft[]): Promise<UsageReader> {
    const current = inForce(await this.catalogue.snapshot(), this.clock.now());
    return new DraftUsageReader(this.dataSource, await DryRunRules.make(current, drafts));
  }

  /**
   * `draft` stands in the place of its service's version that is in force; all others are as they are now. Throws a {@link Refusal} that
   * says how many days can be read in time, if the span cannot.
   */
  async run(draft: Draft, from: Date, to: Date): Promise<DryRunResult> {
    await this.catalogue.get(draft.serviceCode);
    const current = inForce(await this.catalogue.snapshot(), this.clock.now());
    const rules = await DryRunRules.make(current, [draft]);
    const tally = new MoveTally();
    const parts = partsOf(from.getTime(), to.getTime());
    const started = performance.now();
    await inTransaction(this.dataSource, async (manager) => {
      await manager.query('SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY');
      for (const part of parts) {
        const left = Math.floor(this.mostMs - (performance.now() - started));
        if (left <= 0 || !(await inTime(manager, left, () => readPart(manager, part, tally, rules)))) {
          const first = parts[0]?.[0].getTime() ?? 0;
          throw tooLarge(this.mostMs, Math.floor((part[0].getTime() - first) / DAY_MS));
        }
      }
    });
    return tally.result();
  }
}

async function readPart(
  manager: EntityManager,
  [from, to]: readonly [Date, Date],
  tally: MoveTally,
  rules: DryRunRules,
): Promise<void> {
  // A cursor: the reasons of a part may be a million.
  await manager.query(`DECLARE dry_run NO SCROLL CURSOR FOR ${USAGE}`, [from, to]);
  for (;;) {
    const rows = await manager.query<Row[]>(`FETCH ${AT_ONCE} FROM dry_run`);
    for (const row of rows) tally.add(row, rules);
    if (rows.length < AT_ONCE) break;
  }
  await manager.query('CLOSE dry_run');
}

/** False if a statement of `work` took longer than `ms`. */
async function inTime(manager: EntityManager, ms: number, work: () => Promise<void>): Promise<boolean> {
  await manager.query(`SET LOCAL statement_timeout = ${ms}`);
  try {
    await work();
    return true;
  } catch (error) {
    if (sqlState(error) === CANCELED) return false;
    throw error;
  }
}

function partsOf(from: number, to: number): [Date, Date][] {
  const step = Math.max(1, Math.ceil((to - from) / MOST_PARTS / DAY_MS)) * DAY_MS;
  const parts: [Date, Date][] = [];
  for (let at = from; at < to; at += step) parts.push([new Date(at), new Date(Math.min(at + step, to))]);
  return parts;
}

function tooLarge(mostMs: number, days: number): Refusal {
  const detail =
    days === 0
      ? 'not even a day could be read: try again when less is going on'
      : `ask for ${days} days at most`;
  return new Refusal(
    'invalid',
    `The ledger of this span cannot be read in ${mostMs / 1000} s: ${days} of its days were; ${detail}.`,
    [{ pointer: '/to', detail }],
  );
}

function inForce(snapshot: CatalogueSnapshot, now: number): CatalogueSnapshot {
  const latest = new Map<string, CatalogueSnapshot['versions'][number]>();
  for (const version of snapshot.versions) {
    const known = latest.get(version.serviceCode);
    if (version.effectiveFrom <= now && (known?.version ?? 0) < version.version) {
      latest.set(version.serviceCode, version);
    }
  }
  return { ...snapshot, versions: [...latest.values()] };
}

interface Held extends Omit<DryRunMove, 'names'> {
  names: Map<string, bigint>;
}

class MoveTally {
  private total = 0n;
  private unchanged = 0n;
  private unknown = 0n;
  private readonly moves = new Map<string, Held>();

  add(row: Row, rules: DryRunRules): void {
    const up = BigInt(row.up);
    const down = BigInt(row.down);
    this.total += up + down;
    const outcome = rules.outcomeOf({
      serviceCode: row.service_code,
      claimedServiceCode: row.claimed_service_code,
      evidence: row.evidence,
      rule: row.rule,
      name: row.name,
      agreed: row.agreed,
    });
    if (outcome.certainty === 'unknown') this.unknown += up + down;
    else if (outcome.serviceCode === row.service_code) this.unchanged += up + down;
    else {
      const move = this.moveOf(row.service_code, outcome.serviceCode, outcome.certainty);
      move.octetsUp += up;
      move.octetsDown += down;
      const name = row.name ?? row.rule;
      if (name !== null) addName(move.names, name, up + down);
    }
  }

  private moveOf(from: string | null, to: string | null, certainty: Exclude<Certainty, 'unknown'>): Held {
    const key = JSON.stringify([from, to, certainty]);
    let move = this.moves.get(key);
    if (move === undefined) {
      this.moves.set(key, (move = { from, to, certainty, octetsUp: 0n, octetsDown: 0n, names: new Map() }));
    }
    return move;
  }

  result(): DryRunResult {
    const octets = (move: Held) => move.octetsUp + move.octetsDown;
    return {
      totalOctets: this.total,
      unchangedOctets: this.unchanged,
      unknownOctets: this.unknown,
      moves: [...this.moves.values()]
        .sort((a, b) => compare(octets(b), octets(a)))
        .map((move) => ({ ...move, names: largest(move.names, TOP_NAMES) })),
    };
  }
}

function addName(names: Map<string, bigint>, name: string, octets: bigint): void {
  names.set(name, (names.get(name) ?? 0n) + octets);
  if (names.size <= NAMES_HELD) return;
  const kept = largest(names, NAMES_HELD / 2);
  names.clear();
  for (const each of kept) names.set(each.name, each.octets);
}

function largest(names: ReadonlyMap<string, bigint>, count: number): { name: string; octets: bigint }[] {
  return [...names]
    .map(([name, octets]) => ({ name, octets }))
    .sort((a, b) => compare(b.octets, a.octets) || (a.name < b.name ? -1 : 1))
    .slice(0, count);
}

function compare(a: bigint, b: bigint): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
