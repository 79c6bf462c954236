import type { EpochCounters } from './records.js';

/** Which mirror a realm takes off, once. A tunnel that no realm claims is ordinary traffic (design: section 4). */
export type MirrorType = 'none' | 'gre' | 'vxlan' | 'gtpu' | 'ipip';

export interface RealmMirror {
  type: MirrorType;
  /** Outer source address; absent = any. */
  outerSource?: string;
  /** Outer destination address; absent = any. */
  outerDestination?: string;
  /** GRE key, VNI or TEID; absent = any, also none. */
  key?: number;
}

/** One address space as the engines know it. */
export interface RealmConfig {
  /** 1..65535, unique among the realms of one engine. */
  index: number;
  name: string;
  mirror: RealmMirror;
  /** CIDR texts, IPv4 and IPv6. */
  subscriberPrefixes: string[];
}

/**
 * What capture hands to the stages after it, in order. Everything that stands in one batch is committed to the ledger
 * together or not at all; (source, generation, sequence) names the batch for ever, so a second delivery changes nothing.
 */
export interface CaptureBatch {
  /** Configured name of the capture point, e.g. `tokyo-1:eth1` or `file:sha256`. */
  source: string;
  /** Identity of the kernel maps (or of the reading of a file) that `sequence` counts within. 32 hex digits. */
  generation: string;
  /** Position of the batch in its generation; grows strictly. */
  sequence: bigint;
  /** Hello records, packed (readHellos); all were seen before the flow records below were closed. May be empty. */
  hellos: Buffer;
  /** Flow records, packed (FlowRecords), of one epoch. May be empty. */
  flows: Buffer;
  /** Present on the batch that ends an epoch. */
  epochEnd?: EpochEnd;
}

export interface EpochEnd {
  epoch: number;
  /** UNIX microseconds. */
  openedTime: number;
  closedTime: number;
  counters: EpochCounters;
  /** As the engine told it; absent from one that does not look. */
  sequences?: SequenceCounts;
  /** Packets that found no room in the ring of the packet socket, since the epoch's end before; absent = 0. */
  socketDrops?: number;
}

/**
 * What the sequence numbers of mirrored packets (GRE with the S bit, RFC 2890) say of one epoch, over all senders. What
 * was lost on the way is `missed - late`, if that is more than 0: a packet that arrives behind a later one is first
 * missed, then late, perhaps in the epoch after.
 */
export interface SequenceCounts {
  /** Packets that carried a number. */
  numbered: number;
  /** Numbers that were skipped. A jump of more than 65,536 either way is a sender that started anew. */
  missed: number;
  /** Packets with a number that had been passed already: reordered, or sent twice. */
  late: number;
}
