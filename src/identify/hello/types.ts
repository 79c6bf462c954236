/** Which kind of hello a name came from; also the evidence of a decision that rests on it. */
export type ClaimKind = 'sni' | 'quic_sni' | 'http_host';

/**
 * How far a claimed name can be relied on. `plain`: the destination's own name, as far as the sender tells the truth.
 * `front`: the outer name of an encrypted ClientHello (ECH, ESNI), which says nothing about the destination.
 * `ambiguous`: recognised, but receivers could read it in two ways (two Host headers, CONNECT, an absolute URI, folded
 * header lines, bytes sent twice with different content): billed.
 */
export type Standing = 'plain' | 'front' | 'ambiguous';

/** A destination name that a flow claims. */
export interface NameClaim {
  kind: ClaimKind;
  /** Lower case, without port and final dot; null where the hello names none (or none that is a host name). */
  name: string | null;
  standing: Standing;
  /** An IP address stood where a name belongs: shown, never matched. */
  literal: string | null;
}

export function plainClaim(kind: ClaimKind, name: string | null, standing: Standing = 'plain'): NameClaim {
  return { kind, name, standing, literal: null };
}
