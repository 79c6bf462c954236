/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
/*
 * Puts a packet's octets on a flow record. A table that fills up, or a subscriber that takes more than its
 * share of it, is counted coarser step by step (enum cf_step): what was used may blur, never how much.
 */
#ifndef COUNTFREE_COUNT_H
#define COUNTFREE_COUNT_H

#include "countfree_record.h"

/* Segments of a new connection that may have overtaken the one that starts a hello. */
#define CF_EARLY_SEGMENTS 4

static CF_INLINE void cf_coarsen_key(struct cf_flow_key *key, __u8 step) {
    key->subscriber_port = 0;
    key->peer_port = 0;
    key->protocol = 0;
    key->shape = (key->shape & CF_SHAPE_IPV6) | step;
    if (step == CF_STEP_SUBSCRIBER)
        __builtin_memset(key->peer, 0, sizeof(key->peer));
}

/* The subscriber's share so far in this epoch; 0 if shares are not looked at, or there is no room to. */
static CF_INLINE struct cf_subscriber_load *cf_share(struct cf_env *env, const struct cf_flow_key *key) {
    const struct cf_state *state = cf_env_state(env);
    struct cf_subscriber_key subscriber = {};
    struct cf_subscriber_load *load;

    if (!state->coarsen)
        return 0;
    __builtin_memcpy(subscriber.address, key->subscriber, sizeof(subscriber.address));
    subscriber.realm = key->realm;
    subscriber.shape = key->shape & CF_SHAPE_IPV6;
    load = cf_env_load(env, &subscriber);
    if (load && load->epoch != state->epoch) {
        load->epoch = state->epoch;
        load->flows = 0;
        load->pairs = 0;
    }
    return load;
}

/* Makes a record of frame->key if there is one to be had within `limit`. Returns 1 once the frame is counted.
 */
static CF_INLINE int cf_try_record(struct cf_env *env, __u32 limit) {
    struct cf_frame *frame = env->frame;
    struct cf_flow_counters *counters;
    __u64 *used = cf_env_used(env);
    int result;

    if (*used >= limit)
        return 0;
    result = cf_env_new_record(env, frame->hello.opens && frame->uplink ? CF_EARLY_SEGMENTS : 0);
    if (result == 0) {
        cf_env_add(used, 1);
        return 1;
    }
    if (result != CF_EXISTS)
        return 0;
    if (!(frame->key.shape & CF_SHAPE_STEP_MASK))
        return cf_env_count(env) != 0;
    counters = cf_env_coarse(env);
    if (!counters)
        return 0;
    cf_add_frame(counters, frame);
    return 1;
}

/* Counts the frame on the record of a coarser step, if it has one. */
static CF_INLINE int cf_try_coarse(struct cf_env *env, __u8 step) {
    struct cf_flow_counters *counters;

    cf_coarsen_key(&env->frame->key, step);
    counters = cf_env_coarse(env);
    if (counters)
        cf_add_frame(counters, env->frame);
    return counters != 0;
}

/*
 * Counts a packet whose flow has no record yet, and notes the step that took it. A stage of its own, as
 * packets of known flows need not pass it.
 */
CF_RARE int cf_count_new(cf_engine *engine, struct cf_frame *frame) {
    struct cf_flow_counters *global;
    struct cf_subscriber_load *load;
    const struct cf_state *state;
    struct cf_env env;

    if (!frame)
        return 0;
    env = cf_enter(engine, frame);
    state = cf_env_state(&env);
    cf_set_key(frame);
    load = cf_share(&env, &frame->key);
    if (!load || load->flows < state->flows_per_subscriber) {
        if (cf_try_record(&env, state->flow_limit)) {
            if (load)
                load->flows++;
            return 0;
        }
    }
    if (cf_try_coarse(&env, CF_STEP_ADDRESS_PAIR)) {
        cf_note(frame, CF_NOTE_STEP_ADDRESS_PAIR);
        return 0;
    }
    if (!load || load->pairs < state->flows_per_subscriber) {
        if (cf_try_record(&env, state->pair_limit)) {
            cf_note(frame, CF_NOTE_STEP_ADDRESS_PAIR);
            if (load)
                load->pairs++;
            return 0;
        }
    }
    if (cf_try_coarse(&env, CF_STEP_SUBSCRIBER) || cf_try_record(&env, state->subscriber_limit)) {
        cf_note(frame, CF_NOTE_STEP_SUBSCRIBER);
        return 0;
    }
    cf_note(frame, CF_NOTE_STEP_GLOBAL);
    global = cf_env_global(&env, frame->key.realm);
    if (global) { /* one for all hours of the epoch: only its octets are sure */
        if (global->first_time == 0)
            global->first_time = frame->now;
        cf_add_frame(global, frame);
    }
    return 0;
}

#endif
