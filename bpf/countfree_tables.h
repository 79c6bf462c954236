/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
/*
 * The shapes that the engines keep for themselves: configuration, flow table values, state. Those that live
 * in pinned maps belong to CF_LAYOUT_VERSION. Integers are in host byte order, addresses as in
 * countfree_layout.h.
 */
#ifndef COUNTFREE_TABLES_H
#define COUNTFREE_TABLES_H

#include "countfree_layout.h"

/* How a mirror wraps packets. The FRAGMENT types find later outer fragments, which show addresses but no
 * tunnel header. */
enum cf_mirror_type {
    CF_MIRROR_NONE = 0,
    CF_MIRROR_GRE = 1,
    CF_MIRROR_VXLAN = 2,
    CF_MIRROR_GTPU = 3,
    CF_MIRROR_IPIP = 4,
    CF_MIRROR_FRAGMENT_GRE = 5,
    CF_MIRROR_FRAGMENT_UDP = 6,
    CF_MIRROR_FRAGMENT_IPIP = 7,
    CF_MIRROR_TYPES = 8,
};

/* What a mirror names: bits of cf_mirror_key.mask. Fields that are not named are 0 in the key. */
#define CF_MASK_SOURCE 1
#define CF_MASK_DESTINATION 2
#define CF_MASK_KEY 4
#define CF_MASKS 8

struct cf_mirror_key {
    __u8 type; /* enum cf_mirror_type */
    __u8 mask;
    __u16 slot; /* of the two configurations */
    __u32 key;  /* GRE key, VNI or TEID */
    __u64 source[2];
    __u64 destination[2];
};

struct cf_realm {
    __u32 ranges4_first; /* position among all ranges of the family, both configurations */
    __u32 ranges4_count;
    __u32 ranges6_first;
    __u32 ranges6_count;
    __u16 index;
    __u16 unused[3];
};

/* As user space hands mirrors over (src/capture/realm-table.ts). */
struct cf_mirror_entry {
    struct cf_mirror_key key;
    struct cf_realm realm;
};

/* Subscriber addresses from first to last, inclusive; disjoint and sorted within a realm. */
struct cf_range4 {
    __u32 first;
    __u32 last;
};

struct cf_range6 {
    __u64 first[2]; /* high, low */
    __u64 last[2];
};

#define CF_MAX_MIRRORS 512 /* 256 realms, each with its entry for fragments */
#define CF_MAX_RANGES 65536

/* A record's key in a hash map. Each UNIX hour has records of its own, however long an epoch lasts. */
struct cf_hour_key {
    struct cf_flow_key flow;
    __u64 hour; /* tick that it begins with */
};

#define CF_HOUR_NS 3600000000000ull

struct cf_flow_value {
    struct cf_flow_counters counters; /* times in ticks */
    __u8 watch;                       /* CF_WATCH_... */
    __u8 unused[7];
};

/* Why a record's TCP segments are looked at though they start no hello: */
#define CF_WATCH_EARLY                                                                                       \
    0x0f /* so many more of a connection that was just opened, as one may have overtaken                     \
          */
#define CF_WATCH_FOLLOWED 0x10 /* a hello goes on in them: see struct cf_follow */

/*
 * A flow of IPv4 in one UNIX hour, in one cache line: an element of the table that is tried before the hash
 * maps. It is free as long as `tag` is 0. Who exchanges that for CF_SLOT_CLAIMED writes the key and then the
 * tag; until then others take it for another flow's. Only a drain frees it.
 */
struct cf_slot {
    union {
        struct {
            __u32 tag;        /* the hash, made odd */
            __u32 subscriber; /* as in the packet */
        };
        __u64 tag_and_subscriber;
    };
    union {
        struct {
            __u32 peer;
            __u16 subscriber_port;
            __u16 peer_port;
        };
        __u64 peer_and_ports;
    };
    union {
        struct {
            __u16 realm;
            __u8 protocol;
            __u8 watch; /* as in struct cf_flow_value */
        };
        __u32 realm_and_protocol; /* and watch: see CF_SLOT_KEY_MASK */
    };
    __u32 first; /* ticks since the epoch was opened, plus CF_SLOT_EPOCH */
    __u32 last;
    __u32 hour; /* low half of the tick that its hour begins with */
    __u64 octets_up;
    __u64 octets_down;
    __u64 packets_up;
    __u64 packets_down;
};

#define CF_SLOT_CLAIMED 2
#define CF_SLOT_KEY_MASK 0x00ffffff
/* A capture's packets may be older than its first one. */
#define CF_SLOT_EPOCH 0x80000000u
/* Neighbours that a flow may stand in; where all are taken, it goes to the hash map. */
#define CF_SLOT_PROBES 8
/* A run of slots has one mark that says whether a drain must look into it. */
#define CF_SLOT_RUN 64

/* A hello that goes on in further segments of its flow. Kept apart from records, as it may outlast an epoch.
 */
struct cf_follow {
    __u32 end; /* TCP sequence where it ends */
    __u8 kind; /* enum cf_hello_kind */
    __u8 left; /* segments that may still be handed on for it */
    __u16 unused;
};

/* Ports of a fragmented packet, kept for its later fragments. */
struct cf_fragment_key {
    __u64 source[2];
    __u64 destination[2];
    __u32 id;
    __u16 realm;   /* 0: a mirrored packet's outer fragments */
    __u8 protocol; /* as the fragments name it: IPv4 protocol, or the fragment header's next header */
    __u8 shape;
};

struct cf_fragment {
    __u64 time; /* ticks */
    __u16 source_port;
    __u16 destination_port;
    __u8 protocol; /* upper-layer */
    __u8 unused[3];
};

#define CF_FRAGMENT_SECONDS                                                                                  \
    30 /* RFC 1122: a host gives up reassembly after 60 to 120 s; ids wrap far sooner */

/* What one subscriber address takes up, so that no one's floods cost others their detail. */
struct cf_subscriber_key {
    __u8 address[16];
    __u16 realm;
    __u16 shape;
    __u32 unused;
};

struct cf_subscriber_load {
    __u32 epoch; /* that flows and pairs count within */
    __u32 flows;
    __u32 pairs;
    __u32 hellos;     /* in the second that hello_time began */
    __u64 hello_time; /* ticks */
};

struct cf_tallies {
    struct cf_tally seen;
    struct cf_tally outcomes[CF_OUTCOME_COUNT];
    struct cf_tally notes[CF_NOTE_COUNT];
    struct cf_sequences sequences;
};

/* Who numbers mirrored packets (GRE, RFC 2890). */
struct cf_stream_key {
    __u64 source[2]; /* outer */
    __u32 key;       /* GRE key, 0 if there is none */
    __u16 realm;
    __u16 shape;
};

struct cf_stream {
    __u32 next; /* the number after the highest so far */
    __u32 unused;
};

/* A number that is further from the one expected comes from a sender that started anew. */
#define CF_LONGEST_GAP 65536

/* Of the epoch that was closed last. */
enum cf_phase {
    CF_PHASE_DRAINED = 0,
    CF_PHASE_GRACE = 1, /* packets that began before the flip may still write to its table */
    CF_PHASE_QUIET = 2, /* its table may be walked */
};

/* Time is counted in ticks: jiffies in the kernel (the cheapest clock there), when packets are replayed
 * microseconds in the kernel and nanoseconds in user space. */
struct cf_state {
    __u32 layout_version;
    __u32 active; /* table that is filled: 0 or 1 */
    __u32 slot;   /* configuration in force: 0 or 1 */
    __u32 drop_mirrored;
    __u64 tick_ns;
    __u32 ticks_per_second;
    __u32 hellos_per_second; /* and subscriber; 0 = no limit */
    __u32 flow_limit;        /* records of a table that flows may use, */
    __u32 pair_limit;        /* and address pairs, */
    __u32 subscriber_limit;  /* and subscribers */
    __u32 flows_per_subscriber;
    __u8 mirror_masks[2][CF_MIRROR_TYPES];           /* bit n: some mirror of the type has mask n */
    struct cf_mirror_entry only[2][CF_MIRROR_TYPES]; /* where a type has one mirror: no need to look it up */
    __u8 has_only[2][CF_MIRROR_TYPES];
    __u32 coarsen;        /* 0: user space refuses packets before a table is full */
    __u32 epoch;          /* being filled; from 1 */
    __u32 phase;          /* enum cf_phase */
    __u32 slots;          /* of each table */
    __u64 slot_seeds[4];  /* of the hash: two to add, two odd ones to multiply with */
    __u64 opened_time[2]; /* ticks, of each table's epoch */
    __u8 generation[16];
    __u32 drained_slots; /* of the closed table: those before are free again */
    __u32 unused;
    __u64 closed_time;
    __u64 clock_base_ns; /* UNIX time of tick 0, as it was at the start or when the last epoch was closed */
    __u64 tick_base_ns;  /* monotonic time of tick 0 */
    __u64 used[2] __attribute__((aligned(64))); /* records in each table, */
    __u64 hashed[2];                            /* and those of them in its hash maps */
};

struct cf_replay {
    __u64 time;
    __u32 wire;
    __u32 captured;
    __u32 armed; /* the packet comes from user space; others are let pass uncounted */
    __u32 unused;
};

/* Set before the object is loaded. */
struct cf_constants {
    __u32 replaying;
    __u32 cpus; /* possible CPUs */
};

/* Arguments of the syscall programs. */
struct cf_close_args {
    __u64 clock_base_ns;
    __u32 epoch; /* out */
    __s32 error; /* out */
};

struct cf_drain_args {
    __u32 max_records;
    __u32 records; /* out */
    __u32 done;    /* out */
    __s32 error;   /* out */
};

struct cf_clock_args {
    __u64 ticks; /* out */
};

#endif
