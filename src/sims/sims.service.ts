import type { DataSource, EntityManager } from 'typeorm';
import {
  decodeCursor,
  encodeCursor,
  fieldErrors,
  Refusal,
  toPage,
  type Clock,
  type Page,
  type PageRequest,
} from '../shared/index.js';
import { BulkReport, chunksOf, type Indexed, type NoteFound } from './bulk.js';
import { changeSessions } from './change.js';
import { refusal, refuseStale } from './faults.js';
import { simInputSchema, type SimInput, type SimPatch } from './schemas.js';
import type { SimFilter, SimNumbers, SimsRepository } from './sims.repository.js';
import type { BulkResult, SimView } from './views.js';

/** SIMs. An IMSI belongs to one SIM at a time. */
export class SimsService {
  constructor(
    private readonly dataSource: DataSource,
    private readonly repository: SimsRepository,
    private readonly clock: Clock,
  ) {}

  get(id: string): Promise<SimView> {
    return this.require(this.dataSource.manager, id);
  }

  async list(request: PageRequest, filter: SimFilter = {}): Promise<Page<SimView>> {
    const [after = ''] = request.cursor === undefined ? [] : decodeCursor('sims', request.cursor, ['text']);
    const rows = await this.repository.list(this.dataSource.manager, filter, request.limit + 1, after);
    return toPage(
      rows,
      request.limit,
      (last) => encodeCursor('sims', [last.id]),
      (row) => row,
    );
  }

  /** Surrogate keys by id, for usage and billing. Throws `not_found` that names every id that no SIM has. */
  async keysOf(ids: readonly string[]): Promise<Map<string, number>> {
    const keys = await this.repository.keysOf(this.dataSource.manager, ids);
    const unknown = ids.filter((id) => !keys.has(id));
    if (unknown.length === 0) return keys;
    throw new Refusal('not_found', `There is no SIM ${unknown.join(', ')}: GET /v1/sims lists them.`);
  }

  /** Ids by surrogate key; keys that no SIM has are missing. */
  idsOf(keys: readonly number[]): Promise<Map<number, string>> {
    return this.repository.idsOf(this.dataSource.manager, keys);
  }

  /** SIMs that have any of these numbers; ICCIDs and MSISDNs may be of several. */
  withNumbers(numbers: SimNumbers): Promise<SimView[]> {
    return this.repository.withNumbers(this.dataSource.manager, numbers);
  }

  create(input: SimInput): Promise<SimView> {
    return changeSessions(this.dataSource, async (manager, revision) => {
      if ((await this.repository.find(manager, input.id)) !== undefined) {
        throw refusal('conflict', '/id', `there is a SIM ${input.id} already: change it, or take another id`);
      }
      return this.write(manager, input, revision);
    });
  }

  /** `ifRevision`: refuse (`conflict`) unless the SIM is still at this revision. */
  update(id: string, patch: SimPatch, ifRevision?: number): Promise<SimView> {
    return changeSessions(this.dataSource, async (manager, revision) => {
      const before = await this.require(manager, id);
      refuseStale(`SIM ${id}`, before.revision, ifRevision);
      const given = Object.fromEntries(Object.entries(patch).filter(([, value]) => value !== undefined));
      return this.write(manager, { ...before, ...given }, revision);
    });
  }

  /** Removes a SIM that nothing refers to; one that has held a session is terminated instead. */
  async remove(id: string, ifRevision?: number): Promise<void> {
    await changeSessions(this.dataSource, async (manager) => {
      const { revision } = await this.require(manager, id);
      refuseStale(`SIM ${id}`, revision, ifRevision);
      await this.repository.delete(manager, id);
    });
  }

  /** Creates and replaces SIMs in bulk. `rows` are unchecked inputs; bad ones are reported and left out. */
  async bulkUpsert(rows: readonly unknown[], note?: NoteFound<SimView>): Promise<BulkResult> {
    const report = new BulkReport();
    const good: Indexed<SimInput>[] = [];
    rows.forEach((row, index) => {
      const parsed = simInputSchema.safeParse(row);
      if (parsed.success) good.push({ index, value: parsed.data });
      else report.refuse(index, 'invalid', fieldErrors(parsed.error));
    });
    for (const chunk of chunksOf(withoutRepeats(good, report))) {
      const result = await changeSessions(this.dataSource, (manager, revision) =>
        this.upsertChunk(manager, chunk, revision, note !== undefined),
      );
      report.add(result.report);
      note?.(result.found);
    }
    return report.result();
  }

  private async upsertChunk(
    manager: EntityManager,
    chunk: readonly Indexed<SimInput>[],
    revision: number,
    noted: boolean,
  ): Promise<{ report: BulkReport; found: SimView[] }> {
    const report = new BulkReport();
    const holders = await this.repository.imsiHolders(
      manager,
      chunk.map(({ value }) => value),
    );
    const holderOf = new Map(holders.map(({ imsi, simId }) => [imsi, simId]));
    const free = chunk.filter(({ index, value }) => {
      const errors = value.imsis.flatMap((imsi, position) => {
        const holder = holderOf.get(imsi);
        return holder === undefined ? [] : [imsiTaken(imsi, holder, position)];
      });
      if (errors.length > 0) report.refuse(index, 'conflict', errors);
      return errors.length === 0;
    });
    const sims = free.map(({ value }) => value);
    const ids = sims.map(({ id }) => id);
    const found = noted ? await this.repository.findAll(manager, ids) : [];
    const written = await this.repository.upsert(manager, sims, revision, new Date(this.clock.now()));
    for (const write of written.values()) report.count(write);
    return { report, found: found.filter(({ id }) => written.get(id) === 'updated') };
  }

  private async write(manager: EntityManager, sim: SimInput, revision: number): Promise<SimView> {
    const holders = await this.repository.imsiHolders(manager, [sim]);
    const errors = holders.map(({ imsi, simId }) => imsiTaken(imsi, simId, sim.imsis.indexOf(imsi)));
    if (errors.length > 0) {
      throw new Refusal('conflict', errors.map(({ detail }) => `IMSI ${detail}.`).join(' '), errors);
    }
    await this.repository.upsert(manager, [sim], revision, new Date(this.clock.now()));
    return this.require(manager, sim.id);
  }

  private async require(manager: EntityManager, id: string): Promise<SimView> {
    const found = await this.repository.find(manager, id);
    if (found !== undefined) return found;
    throw new Refusal('not_found', `There is no SIM ${id}: GET /v1/sims lists them.`);
  }
}

function imsiTaken(imsi: string, holder: string, position: number) {
  return {
    pointer: `/imsis/${position}`,
    detail: `${imsi} belongs to SIM ${holder}: take it from that SIM first`,
  };
}

/** An id or IMSI that an earlier row of the same request has is a mistake of the later row. */
function withoutRepeats(rows: readonly Indexed<SimInput>[], report: BulkReport): Indexed<SimInput>[] {
  const ids = new Map<string, number>();
  const imsis = new Map<string, number>();
  return rows.filter(({ index, value }) => {
    const errors = [];
    const sameId = ids.get(value.id);
    if (sameId !== undefined)
      errors.push({ pointer: '/id', detail: `row ${sameId} has the same id: remove one` });
    value.imsis.forEach((imsi, position) => {
      const same = imsis.get(imsi);
      if (same === undefined) return;
      errors.push({ pointer: `/imsis/${position}`, detail: `row ${same} has the same IMSI: remove one` });
    });
    if (errors.length > 0) {
      report.refuse(index, 'conflict', errors);
      return false;
    }
    ids.set(value.id, index);
    for (const imsi of value.imsis) imsis.set(imsi, index);
    return true;
  });
}
