/**
 * Offsets and enums of bpf/countfree_layout.h, in bytes. test/bpf/layout.test.ts holds them equal to the BTF of the
 * compiled object, so change the header first.
 */
export const LAYOUT_VERSION = 5;

export const FLOW_KEY_BYTES = 40;
export const FLOW_KEY = {
  subscriber: 0,
  peer: 16,
  subscriber_port: 32,
  peer_port: 34,
  realm: 36,
  protocol: 38,
  shape: 39,
} as const;

export const FLOW_RECORD_BYTES = 96;
export const FLOW_RECORD = {
  kind: 0,
  epoch: 4,
  key: 8,
  octets_up: 48,
  octets_down: 56,
  packets_up: 64,
  packets_down: 72,
  first_time: 80,
  last_time: 88,
} as const;

export const HELLO_HEADER_BYTES = 64;
export const HELLO_RECORD = {
  length: 0,
  kind: 4,
  uplink: 5,
  payload_octets: 6,
  payload_total: 8,
  tcp_sequence: 12,
  time: 16,
  key: 24,
} as const;

/** How precisely a flow record names its flow (enum cf_step). */
export const STEPS = ['flow', 'address_pair', 'subscriber', 'global'] as const;
export type Step = (typeof STEPS)[number];
export const SHAPE_STEP_MASK = 0x0f;
export const SHAPE_IPV6 = 0x10;

/** enum cf_outcome, in order: exactly one for each packet. */
export const OUTCOMES = [
  'counted',
  'not_subscriber',
  'not_ip',
  'unsupported',
  'malformed',
  'outer_fragment',
] as const;
export type Outcome = (typeof OUTCOMES)[number];

/** enum cf_note, in order: none or several for each packet. */
export const NOTES = [
  'both_subscribers',
  'truncated',
  'inner_fragment',
  'step_address_pair',
  'step_subscriber',
  'step_global',
  'hello',
  'hello_dropped',
  'no_mirror',
] as const;
export type Note = (typeof NOTES)[number];

export const HELLO_KINDS = { tls: 1, dns: 2, http: 3, quic: 4 } as const;
export type HelloKind = keyof typeof HELLO_KINDS;
