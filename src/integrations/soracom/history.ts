import { formatPrefix, parseAddress } from '../../shared/index.js';
import type { SessionEvent, SoracomStatus } from './shapes.js';

/** One time that a SIM held an address. UNIX milliseconds; end exclusive, null = it still does. */
export interface Held {
  realm: string;
  /** CIDR text of one address. */
  prefix: string;
  startTime: number;
  endTime: number | null;
  dnsServers: string[];
  /** Mobile country code of the visited network; absent = not told. */
  mcc?: string | undefined;
}

export interface HistoryInput {
  /** By time. */
  events: readonly SessionEvent[];
  /** Open before the first event, from an earlier look; its own beginning may be older than the history. */
  open: readonly Held[];
  /** The SIM's status when the events were read. */
  status: SoracomStatus | null | undefined;
  /** VPG id → realm; sessions of other VPGs are not mirrored here. */
  realms: ReadonlyMap<string, string>;
}

/**
 * The times that a SIM held an address, from its session events. A session ends where the SIM changes network; one without a Deleted ends where the next one of the SIM begins,
 * or, for a SIM that is offline, where its status last changed.
 */
export function heldFrom({ events, open, status, realms }: HistoryInput): Held[] {
  const held: Held[] = open.map((one) => ({ ...one }));
  let current = held.at(-1);
  const end = (time: number) => {
    if (current === undefined) return;
    if (time > current.startTime) current.endTime = time;
    // Begun and ended in the same millisecond: nothing was sent in it.
    else held.splice(held.indexOf(current), 1);
    current = undefined;
  };
  for (const event of events) {
    if (current !== undefined && event.time < current.startTime) continue;
    if (event.event === 'Deleted') {
      if (current === undefined) current = push(held, event, realms);
      end(event.time);
      continue;
    }
    // A change within a session that began before the history: it held the address since its creation.
    const isMidway = event.event === 'Modified' && current === undefined;
    const next = toHeld(event, realms, isMidway ? createdBy(event, held) : event.time);
    if (current !== undefined && next !== undefined && isSame(current, next, event)) {
      current.mcc ??= next.mcc;
      continue;
    }
    end(event.time);
    if (next === undefined) continue;
    held.push(next);
    current = next;
  }
  const offlineSince = status?.online === false ? status.lastUpdatedAt : undefined;
  if (offlineSince !== undefined && current !== undefined && offlineSince > current.startTime)
    end(offlineSince);
  else if (status?.online === true && current === undefined) pushStatus(held, status, realms);
  return held;
}

/** When the session of an event was created, as far as it is told; not before the one before it ended. */
function createdBy({ time, createdTime = time }: SessionEvent, held: readonly Held[]): number {
  return Math.min(time, Math.max(createdTime, held.at(-1)?.endTime ?? 0));
}

function isSame(current: Held, next: Held, event: SessionEvent): boolean {
  if (current.realm !== next.realm || current.prefix !== next.prefix) return false;
  // A session is of one network.
  if ((current.mcc ?? next.mcc) !== (next.mcc ?? current.mcc)) return false;
  return event.event === 'Modified' || current.startTime === next.startTime;
}

function push(held: Held[], event: SessionEvent, realms: ReadonlyMap<string, string>): Held | undefined {
  const startTime = createdBy(event, held);
  const one = startTime < event.time ? toHeld(event, realms, startTime) : undefined;
  if (one !== undefined) held.push(one);
  return one;
}

/** Online, and nothing in the history: the session is older than that, or its event is still to come. */
function pushStatus(held: Held[], status: SoracomStatus, realms: ReadonlyMap<string, string>): void {
  const { ueIpAddress, vpgId, dnsServers = [], lastUpdatedAt } = status;
  const startTime = Math.max(lastUpdatedAt ?? 0, held.at(-1)?.endTime ?? 0);
  const place = placeOf(ueIpAddress, vpgId, realms);
  if (place === undefined || startTime === 0) return;
  held.push({ ...place, startTime, endTime: null, dnsServers: resolvers(dnsServers), mcc: status.cell?.mcc });
}

function toHeld(
  event: SessionEvent,
  realms: ReadonlyMap<string, string>,
  startTime: number,
): Held | undefined {
  const place = placeOf(event.ueIpAddress, event.vpgId, realms);
  return (
    place && {
      ...place,
      startTime,
      endTime: null,
      dnsServers: resolvers([event.dns0, event.dns1]),
      mcc: event.cell?.mcc,
    }
  );
}

function placeOf(
  address: string | undefined,
  vpgId: string | undefined,
  realms: ReadonlyMap<string, string>,
) {
  const realm = realms.get(vpgId ?? '');
  const parsed = parseAddress(address ?? '');
  if (realm === undefined || parsed === undefined) return undefined;
  return { realm, prefix: formatPrefix({ ...parsed, length: parsed.family === 4 ? 32 : 128 }) };
}

function resolvers(addresses: readonly (string | undefined)[]): string[] {
  const good = addresses.filter((text): text is string => parseAddress(text ?? '') !== undefined);
  return [...new Set(good)];
}
