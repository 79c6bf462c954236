import type { EntityManager } from 'typeorm';
import { queryPrepared, toSafeInteger } from '../database/index.js';
import { periodOfMonth, type Calendar } from './calendar.js';
import type { PlanTerms } from './terms.js';

const DAY_MS = 86_400_000;

/** What is closed together: one calendar, one currency. A statement belongs to exactly one of them. */
export interface BillingCalendar extends Calendar {
  /** ISO 4217 code and exponent, e.g. `JPY/0`. */
  currency: string;
}

/** A SIM was under a plan version from one instant (inclusive) to another (exclusive); UNIX milliseconds. */
export interface PlanSegment {
  simKey: number;
  planVersionId: number;
  from: number;
  to: number;
  /** The pool that its octets draw from in place of a quota of its own; `octets` null = the sum of its SIMs' quotas. */
  pool?: { code: string; octets: bigint | null };
}

interface Membership {
  code: string;
  octets: bigint | null;
  from: number;
  to: number;
}

/** A plan version, as rating needs it. */
export interface RatedVersion {
  id: number;
  planCode: string;
  version: number;
  terms: PlanTerms;
}

interface SegmentRow {
  sim_key: string;
  plan_version_id: number;
  starts_at: Date;
  ends_at: Date;
}

/** Every stretch of a subscription under one version: it follows the plan's versions, or stays on one. */
const SEGMENTS = `
  SELECT s.sim_key, v.id AS plan_version_id,
         greatest(s.starts_at, CASE WHEN s.pinned_version IS NULL THEN v.effective_from END, $1) AS starts_at,
         least(s.ends_at, CASE WHEN s.pinned_version IS NULL THEN v.effective_to END, $2) AS ends_at
  FROM subscription s
  JOIN (SELECT *, lead(effective_from) OVER (PARTITION BY plan_key ORDER BY effective_from) AS effective_to
        FROM plan_version) v
    ON v.plan_key = s.plan_key AND (s.pinned_version IS NULL OR s.pinned_version = v.version)
  WHERE s.starts_at < $2 AND (s.ends_at > $1 OR s.ends_at IS NULL)
    AND (s.pinned_version IS NOT NULL OR (v.effective_from < $2 AND (v.effective_to > $1 OR v.effective_to IS NULL)))`;
const everySegmentOf = (sims: string) => `
  SELECT g.*, json_build_object('timeZone', v.time_zone, 'anchorDay', v.anchor_day, 'currency', v.currency) AS calendar
  FROM (${SEGMENTS} AND ${sims}) g JOIN plan_version v ON v.id = g.plan_version_id
  WHERE g.starts_at < g.ends_at
  ORDER BY v.time_zone, v.anchor_day, v.currency, g.sim_key, g.starts_at`;
const IN_SPAN = (alias: string) =>
  `${alias}.starts_at < $2 AND (${alias}.ends_at > $1 OR ${alias}.ends_at IS NULL)`;
const OF_CALENDAR = `AND v.time_zone = $3 AND v.anchor_day = $4 AND v.currency = $5`;

/** Reads who was under which terms when. */
export class SegmentsReader {
  /** The calendars of all subscriptions, or of those of some SIMs, in a span; in a fixed order. */
  async calendars(
    manager: EntityManager,
    from: Date,
    to: Date,
    simKeys: readonly number[] | null = null,
  ): Promise<BillingCalendar[]> {
    return manager.query<BillingCalendar[]>(
      `SELECT DISTINCT v.time_zone AS "timeZone", v.anchor_day AS "anchorDay", v.currency
       FROM (${SEGMENTS} AND ($3::bigint[] IS NULL OR s.sim_key = ANY($3))) g
       JOIN plan_version v ON v.id = g.plan_version_id
       WHERE g.starts_at < g.ends_at ORDER BY 1, 2, 3`,
      [from, to, simKeys],
    );
  }

  /** The calendars that have a SIM in the period that starts in the month `YYYY-MM`. */
  async calendarsOfMonth(manager: EntityManager, month: string): Promise<BillingCalendar[]> {
    const { from, to } = periodOfMonth({ timeZone: 'UTC', anchorDay: 1 }, month);
    // Wide enough for every zone, and for a period that starts on the month's last day.
    const wide = [new Date(from - 2 * DAY_MS), new Date(to + 33 * DAY_MS)] as const;
    const found: BillingCalendar[] = [];
    for (const calendar of await this.calendars(manager, ...wide)) {
      const sims = await this.sims(manager, calendar, periodOfMonth(calendar, month), 0, 1);
      if (sims.length > 0) found.push(calendar);
    }
    return found;
  }

  /** The next SIMs after `after`, by key, that have a segment of the calendar in the span. */
  async sims(
    manager: EntityManager,
    calendar: BillingCalendar,
    span: { from: number; to: number },
    after: number,
    limit: number,
  ): Promise<number[]> {
    const rows = await manager.query<{ sim_key: string }[]>(
      `SELECT DISTINCT sim_key FROM (${SEGMENTS} ${OF_CALENDAR} AND s.sim_key > $6) g
       WHERE starts_at < ends_at ORDER BY sim_key LIMIT $7`,
      [...spanValues(calendar, span), after, limit],
    );
    return rows.map((row) => toSafeInteger(row.sim_key));
  }

  /** These SIMs, and after them all that share a pool with one of them at some time of the span. */
  async together(
    manager: EntityManager,
    span: { from: number; to: number },
    simKeys: readonly number[],
  ): Promise<number[]> {
    const rows = await manager.query<{ sim_key: string }[]>(
      `WITH RECURSIVE wide (sim_key) AS (
         SELECT unnest($3::bigint[])
         UNION
         SELECT o.sim_key FROM wide w
         JOIN sim_group_member m ON m.sim_key = w.sim_key AND ${IN_SPAN('m')}
         JOIN sim_group_member o ON o.group_key = m.group_key AND ${IN_SPAN('o')}
       )
       SELECT sim_key FROM wide WHERE sim_key <> ALL ($3::bigint[]) ORDER BY sim_key`,
      [new Date(span.from), new Date(span.to), simKeys],
    );
    return [...simKeys, ...rows.map((row) => toSafeInteger(row.sim_key))];
  }

  /**
   * Segments of the calendar for these SIMs within the span, ordered by SIM and time; touching ones of one version are
   * one, but for where a SIM enters or leaves a group.
   */
  async segments(
    manager: EntityManager,
    calendar: BillingCalendar,
    span: { from: number; to: number },
    simKeys: readonly number[],
  ): Promise<PlanSegment[]> {
    const rows = await manager.query<SegmentRow[]>(
      `SELECT * FROM (${SEGMENTS} ${OF_CALENDAR} AND s.sim_key = ANY($6::bigint[])) g
       WHERE starts_at < ends_at ORDER BY sim_key, starts_at`,
      [...spanValues(calendar, span), simKeys],
    );
    const merged = touchingAsOne(rows);
    const memberships = await this.memberships(manager, span, simKeys);
    if (memberships.size === 0) return merged;
    return merged.flatMap((segment) => splitByPool(segment, memberships.get(segment.simKey) ?? []));
  }

  /**
   * Segments of these SIMs within the span, whatever their calendar, which each of them names. For what does not look
   * at pools: groups are left out.
   */
  async everySegment(
    manager: EntityManager,
    span: { from: number; to: number },
    simKeys: readonly number[],
  ): Promise<(PlanSegment & { calendar: BillingCalendar })[]> {
    type Row = SegmentRow & { calendar: BillingCalendar };
    const between = [new Date(span.from), new Date(span.to)];
    // One SIM is asked for again and again, and found by the same plan whichever it is.
    const rows =
      simKeys.length === 1
        ? await queryPrepared<Row>(manager, everySegmentOf('s.sim_key = $3::bigint'), [
            ...between,
            simKeys[0],
          ])
        : await manager.query<Row[]>(everySegmentOf('s.sim_key = ANY($3::bigint[])'), [...between, simKeys]);
    const calendars = new Map(rows.map((row) => [row.plan_version_id, row.calendar]));
    return touchingAsOne(rows).flatMap((segment) => {
      const calendar = calendars.get(segment.planVersionId);
      return calendar === undefined ? [] : [{ ...segment, calendar }];
    });
  }

  private async memberships(
    manager: EntityManager,
    span: { from: number; to: number },
    simKeys: readonly number[],
  ): Promise<Map<number, Membership[]>> {
    const rows = await manager.query<
      {
        sim_key: string;
        code: string;
        pool_octets: string | null;
        starts_at: Date;
        ends_at: Date | null;
      }[]
    >(
      `SELECT m.sim_key, g.code, g.pool_octets, m.starts_at, m.ends_at
       FROM sim_group_member m JOIN sim_group g USING (group_key)
       WHERE m.sim_key = ANY($3::bigint[]) AND ${IN_SPAN('m')} ORDER BY m.sim_key, m.starts_at`,
      [new Date(span.from), new Date(span.to), simKeys],
    );
    const found = new Map<number, Membership[]>();
    for (const row of rows) {
      const simKey = toSafeInteger(row.sim_key);
      const list = found.get(simKey) ?? [];
      list.push({
        code: row.code,
        octets: row.pool_octets === null ? null : BigInt(row.pool_octets),
        from: row.starts_at.getTime(),
        to: row.ends_at?.getTime() ?? Infinity,
      });
      found.set(simKey, list);
    }
    return found;
  }

  async versions(manager: EntityManager, ids: readonly number[]): Promise<RatedVersion[]> {
    return manager.query<RatedVersion[]>(
      `SELECT v.id, p.code AS "planCode", v.version, v.terms
       FROM plan_version v JOIN plan p USING (plan_key) WHERE v.id = ANY($1::integer[])`,
      [ids],
    );
  }
}

/** `rows` are ordered by SIM and time. */
function touchingAsOne(rows: readonly SegmentRow[]): PlanSegment[] {
  const merged: PlanSegment[] = [];
  for (const row of rows) {
    const segment = {
      simKey: toSafeInteger(row.sim_key),
      planVersionId: row.plan_version_id,
      from: row.starts_at.getTime(),
      to: row.ends_at.getTime(),
    };
    const last = merged.at(-1);
    const touches =
      last?.simKey === segment.simKey &&
      last.planVersionId === segment.planVersionId &&
      last.to === segment.from;
    if (touches) last.to = segment.to;
    else merged.push(segment);
  }
  return merged;
}

function splitByPool(segment: PlanSegment, memberships: readonly Membership[]): PlanSegment[] {
  const parts: PlanSegment[] = [];
  let from = segment.from;
  for (const { code, octets, ...member } of memberships) {
    const start = Math.max(from, member.from);
    const end = Math.min(segment.to, member.to);
    if (start >= end) continue;
    if (from < start) parts.push({ ...segment, from, to: start });
    parts.push({ ...segment, from: start, to: end, pool: { code, octets } });
    from = end;
  }
  if (from < segment.to) parts.push({ ...segment, from });
  return parts;
}

function spanValues(calendar: BillingCalendar, span: { from: number; to: number }): unknown[] {
  return [new Date(span.from), new Date(span.to), calendar.timeZone, calendar.anchorDay, calendar.currency];
}
