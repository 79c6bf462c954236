import { FlowRecords, isBlurred, type EpochEnd, type Tally } from '../capture/index.js';
import { hourOf } from './aggregate.js';
import type { AccountDelta } from './ledger.repository.js';

/** What was lost before it could be counted, and octets of uncertain hour: accounts that no octet is balanced with. */
export const GAPS = {
  numbered: 'sequence_numbered',
  missed: 'sequence_missed',
  late: 'sequence_late',
  socketDrops: 'socket_dropped',
  hourBlurred: 'hour_blurred',
} as const;

/** The rows of the named accounts for an epoch: what was seen, each outcome, each note, each gap. Zeros are left out. */
export function accountsOf(end: EpochEnd): AccountDelta[] {
  const { seen, outcomes, notes } = end.counters;
  const { numbered = 0, missed = 0, late = 0 } = end.sequences ?? {};
  const packets = (count: number): Tally => ({ packets: count, octets: 0 });
  return rowsOf(hourOf(end.openedTime), {
    seen,
    ...outcomes,
    ...notes,
    [GAPS.numbered]: packets(numbered),
    [GAPS.missed]: packets(missed),
    [GAPS.late]: packets(late),
    [GAPS.socketDrops]: packets(end.socketDrops ?? 0),
  });
}

/** What of packed flow records lies in two hours, on the hours in which it is metered. */
export function blurredOf(bytes: Buffer): AccountDelta[] {
  const flows = new FlowRecords(bytes);
  const hours = new Map<number, Tally>();
  for (let index = 0; index < flows.length; index += 1) {
    if (!isBlurred(flows, index)) continue;
    const hour = hourOf(flows.firstTime(index));
    const sum = hours.get(hour) ?? { packets: 0, octets: 0 };
    sum.packets += flows.packetsUp(index) + flows.packetsDown(index);
    sum.octets += flows.octetsUp(index) + flows.octetsDown(index);
    hours.set(hour, sum);
  }
  return [...hours].flatMap(([hour, sum]) => rowsOf(hour, { [GAPS.hourBlurred]: sum }));
}

function rowsOf(hour: number, tallies: Readonly<Record<string, Tally>>): AccountDelta[] {
  return Object.entries(tallies)
    .filter(([, tally]) => tally.packets !== 0 || tally.octets !== 0)
    .map(([account, tally]) => ({ hour, account, packets: tally.packets, octets: tally.octets }));
}

/** In the order of the rows' key, so that writers that add to the same rows lock them in the same order. */
export function inKeyOrder(rows: AccountDelta[]): AccountDelta[] {
  return rows.sort((a, b) => a.hour - b.hour || (a.account < b.account ? -1 : 1));
}
