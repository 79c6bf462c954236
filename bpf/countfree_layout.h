/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
/*
 * The shapes that cross from the packet parser to user space. They stand here once: the XDP program, the
 * user-space engine and the addon compile this header, and src/capture/layout.ts is held equal to it by a
 * test over the object's BTF (test/bpf/layout.test.ts).
 *
 * All integers are in host byte order; ports are already converted. Addresses are in network byte order, 16
 * bytes, IPv4 as ::ffff:a.b.c.d; CF_SHAPE_IPV6 in `shape` tells a mapped IPv4 address from an IPv6 packet
 * that uses that range.
 */
#ifndef COUNTFREE_LAYOUT_H
#define COUNTFREE_LAYOUT_H

/* Bump when any record or pinned map below changes shape: a start refuses or migrates pinned maps of another
 * version. */
#define CF_LAYOUT_VERSION 5

/* How precisely a flow record names its flow. A full flow table degrades in these steps, never by losing
 * octets. */
enum cf_step {
    CF_STEP_FLOW = 0,         /* the whole key */
    CF_STEP_ADDRESS_PAIR = 1, /* ports and protocol are 0 */
    CF_STEP_SUBSCRIBER = 2,   /* the peer is 0 too */
    CF_STEP_GLOBAL = 3,       /* only the realm is known */
};
#define CF_SHAPE_STEP_MASK 0x0f
#define CF_SHAPE_IPV6 0x10

struct cf_flow_key {
    __u8 subscriber[16];
    __u8 peer[16];
    __u16 subscriber_port; /* 0 where the protocol has none, and for fragments whose first was not seen */
    __u16 peer_port;
    __u16 realm;   /* index given by user space, 1..65535 */
    __u8 protocol; /* IPFIX protocolIdentifier; for IPv6 the upper-layer protocol */
    __u8 shape;    /* enum cf_step | CF_SHAPE_IPV6 */
};

struct cf_flow_counters {
    __u64 octets_up; /* L3 octets of the inner packet (IPFIX octetDeltaCount) from the subscriber side */
    __u64 octets_down;
    __u64 packets_up;
    __u64 packets_down;
    __u64 first_time; /* kernel: monotonic ns. In records handed to TypeScript: UNIX microseconds */
    __u64 last_time;
};

enum cf_record_kind {
    CF_RECORD_FLOW = 1,
    CF_RECORD_EPOCH_END = 2,
};

/* One flow in one epoch. 96 bytes. */
struct cf_flow_record {
    __u32 kind;  /* CF_RECORD_FLOW */
    __u32 epoch; /* counts up by one for each closed epoch, from 1 */
    struct cf_flow_key key;
    struct cf_flow_counters counters;
};

/*
 * What became of a packet. Exactly one outcome for each packet that the program saw, so packets and octets of
 * all outcomes sum to those seen. Octets are L3 octets where an IP header could be read, else the bytes after
 * the link header.
 */
enum cf_outcome {
    CF_OUTCOME_COUNTED = 0,        /* on one flow record, or on two if both ends are subscribers */
    CF_OUTCOME_NOT_SUBSCRIBER = 1, /* IP, but neither end lies in a subscriber prefix of the realm */
    CF_OUTCOME_NOT_IP = 2,         /* ARP, LLDP, ... */
    CF_OUTCOME_UNSUPPORTED = 3, /* an encapsulation the realm's mirror names but the parser cannot take off */
    CF_OUTCOME_MALFORMED = 4,   /* headers that contradict themselves or end early */
    CF_OUTCOME_OUTER_FRAGMENT =
        5, /* a later fragment of a mirrored packet: the first carried its inner length */
    CF_OUTCOME_COUNT = 6,
};

/* Things worth knowing that are no outcome: a packet may have none or several. */
enum cf_note {
    CF_NOTE_BOTH_SUBSCRIBERS = 0, /* counted for both ends: octets on flow records = counted + these */
    CF_NOTE_TRUNCATED = 1, /* the IP header claims more than the packet holds: what is there was counted */
    CF_NOTE_INNER_FRAGMENT = 2, /* a later inner fragment; its ports come from the first, or are 0 */
    CF_NOTE_STEP_ADDRESS_PAIR = 3,
    CF_NOTE_STEP_SUBSCRIBER = 4,
    CF_NOTE_STEP_GLOBAL = 5,
    CF_NOTE_HELLO = 6, /* handed to the hello ring */
    CF_NOTE_HELLO_DROPPED =
        7, /* hello ring full or rate limit reached: the octets are counted all the same */
    CF_NOTE_NO_MIRROR =
        8, /* of no realm's mirror, e.g. the host's own: such a packet is never a subscriber's */
    CF_NOTE_COUNT = 9,
};

struct cf_tally {
    __u64 packets;
    __u64 octets;
};

/* What sequence numbers of mirrored packets say, over all senders: see SequenceCounts in
 * src/capture/types.ts. */
struct cf_sequences {
    __u64 numbered; /* packets that carried a number */
    __u64 missed;   /* numbers that were skipped */
    __u64 late;     /* packets with a number that had been passed */
};

/* Stands after the flow records of its epoch. */
struct cf_epoch_end_record {
    __u32 kind; /* CF_RECORD_EPOCH_END */
    __u32 epoch;
    __u64 opened_time; /* as the times in cf_flow_counters */
    __u64 closed_time;
    struct cf_tally seen;
    struct cf_tally outcomes[CF_OUTCOME_COUNT];
    struct cf_tally notes[CF_NOTE_COUNT];
    struct cf_sequences sequences;
};

enum cf_hello_kind {
    CF_HELLO_TLS =
        1, /* TCP payload that starts a TLS handshake record with a ClientHello, or goes on with one */
    CF_HELLO_DNS = 2,  /* DNS answer: UDP or TCP from port 53 to the subscriber */
    CF_HELLO_HTTP = 3, /* TCP payload that starts with an HTTP request method */
    CF_HELLO_QUIC = 4, /* UDP payload that starts with a QUIC long header of type Initial, or a gQUIC CHLO */
};

#define CF_HELLO_MAX_PAYLOAD 1536

/* The payload follows, padded so that the next record starts on a multiple of 8. */
struct cf_hello_record {
    __u32 length;         /* of header, payload and padding */
    __u8 kind;            /* enum cf_hello_kind */
    __u8 uplink;          /* 1: from the subscriber side */
    __u16 payload_octets; /* bytes that follow */
    __u32 payload_total;  /* bytes the segment or datagram had on the wire */
    __u32 tcp_sequence;   /* of the first payload byte; 0 for UDP */
    __u64 time;
    struct cf_flow_key key;
};

#ifdef __cplusplus
static_assert(sizeof(cf_flow_key) == 40, "cf_flow_key");
static_assert(sizeof(cf_flow_record) == 96, "cf_flow_record");
static_assert(sizeof(cf_epoch_end_record) == 48 + 16 * (1 + CF_OUTCOME_COUNT + CF_NOTE_COUNT),
              "cf_epoch_end_record");
static_assert(sizeof(cf_hello_record) == 64, "cf_hello_record");
#else
_Static_assert(sizeof(struct cf_flow_key) == 40, "cf_flow_key");
_Static_assert(sizeof(struct cf_flow_record) == 96, "cf_flow_record");
_Static_assert(sizeof(struct cf_epoch_end_record) == 48 + 16 * (1 + CF_OUTCOME_COUNT + CF_NOTE_COUNT),
               "cf_epoch_end_record");
_Static_assert(sizeof(struct cf_hello_record) == 64, "cf_hello_record");
#endif

#endif
