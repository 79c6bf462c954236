/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
/*
 * Puts a packet's octets on a flow record. A table that fills up, or a subscriber that takes more than its
 * share of it, is counted coarser step by step (enum cf_step): what was used may blur, never how much.
 */
#ifndef COUNTFREE_COUNT_H
#define COUNTFREE_COUNT_H

#include "countfree_hooks.h"

#define CF_EXISTS (-17)

struct cf_amount {
    __u32 octets;
    __u8 uplink;
};

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
}

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

/* Makes a record if there is one to be had within `limit`. Returns 1 once the amount is counted. */
static CF_INLINE int cf_try_record(struct cf_env *env, const struct cf_flow_key *key,
                                   const struct cf_amount *amount, __u32 limit) {
    struct cf_flow_value fresh = {}, *value;
    __u64 *used = cf_env_used(env);
    int result;

    if (*used >= limit)
        return 0;
    cf_add_amount(&fresh.counters, amount, env->frame->now);
    fresh.counters.first_time = env->frame->now;
    fresh.counters.last_time = env->frame->now;
    result = cf_env_new_flow(env, key, &fresh);
    if (result == 0) {
        cf_env_add(used, 1);
        return 1;
    }
    if (result != CF_EXISTS)
        return 0;
    value = cf_env_flow(env, key);
    if (!value)
        return 0;
    cf_add_amount(&value->counters, amount, env->frame->now);
    return 1;
}

/*
 * Counts a packet whose flow, frame->key, has no record yet, and notes the step that took it. A stage of its
 * own, as packets of known flows need not pass it.
 */
CF_RARE int cf_count_new(cf_engine *engine, struct cf_frame *frame) {
    struct cf_flow_counters *global;
    struct cf_subscriber_load *load;
    const struct cf_state *state;
    struct cf_flow_value *value;
    struct cf_amount amount;
    struct cf_flow_key key;
    struct cf_env env;

    if (!frame)
        return 0;
    env = cf_enter(engine, frame);
    state = cf_env_state(&env);
    key = frame->key;
    amount.octets = frame->ip.octets;
    amount.uplink = frame->uplink;
    load = cf_share(&env, &key);
    if (!load || load->flows < state->flows_per_subscriber) {
        if (cf_try_record(&env, &key, &amount, state->flow_limit)) {
            if (load)
                load->flows++;
            return 0;
        }
    }
    cf_note(frame, CF_NOTE_STEP_ADDRESS_PAIR);
    cf_coarsen_key(&key, CF_STEP_ADDRESS_PAIR);
    value = cf_env_flow(&env, &key);
    if (value) {
        cf_add_amount(&value->counters, &amount, frame->now);
        return 0;
    }
    if (!load || load->pairs < state->flows_per_subscriber) {
        if (cf_try_record(&env, &key, &amount, state->pair_limit)) {
            if (load)
                load->pairs++;
            return 0;
        }
    }
    frame->result.notes &= ~(1u << CF_NOTE_STEP_ADDRESS_PAIR);
    cf_note(frame, CF_NOTE_STEP_SUBSCRIBER);
    cf_coarsen_key(&key, CF_STEP_SUBSCRIBER);
    value = cf_env_flow(&env, &key);
    if (value) {
        cf_add_amount(&value->counters, &amount, frame->now);
        return 0;
    }
    if (cf_try_record(&env, &key, &amount, state->subscriber_limit))
        return 0;
    frame->result.notes &= ~(1u << CF_NOTE_STEP_SUBSCRIBER);
    cf_note(frame, CF_NOTE_STEP_GLOBAL);
    global = cf_env_global(&env, key.realm);
    if (global) {
        if (global->first_time == 0)
            global->first_time = frame->now;
        cf_add_amount(global, &amount, frame->now);
    }
    return 0;
}

#endif
