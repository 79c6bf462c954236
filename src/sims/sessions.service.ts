import type { DataSource, EntityManager } from 'typeorm';
import {
  decodeCursor,
  encodeCursor,
  fieldErrors,
  formatInstant,
  Refusal,
  toPage,
  type Page,
  type PageRequest,
} from '../shared/index.js';
import { BulkReport, chunksOf, type Indexed, type NoteFound } from './bulk.js';
import { changeSessions } from './change.js';
import { refusal, refuseStale } from './faults.js';
import type { RealmsRepository } from './realms.repository.js';
import { sessionInputSchema, type SessionInput, type SessionPatch } from './schemas.js';
import { planBatch, settleAmong, type BatchPolicy, type SessionRow } from './session-batch.js';
import type { Overlap, SessionChange, SessionFilter, SessionsRepository } from './sessions.repository.js';
import type { SimsRepository } from './sims.repository.js';
import type { BulkResult, FoundSession, RowError, SessionView } from './views.js';

/** Defaults of {@link BatchPolicy}: a request that is sent again changes nothing, and nothing is ended unasked. */
const BULK: BatchPolicy = { existing: 'update', open: 'refuse' };
const SINGLE: BatchPolicy = { existing: 'refuse', open: 'refuse' };

/**
 * Sessions: which SIM held which prefix of which realm when. All writers take the topic `sessions`' next revision
 * first and so take turns: what a batch finds overlapping cannot change until it is committed. The database holds the
 * same rule as a constraint.
 */
export class SessionsService {
  constructor(
    private readonly dataSource: DataSource,
    private readonly sessions: SessionsRepository,
    private readonly sims: SimsRepository,
    private readonly realms: RealmsRepository,
  ) {}

  get(id: number): Promise<SessionView> {
    return this.require(this.dataSource.manager, id);
  }

  async list(request: PageRequest, filter: SessionFilter = {}): Promise<Page<SessionView>> {
    const [after = 0] =
      request.cursor === undefined ? [] : decodeCursor('sessions', request.cursor, ['number']);
    const rows = await this.sessions.list(this.dataSource.manager, filter, request.limit + 1, after);
    return toPage(
      rows,
      request.limit,
      (last) => encodeCursor('sessions', [last.id]),
      (row) => row,
    );
  }

  /** `open: 'end'` ends an earlier session of the prefix that is still open, instead of refusing (`conflict`). */
  async create(
    input: SessionInput,
    policy: Partial<BatchPolicy> = {},
    note?: NoteFound<FoundSession>,
  ): Promise<SessionView> {
    const { made, found } = await changeSessions(this.dataSource, async (manager, revision) => {
      const rows = [{ index: 0, value: input }];
      const written = await this.writeChunk(manager, rows, { ...SINGLE, ...policy }, revision);
      if (written.report.firstError !== undefined) throw toRowRefusal(written.report.firstError);
      return { made: await this.require(manager, written.ids[0] ?? 0), found: written.found };
    });
    note?.(found);
    return made;
  }

  /** Ends, reopens or corrects a session. `ifRevision`: refuse (`conflict`) unless it is still at this revision. */
  update(id: number, patch: SessionPatch, ifRevision?: number): Promise<SessionView> {
    return changeSessions(this.dataSource, async (manager, revision) => {
      const before = await this.require(manager, id);
      refuseStale(`session ${id}`, before.revision, ifRevision);
      const start = Date.parse(before.startTime);
      const endTime = patch.endTime === undefined ? toTime(before.endTime) : patch.endTime;
      if (endTime !== null && endTime <= start) {
        throw refusal('invalid', '/endTime', `endTime must be after startTime, ${before.startTime}`);
      }
      await this.refuseOverlap(manager, before, endTime);
      await this.sessions.update(
        manager,
        [
          {
            id,
            endTime,
            dnsServers: patch.dnsServers ?? before.dnsServers,
            mcc: patch.mcc === undefined ? before.mcc : patch.mcc,
          },
        ],
        revision,
      );
      return this.require(manager, id);
    });
  }

  /** For a session that never was; one that is over is ended instead. */
  async remove(id: number, ifRevision?: number): Promise<void> {
    await changeSessions(this.dataSource, async (manager, revision) => {
      const before = await this.require(manager, id);
      refuseStale(`session ${id}`, before.revision, ifRevision);
      await this.sessions.delete(manager, id, revision);
    });
  }

  /** Creates and changes sessions in bulk. `rows` are unchecked inputs; bad ones are reported and left out. */
  async bulkUpsert(
    rows: readonly unknown[],
    policy: Partial<BatchPolicy> = {},
    note?: NoteFound<FoundSession>,
  ): Promise<BulkResult> {
    const report = new BulkReport();
    const good: Indexed<SessionInput>[] = [];
    rows.forEach((row, index) => {
      const parsed = sessionInputSchema.safeParse(row);
      if (parsed.success) good.push({ index, value: parsed.data });
      else report.refuse(index, 'invalid', fieldErrors(parsed.error));
    });
    // In the order of time, so that an open session is stored before the chunk with the next of its prefix.
    good.sort((a, b) => a.value.startTime - b.value.startTime || a.index - b.index);
    for (const chunk of chunksOf(good)) {
      const written = await changeSessions(this.dataSource, (manager, revision) =>
        this.writeChunk(manager, chunk, { ...BULK, ...policy }, revision),
      );
      report.add(written.report);
      note?.(written.found);
    }
    return report.result();
  }

  private async writeChunk(
    manager: EntityManager,
    chunk: readonly Indexed<SessionInput>[],
    policy: BatchPolicy,
    revision: number,
  ): Promise<{ report: BulkReport; ids: number[]; found: FoundSession[] }> {
    const report = new BulkReport();
    const known = await this.resolve(manager, chunk, report);
    const inside = await this.refuseStrays(manager, known, report);
    const settled = settleAmong(inside, policy, report);
    const overlaps = await this.sessions.overlaps(
      manager,
      settled.map(({ value }) => value),
    );
    const plan = planBatch(settled, overlaps, policy);
    // Ends first: an insert may need the room.
    await this.sessions.update(manager, plan.updates, revision);
    const ids = await this.sessions.insert(manager, plan.inserts, revision);
    report.add(plan.report);
    return { report, ids, found: foundOf(plan.updates, overlaps) };
  }

  private async resolve(
    manager: EntityManager,
    chunk: readonly Indexed<SessionInput>[],
    report: BulkReport,
  ): Promise<Indexed<SessionRow>[]> {
    const simKeys = await this.sims.keysOf(manager, [...new Set(chunk.map(({ value }) => value.simId))]);
    const realms = new Map((await this.realms.all(manager)).map((realm) => [realm.name, realm.index]));
    return chunk.flatMap(({ index, value }) => {
      const simKey = simKeys.get(value.simId);
      const realmIndex = realms.get(value.realm);
      const errors = [];
      if (simKey === undefined) {
        errors.push({ pointer: '/simId', detail: `there is no SIM ${value.simId}: create it first` });
      }
      if (realmIndex === undefined) {
        errors.push({ pointer: '/realm', detail: `there is no realm ${value.realm}: create it first` });
      }
      if (simKey === undefined || realmIndex === undefined) {
        report.refuse(index, 'not_found', errors);
        return [];
      }
      return [{ index, value: { ...value, simKey, realmIndex } }];
    });
  }

  private async refuseStrays(
    manager: EntityManager,
    rows: readonly Indexed<SessionRow>[],
    report: BulkReport,
  ): Promise<Indexed<SessionRow>[]> {
    const strays = new Set(
      await this.sessions.strays(
        manager,
        rows.map(({ value }) => value),
      ),
    );
    return rows.filter(({ index, value }, position) => {
      if (!strays.has(position)) return true;
      const detail = `${value.prefix} lies in no subscriber prefix of its realm: mend it, or add the prefix to the realm`;
      report.refuse(index, 'invalid', [{ pointer: '/prefix', detail }]);
      return false;
    });
  }

  private async refuseOverlap(
    manager: EntityManager,
    before: SessionView,
    endTime: number | null,
  ): Promise<void> {
    const realmIndex = (await this.realms.find(manager, before.realm))?.index ?? 0;
    const { prefix, dnsServers } = before;
    const startTime = Date.parse(before.startTime);
    const overlaps = await this.sessions.overlaps(manager, [
      { simKey: 0, realmIndex, prefix, startTime, endTime, dnsServers },
    ]);
    const other = overlaps.find((overlap) => overlap.id !== before.id);
    if (other === undefined) return;
    const detail = `session ${other.id} of SIM ${other.simId} holds ${prefix} from ${formatInstant(other.startTime)}: end by then`;
    throw refusal('conflict', '/endTime', detail);
  }

  private async require(manager: EntityManager, id: number): Promise<SessionView> {
    const found = await this.sessions.find(manager, id);
    if (found !== undefined) return found;
    throw new Refusal('not_found', `There is no session ${id}: GET /v1/sessions lists them.`);
  }
}

function toTime(text: string | null): number | null {
  return text === null ? null : Date.parse(text);
}

/** An unknown SIM or realm is a bad field of the request, not a missing resource. */
function toRowRefusal({ code, errors }: RowError): Refusal {
  const message = errors
    .map(({ detail }) => `${detail.charAt(0).toUpperCase()}${detail.slice(1)}.`)
    .join(' ');
  return new Refusal(code === 'not_found' ? 'invalid' : code, message, errors);
}

/** What the sessions that a batch changes were. */
function foundOf(changes: readonly SessionChange[], overlaps: readonly Overlap[]): FoundSession[] {
  const stored = new Map(overlaps.map((overlap) => [overlap.id, overlap]));
  return changes.flatMap(({ id }) => {
    const found = stored.get(id);
    if (found === undefined) return [];
    const { simId, startTime, endTime, dnsServers, mcc } = found;
    const until = endTime === null ? null : formatInstant(endTime);
    return [{ id, simId, startTime: formatInstant(startTime), endTime: until, dnsServers, mcc }];
  });
}
