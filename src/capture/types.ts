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
}
