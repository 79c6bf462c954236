/**
 * Why a flow was taken for a service. `sni_unverified`: a name was claimed (SNI, Host, QUIC) that the address does not
 * bear out, so it is billed. `none`: nothing matched.
 */
export const EVIDENCES = ['none', 'prefix', 'dns', 'sni', 'quic_sni', 'http_host', 'sni_unverified'] as const;
export type Evidence = (typeof EVIDENCES)[number];

/** What identification says of a flow: one flow, one decision, with its reason. */
export interface Decision {
  /** Null: no service. With evidence `sni_unverified` it is null too, and `claimedServiceCode` says what was claimed. */
  serviceVersionId: number | null;
  serviceCode: string | null;
  claimedServiceCode: string | null;
  evidence: Evidence;
  /** The rule that fired: the matching domain name rule or prefix (with ports); null when none did. */
  rule: string | null;
  /** The name seen, where the SIM's consent covers it; else null. */
  name: string | null;
  /** True where name and address agree (see EvidencePolicy); null where no name was claimed. */
  agreed: boolean | null;
}

/** Whose usage it is: a SIM's, or of an address that no SIM holds (yet). */
export type UsageAccount =
  | {
      kind: 'sim';
      simKey: number;
      sessionId: number;
      /** Mobile country code of the network that the session was in; null or absent = unknown. */
      mcc?: string | null;
    }
  | { kind: 'suspense'; realmIndex: number; address: string };

/**
 * One flow record of one epoch, identified. Octets may be negative: a flow that is recognised late takes its earlier
 * octets along, so its old decision gets minus what its new one gets plus.
 */
export interface UsageEntry {
  account: UsageAccount;
  decision: Decision;
  octetsUp: number;
  octetsDown: number;
  packetsUp: number;
  packetsDown: number;
  /** UNIX microseconds of the first and last packet. */
  firstTime: number;
  lastTime: number;
}

/** A name that was seen for a flow, for showing. */
export interface FlowName {
  /** Host name, or the IP address that stood in its place. */
  name: string;
  evidence: 'sni' | 'quic_sni' | 'http_host' | 'dns';
  /**
   * `front`: the outer name of an encrypted hello, never matched; `ambiguous`: receivers could read the hello in two
   * ways, so it is billed.
   */
  standing: 'plain' | 'front' | 'ambiguous';
}

/** Is given each flow record's place in the batch, its own decision, and the names seen for its flow so far. */
export type FlowVisitor = (
  index: number,
  account: UsageAccount,
  decision: Decision,
  names: readonly FlowName[],
) => void;

/** What identification did and holds. Counts grow from the start of the process. */
export interface IdentifierStats {
  records: number;
  /** Records that were decided anew; the others took their flow's decision. */
  decided: number;
  hellos: number;
  /** Hellos that nobody may look at, or that belong to no session. */
  withoutConsent: number;
  withoutSession: number;
  /** Bytes of hellos that wait for the session of their address. */
  octetsWaiting: number;
  /** DNS answers from resolvers that are not trusted. */
  untrustedAnswers: number;
  /** Octets that changed their decision because their flow was recognised late. */
  movedOctets: number;
  catalogueRevision: number;
  /** Catalogue rules and sessions that could not be read and were left out. */
  skippedRules: number;
  skippedSessions: number;
  sessions: number;
  sessionRevision: number;
  flows: number;
  /** Flows given up because the memory was full, and because they had no packets for long. */
  flowsEvicted: number;
  flowsExpired: number;
  dnsEntries: number;
  dnsEvicted: number;
  helloReads: { read: number; incomplete: number; unreadable: number };
  /** Hellos being put together, the bytes held for them, and how many were given up. */
  heldFlows: number;
  heldOctets: number;
  heldDropped: number;
}
