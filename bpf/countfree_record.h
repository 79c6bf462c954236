/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
/* What both engines put on a flow record: its key, and a packet's octets. */
#ifndef COUNTFREE_RECORD_H
#define COUNTFREE_RECORD_H

#include "countfree_hooks.h"

struct cf_amount {
    __u32 octets;
    __u8 uplink;
};

/* For the first packet of an hour, and the first by a clock that was set. */
CF_RARE int cf_turn_hour(cf_engine *engine, struct cf_frame *frame) {
    const struct cf_state *state;
    struct cf_env env;
    __u64 base, edge;

    if (!frame)
        return 0;
    env = cf_enter(engine, frame);
    state = cf_env_state(&env);
    base = state->clock_base_ns;
    edge = frame->now * state->tick_ns + base;
    edge -= edge % CF_HOUR_NS;
    frame->hour.start = (__s64)(edge - base) > 0 ? (edge - base + state->tick_ns - 1) / state->tick_ns : 0;
    edge += CF_HOUR_NS;
    frame->hour.ticks = (edge - base + state->tick_ns - 1) / state->tick_ns - frame->hour.start;
    frame->hour.base_ns = base;
    return 0;
}

/*
 * Sets the hour that the packet lies in. It is kept with the frame, so each CPU turns to a new one by itself:
 * there is nothing to agree on between them, and nobody in user space needs to be there.
 */
static CF_INLINE void cf_set_hour(struct cf_env *env) {
    const struct cf_frame *frame = env->frame;

    if (frame->now - frame->hour.start >= frame->hour.ticks ||
        frame->hour.base_ns != cf_env_state(env)->clock_base_ns)
        cf_turn_hour(env->engine, env->frame);
}

/* The whole key of the frame's flow, as seen from the end that is counted. */
static CF_INLINE void cf_set_key(struct cf_frame *frame) {
    const struct cf_ip *ip = &frame->ip;
    const __u32 uplink = frame->uplink;

    __builtin_memcpy(frame->key.subscriber, uplink ? ip->source : ip->destination, 16);
    __builtin_memcpy(frame->key.peer, uplink ? ip->destination : ip->source, 16);
    frame->key.subscriber_port = uplink ? frame->ports.source : frame->ports.destination;
    frame->key.peer_port = uplink ? frame->ports.destination : frame->ports.source;
    frame->key.realm = frame->realm.index;
    frame->key.protocol = ip->protocol;
    frame->key.shape = ip->shape;
    frame->hour_key.hour = frame->hour.start;
}

static CF_INLINE void cf_add_amount(struct cf_flow_counters *counters, const struct cf_amount *amount,
                                    __u64 now) {
    if (amount->uplink) {
        cf_env_add(&counters->octets_up, amount->octets);
        cf_env_add(&counters->packets_up, 1);
    } else {
        cf_env_add(&counters->octets_down, amount->octets);
        cf_env_add(&counters->packets_down, 1);
    }
    if (counters->last_time < now)
        counters->last_time = now;
    if (counters->first_time > now) /* packets of a capture need not be in order */
        counters->first_time = now;
}

static CF_INLINE void cf_add_frame(struct cf_flow_counters *counters, const struct cf_frame *frame) {
    const struct cf_amount amount = {frame->ip.octets, (__u8)frame->uplink};

    cf_add_amount(counters, &amount, frame->now);
}

#endif
