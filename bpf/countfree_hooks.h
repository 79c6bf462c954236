/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
/*
 * What the shared parser asks of the engine around it. The XDP program answers from BPF maps, the user-space
 * engine from its own tables. Pointers are valid until the packet is done.
 */
#ifndef COUNTFREE_HOOKS_H
#define COUNTFREE_HOOKS_H

#include "countfree_ip.h"
#include "countfree_tables.h"

/*
 * Parsing goes in stages that share a struct cf_frame. The verifier must not follow every path through all of
 * them, or it is at it for minutes. So a frame lies in a map, and cf_settle makes each stage read it anew:
 * the verifier then knows nothing of the stage before, and all its paths are one. Stages that few packets
 * pass are functions of their own (CF_RARE), which it proves alone; others are not, as a call costs some 6 ns
 * where returns are guarded.
 */
#ifdef __bpf__
typedef struct xdp_md cf_engine;
#define CF_RARE __attribute__((noinline))
#define cf_settle() asm volatile("" : : : "memory")
#else
typedef struct cf_user_engine cf_engine;
#define CF_RARE static inline
#define cf_settle()
#endif

/* A hello that was found in a packet. */
struct cf_hello {
    __u32 offset;       /* of the payload in the packet */
    __u32 total;        /* octets of the payload on the wire */
    __u32 tcp_sequence; /* of its first octet */
    __u32 await;        /* TCP octets from its start on in which the rest is expected; 0: it is whole */
    __u8 kind;          /* enum cf_hello_kind, 0: none */
    __u8 client;        /* names are said by clients, answers by servers */
    __u8 opens;         /* no hello: the packet opens a TCP connection */
};

struct cf_ports {
    __u16 source;
    __u16 destination;
};

struct cf_result {
    __u32 octets;
    __u8 outcome;  /* enum cf_outcome */
    __u8 mirrored; /* the packet belongs to a realm's mirror */
    __u16 notes;   /* bit n: enum cf_note n */
};

/* A UNIX hour by the clock whose tick 0 is at `base_ns`; no time lies in one of 0 ticks. */
struct cf_hour {
    __u64 start; /* its first tick */
    __u64 ticks;
    __u64 base_ns;
};

/* All that is known of a packet. A stage reads what those before it wrote. */
struct cf_frame {
    __u64 now;           /* ticks */
    struct cf_hour hour; /* once cf_set_hour was called; left for the packets behind */
    __u32 table;         /* that is being filled */
    __u32 slot;          /* of the configuration in force */
    __u32 wire;          /* octets on the wire */
    __u32 limit;         /* offset where the layer's bytes on the wire end */
    __u32 whole; /* the first of several outer fragments: lengths inside may claim more than it holds */
    struct cf_link link;
    struct cf_ip ip;
    struct cf_realm realm;
    struct cf_ports ports;
    struct cf_result result;
    struct cf_hello hello;
    union {
        struct cf_flow_key key;      /* of the record that is counted on, */
        struct cf_hour_key hour_key; /* and with its hour */
    };
    __u32 both;   /* both ends are subscribers */
    __u32 uplink; /* for the record that is counted on */
};

/* What a stage works with. */
struct cf_env {
    cf_engine *engine;
    struct cf_frame *frame;
    struct cf_packet packet;
};

static CF_INLINE void cf_env_packet(cf_engine *engine, const struct cf_frame *frame,
                                    struct cf_packet *packet);
static CF_INLINE const struct cf_state *cf_env_state(struct cf_env *env);
/* Masks in use by mirrors of a type. */
static CF_INLINE __u32 cf_env_masks(struct cf_env *env, __u32 type);
/* The mirror of a type if it has but one, else 0. */
static CF_INLINE const struct cf_mirror_entry *cf_env_only_mirror(struct cf_env *env, __u32 type);
static CF_INLINE const struct cf_realm *cf_env_mirror(struct cf_env *env, const struct cf_mirror_key *key);
static CF_INLINE const struct cf_range4 *cf_env_range4(struct cf_env *env, __u32 position);
static CF_INLINE const struct cf_range6 *cf_env_range6(struct cf_env *env, __u32 position);

static CF_INLINE void cf_env_keep_fragment(struct cf_env *env, const struct cf_fragment_key *key,
                                           const struct cf_fragment *value);
static CF_INLINE const struct cf_fragment *cf_env_fragment(struct cf_env *env,
                                                           const struct cf_fragment_key *key);

/* The key is there by now. */
#define CF_EXISTS (-17)

/* Adds the frame to its flow's record. Returns that record's `watch`, or 0 if the flow has none. */
static CF_INLINE __u8 *cf_env_count(struct cf_env *env);
/* Only finds it. */
static CF_INLINE __u8 *cf_env_watch(struct cf_env *env);
/* A record of a coarser step, frame->key, if there is one. */
static CF_INLINE struct cf_flow_counters *cf_env_coarse(struct cf_env *env);
/* Makes a record of frame->key, of whatever step, with the frame's amount on it. Returns 0, -17 if the key is
 * there by now, or another negative number if there is no room. */
static CF_INLINE int cf_env_new_record(struct cf_env *env, __u8 watch);
/* The sender of numbered packets; made, with `next`, if it is new. 0: there is no room. */
static CF_INLINE struct cf_stream *cf_env_stream(struct cf_env *env, const struct cf_stream_key *key,
                                                 __u32 next);
static CF_INLINE struct cf_sequences *cf_env_sequences(struct cf_env *env);
/* Returns 1 if `place` held `before`: it holds `after` now. */
static CF_INLINE int cf_env_exchange(__u32 *place, __u32 before, __u32 after);
static CF_INLINE struct cf_follow *cf_env_follow(struct cf_env *env);
static CF_INLINE void cf_env_keep_follow(struct cf_env *env, const struct cf_follow *follow);
static CF_INLINE struct cf_flow_counters *cf_env_global(struct cf_env *env, __u32 realm);
static CF_INLINE __u64 *cf_env_used(struct cf_env *env);
static CF_INLINE struct cf_subscriber_load *cf_env_load(struct cf_env *env,
                                                        const struct cf_subscriber_key *key);
/* Adds to a counter that other CPUs add to as well. */
static CF_INLINE void cf_env_add(__u64 *counter, __u64 value);
/* Hands on frame->hello of the flow frame->key. Returns 0 once it stands in the ring, 1 if an HTTP head ends
 * in it, a negative number if it was dropped. */
static CF_INLINE int cf_env_hello(struct cf_env *env);

/* Starts a stage. */
static CF_INLINE struct cf_env cf_enter(cf_engine *engine, struct cf_frame *frame) {
    struct cf_env env;

    env.engine = engine;
    env.frame = frame;
    cf_env_packet(engine, frame, &env.packet);
    return env;
}

static CF_INLINE void cf_note(struct cf_frame *frame, int note) {
    frame->result.notes |= 1u << note;
}

static CF_INLINE int cf_end(struct cf_frame *frame, __u8 outcome, __u32 octets) {
    frame->result.outcome = outcome;
    frame->result.octets = octets;
    return 0;
}

#endif
