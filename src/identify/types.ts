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
  | { kind: 'sim'; simKey: number; sessionId: number }
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
