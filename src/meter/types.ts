import type { Decision, Evidence } from '../identify/index.js';
import type { Certainty } from './dry-run.js';

/** Why octets were taken for a service, and where: what explains a bucket. */
export interface UsageReason extends Decision {
  /** Mobile country code (ITU-T E.212) of the visited network; null or absent = unknown. */
  mcc?: string | null;
}

/** Hour buckets of a set of SIMs, as rating reads them. Octets are exact; a SIM without usage has no row. */
export interface UsageRow {
  simKey: number;
  /** UNIX milliseconds of the start of the UTC hour. */
  hour: number;
  /** Null: no service matched (billed). With evidence `sni_unverified` it is null too. */
  serviceCode: string | null;
  serviceVersionId: number | null;
  evidence: Evidence;
  /** The rule that fired, e.g. `line.me` or `147.92.128.0/17 udp 10001-30000`. */
  rule: string | null;
  /** Mobile country code of the visited network; null = unknown. */
  mcc: string | null;
  octetsUp: bigint;
  octetsDown: bigint;
  packetsUp: bigint;
  packetsDown: bigint;
  /** Under draft rules: how sure `serviceCode` is. Absent: it is as it was recognised. */
  certainty?: Certainty;
}

/** Hours of one SIM, UNIX milliseconds: from inclusive, to exclusive. */
export interface UsageSpan {
  simKey: number;
  from: number;
  to: number;
}

/** Usage of one reason, summed over the hours of a span. */
export interface UsageSpanRow extends Pick<
  UsageRow,
  'serviceCode' | 'serviceVersionId' | 'evidence' | 'rule' | 'mcc' | 'octetsUp' | 'octetsDown' | 'certainty'
> {
  /** Index of the span that was asked for. */
  span: number;
  /** First and last hour with usage, UNIX milliseconds. */
  firstHour: number;
  lastHour: number;
}

/** Packets and octets that are not on a SIM's account. */
export interface AccountTotal {
  account: string;
  packets: bigint;
  octets: bigint;
}

/**
 * Promise 1, as numbers: `seen` is what the capture engines saw, and every octet of it is on exactly one of the lines.
 * `difference` is 0 unless something is broken.
 */
export interface Conservation {
  seen: { packets: bigint; octets: bigint };
  /** Outcomes other than counted: not_subscriber, not_ip, unsupported, malformed, outer_fragment. */
  accounts: AccountTotal[];
  /** Octets on SIM accounts. */
  usageOctets: bigint;
  /** Octets of addresses that no session held, not bound yet. */
  suspenseOctets: bigint;
  /** Octets counted for both ends because both were subscribers: they are on two lines by design. */
  bothSubscribersOctets: bigint;
  /** seen + bothSubscribers - accounts - usage - suspense. */
  difference: bigint;
}

/** How complete the usage of a time span is: what a statement says of itself. */
export interface Completeness {
  /** Of addresses that no session held, not bound yet. */
  suspenseOctets: bigint;
  /** Packets that a full flow table counted at any of the three coarser steps. */
  blurredPackets: bigint;
  /** Their octets by step: both addresses known but no ports, the subscriber alone, nothing but the amount. */
  addressPairOctets: bigint;
  subscriberOctets: bigint;
  globalOctets: bigint;
  /** Octets whose records lie in two hours; they are metered in the first. */
  hourBlurredOctets: bigint;
  malformedOctets: bigint;
  unsupportedOctets: bigint;
  /** Mirrored packets with a sequence number: only among these does it show what was lost on the way. */
  numberedPackets: bigint;
  /** Numbers that never came: skipped less late, not below 0, by capture point. */
  lostPackets: bigint;
  /** Packets that came, and that the packet socket dropped. */
  droppedPackets: bigint;
  /** Hellos that found no room: flows that may have stayed without a name. Their octets are counted. */
  droppedHellos: bigint;
}
