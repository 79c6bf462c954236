import { Temporal } from 'temporal-polyfill';
import { formatInstant, Refusal } from '../shared/index.js';

/** What fixes the edges of billing periods. SIMs on plans of one calendar are closed together. */
export interface Calendar {
  /** IANA name, e.g. `Asia/Tokyo`. */
  timeZone: string;
  /** Day of the month on which a period starts, 1..31; a shorter month starts it on its last day. */
  anchorDay: number;
}

/** One billing period: from the first instant of its first local day to that of the next period's. */
export interface Period {
  /** Month in which it starts, `YYYY-MM`. */
  month: string;
  /** UNIX milliseconds, inclusive. */
  from: number;
  /** UNIX milliseconds, exclusive. */
  to: number;
}

/** Usage is kept by the UTC hour. */
export const HOUR_MS = 3_600_000;

const MONTH = /^(\d{4})-(0[1-9]|1[0-2])$/;

/** Node's own list still holds names that the IANA database has dropped, and Postgres does not know. */
const DROPPED_ZONES = /^(SystemV\/|US\/Pacific-New$)/i;

export function isTimeZone(name: string): boolean {
  return zoneNamed(name) === name;
}

/**
 * The zone of the IANA database that is meant, as the database writes it: another writing would be another calendar. Null: none.
 */
export function zoneNamed(name: string): string | null {
  // Offsets such as +09:00 and abbreviations such as JST are no zones of the IANA database.
  if (name.toUpperCase() !== 'UTC' && !name.includes('/')) return null;
  if (DROPPED_ZONES.test(name)) return null;
  try {
    return new Temporal.ZonedDateTime(0n, name).timeZoneId;
  } catch {
    return null;
  }
}

/** The period that starts in a month `YYYY-MM`. Throws a {@link Refusal} for anything else. */
export function periodOfMonth(calendar: Calendar, month: string): Period {
  if (!MONTH.test(month)) {
    const detail = 'write a month as YYYY-MM, such as 2026-10';
    throw new Refusal('invalid', `"${month}" is not a month: ${detail}.`, [{ pointer: '/month', detail }]);
  }
  const start = Temporal.PlainYearMonth.from(month);
  return {
    month,
    from: edge(calendar, start),
    to: edge(calendar, start.add({ months: 1 })),
  };
}

/** The period that an instant (UNIX milliseconds) lies in. */
export function periodAt(calendar: Calendar, instant: number): Period {
  const local = Temporal.Instant.fromEpochMilliseconds(instant)
    .toZonedDateTimeISO(calendar.timeZone)
    .toPlainDate()
    .toPlainYearMonth();
  const same = periodOfMonth(calendar, local.toString());
  return instant >= same.from ? same : periodOfMonth(calendar, local.subtract({ months: 1 }).toString());
}

/**
 * Refuses an instant at which a period may not be split. Usage is kept by the UTC hour, so it is the start of one; or of a
 * day in one of the zones, which begins within an hour where the offset is no whole one (+05:30), as periods there do. An hour
 * belongs to the stretch that its start lies in.
 */
export function refuseWithinHour(instant: number, timeZones: readonly string[], pointer: string): void {
  const detail = withinHour(instant, timeZones);
  if (detail !== null)
    throw new Refusal('invalid', `${formatInstant(instant)} ${detail}.`, [{ pointer, detail }]);
}

/** What is wrong with splitting a period at an instant; null: nothing. */
export function withinHour(instant: number, timeZones: readonly string[]): string | null {
  if (instant % HOUR_MS === 0) return null;
  const nextHour = Math.ceil(instant / HOUR_MS) * HOUR_MS;
  const days = timeZones.flatMap((timeZone) => {
    const local = Temporal.Instant.fromEpochMilliseconds(instant).toZonedDateTimeISO(timeZone);
    return [local.startOfDay(), local.add({ days: 1 }).startOfDay()].map((day) => day.epochMilliseconds);
  });
  if (days.includes(instant)) return null;
  const next = Math.min(nextHour, ...days.filter((day) => day > instant));
  return `is no whole hour (UTC), and usage is kept by the hour; the next ${next === nextHour ? 'is' : 'start of a local day is'} ${formatInstant(next)}`;
}

function edge(calendar: Calendar, month: Temporal.PlainYearMonth): number {
  const day = Math.min(calendar.anchorDay, month.daysInMonth);
  // Without a time of day this is the first instant of the day, also where midnight does not exist (daylight saving).
  return month.toPlainDate({ day }).toZonedDateTime({ timeZone: calendar.timeZone }).epochMilliseconds;
}

/** Local wall clock of instants in one zone; remembers whole hours, as Temporal takes tens of microseconds each. */
export class LocalClock {
  private readonly hours = new Map<number, { day: number; hour: number; weekday: number }>();

  constructor(private readonly timeZone: string) {}

  /** `day` counts days since 1970-01-01 on the local calendar; `weekday` is 1 (Monday) to 7. */
  at(instant: number): { day: number; hour: number; weekday: number } {
    const known = this.hours.get(instant);
    if (known !== undefined) return known;
    const local = Temporal.Instant.fromEpochMilliseconds(instant).toZonedDateTimeISO(this.timeZone);
    const reading = {
      day: Math.floor(Date.UTC(local.year, local.month - 1, local.day) / 86_400_000),
      hour: local.hour,
      weekday: local.dayOfWeek,
    };
    if (this.hours.size >= 20_000) this.hours.clear();
    this.hours.set(instant, reading);
    return reading;
  }

  /** Local date, `YYYY-MM-DD`. */
  date(instant: number): string {
    return new Date(this.at(instant).day * 86_400_000).toISOString().slice(0, 10);
  }
}
