import type { AirStats } from './shapes.js';
import type { CompareSettings } from './settings.js';

export const DAY_MS = 86_400_000;
/** SORACOM's statistics and the ledger are complete by then. */
const SETTLED_MS = 3 * 3_600_000;

/** One UTC day of a SIM. Octets of both directions. */
export interface ComparedDay {
  simId: string;
  /** UNIX milliseconds of the start of the UTC day. */
  day: number;
  /** On the SIM's account. */
  mirrorOctets: bigint;
  /** In suspense under an address that a session of the SIM held for a part of the time; not in the ratio. */
  waitingOctets: bigint;
  soracomOctets: bigint;
  /** The ratio is outside the band of the account. */
  outside: boolean;
}

/** Octets by start of the UTC day (UNIX milliseconds), all speed classes. */
export function octetsByDay(stats: readonly AirStats[]): Map<number, bigint> {
  const days = new Map<number, bigint>();
  for (const { unixtime, dataTrafficStatsMap } of stats) {
    const day = startOfDay(unixtime * 1000);
    let octets = days.get(day) ?? 0n;
    for (const { uploadByteSizeTotal, downloadByteSizeTotal } of Object.values(dataTrafficStatsMap ?? {})) {
      octets += BigInt(uploadByteSizeTotal) + BigInt(downloadByteSizeTotal);
    }
    days.set(day, octets);
  }
  return days;
}

/** Whether a day's two figures are further apart than the band allows. Exact: no ratio is rounded for it. */
export function isOutside(mirror: bigint, soracom: bigint, settings: CompareSettings): boolean {
  const { leastOctets, leastPerMillion, mostPerMillion } = settings;
  if (mirror < leastOctets && soracom < leastOctets) return false;
  const scaled = mirror * 1_000_000n;
  return scaled < soracom * leastPerMillion || scaled > soracom * mostPerMillion;
}

/** mirror / SORACOM as decimal text of four places, rounded half up; null where SORACOM has nothing. */
export function ratioText(mirror: bigint, soracom: bigint): string | null {
  if (soracom === 0n || mirror < 0n) return null;
  const scaled = (mirror * 20_000n + soracom) / (2n * soracom);
  return `${scaled / 10_000n}.${String(scaled % 10_000n).padStart(4, '0')}`;
}

export function startOfDay(time: number): number {
  return Math.floor(time / DAY_MS) * DAY_MS;
}

/** Start of the latest UTC day that is over and settled. */
export function lastSettledDay(now: number): number {
  return startOfDay(now - SETTLED_MS) - DAY_MS;
}

/** YYYY-MM-DD of the UTC day. */
export function dayText(day: number): string {
  return new Date(day).toISOString().slice(0, 10);
}
