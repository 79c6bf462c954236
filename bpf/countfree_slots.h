/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
/*
 * Where the XDP program keeps flow records. The kernel's hash map takes 55 ns to find a key of 40 bytes, so
 * flows of IPv4 stand in an array of cache lines, each in one of the few that its hash points to. Flows that
 * find no place there, those of IPv6 and records of coarser steps stand in a hash map. Two CPUs that meet on
 * a new flow may make two slots of it: then an epoch has two records of one key, and their sum is right.
 */
#ifndef COUNTFREE_SLOTS_H
#define COUNTFREE_SLOTS_H

#include "countfree_maps.h"
#include "countfree_record.h"

/* A flow as the words of its slot, and where that may be. */
struct cf_slot_key {
    __u64 tag_and_subscriber;
    __u64 peer_and_ports;
    __u32 realm_and_protocol;
    __u32 hour;
    __u32 start; /* position of the first slot that it may stand in */
};

/* The packet's time as slots hold it; more than 32 bits if they cannot. */
static CF_INLINE __u64 cf_slot_time(const struct cf_frame *frame) {
    return frame->now - state.opened_time[frame->table & 1] + CF_SLOT_EPOCH;
}

static CF_INLINE int cf_fits_slot(const struct cf_frame *frame) {
    return !(frame->ip.shape & CF_SHAPE_IPV6) && !(cf_slot_time(frame) >> 32);
}

/* The hash is seeded in its factors too, as senders choose addresses and ports. */
static CF_INLINE void cf_slot_key(const struct cf_frame *frame, struct cf_slot_key *key) {
    __u64 source = frame->ip.source[1] >> 32, destination = frame->ip.destination[1] >> 32;
    __u64 ports = (__u64)frame->ports.source | (__u64)frame->ports.destination << 16;
    __u64 subscriber = source, peer = destination, hash;

    if (!frame->uplink) {
        subscriber = destination;
        peer = source;
        ports = (__u64)frame->ports.destination | (__u64)frame->ports.source << 16;
    }
    key->peer_and_ports = peer | ports << 32;
    key->realm_and_protocol = frame->realm.index | (__u32)frame->ip.protocol << 16;
    key->hour = (__u32)frame->hour.start;
    hash = (subscriber | (__u64)key->realm_and_protocol << 32) + state.slot_seeds[0] + frame->hour.start;
    hash *= state.slot_seeds[2];
    hash ^= hash >> 32;
    hash = ((hash ^ key->peer_and_ports) + state.slot_seeds[1]) * state.slot_seeds[3];
    hash ^= hash >> 32;
    hash *= state.slot_seeds[2];
    key->tag_and_subscriber = subscriber << 32 | (__u32)(hash >> 16) | 1;
    key->start = (__u32)((hash >> 32) * (state.slots - CF_SLOT_PROBES + 1) >> 32) +
                 (frame->table & 1 ? state.slots : 0);
}

/* Whether a slot, whose first words were `found`, is the flow's in the packet's hour. */
static CF_INLINE int cf_is_slot_of(const struct cf_slot *slot, __u64 found, const struct cf_slot_key *key) {
    return found == key->tag_and_subscriber && slot->peer_and_ports == key->peer_and_ports &&
           (slot->realm_and_protocol & CF_SLOT_KEY_MASK) == key->realm_and_protocol &&
           slot->hour == key->hour;
}

/* The frame's slot. If there is none, `open` tells whether it may get one: then no hash map has it either. */
static CF_INLINE struct cf_slot *cf_find_slot(const struct cf_slot_key *key, int *open) {
    *open = 0;
    for (__u32 i = 0; i < CF_SLOT_PROBES; i++) {
        __u32 position = key->start + i;
        struct cf_slot *slot = bpf_map_lookup_elem(&slots, &position);
        __u64 found;

        if (!slot)
            return 0;
        found = *(volatile __u64 *)&slot->tag_and_subscriber;
        if (cf_is_slot_of(slot, found, key))
            return slot;
        if (!(__u32)found) {
            *open = 1;
            return 0;
        }
    }
    return 0;
}

static CF_INLINE void cf_add_to_slot(struct cf_slot *slot, const struct cf_frame *frame, __u32 time) {
    if (frame->uplink) {
        cf_env_add(&slot->octets_up, frame->ip.octets);
        cf_env_add(&slot->packets_up, 1);
    } else {
        cf_env_add(&slot->octets_down, frame->ip.octets);
        cf_env_add(&slot->packets_down, 1);
    }
    if (slot->last < time)
        slot->last = time;
    if (cf_replaying && slot->first > time)
        slot->first = time;
}

/* Not inlined: one copy serves the rarer flows, and the verifier proves it once. */
static __attribute__((noinline)) struct cf_flow_value *cf_find_hashed(struct cf_frame *frame) {
    cf_set_key(frame);
    return frame->table & 1 ? bpf_map_lookup_elem(&flows_1, &frame->hour_key)
                            : bpf_map_lookup_elem(&flows_0, &frame->hour_key);
}

static CF_INLINE __u8 *cf_env_count(struct cf_env *env) {
    struct cf_frame *frame = env->frame;
    struct cf_flow_value *value;
    struct cf_slot_key key;
    struct cf_slot *slot;
    int open;

    if (cf_fits_slot(frame)) {
        cf_slot_key(frame, &key);
        slot = cf_find_slot(&key, &open);
        if (slot) {
            cf_add_to_slot(slot, frame, (__u32)cf_slot_time(frame));
            return &slot->watch;
        }
        if (open)
            return 0;
    }
    value = cf_find_hashed(frame);
    if (!value)
        return 0;
    cf_add_frame(&value->counters, frame);
    return &value->watch;
}

static CF_INLINE __u8 *cf_env_watch(struct cf_env *env) {
    struct cf_frame *frame = env->frame;
    struct cf_flow_value *value;
    struct cf_slot_key key;
    struct cf_slot *slot;
    int open;

    if (cf_fits_slot(frame)) {
        cf_slot_key(frame, &key);
        slot = cf_find_slot(&key, &open);
        if (slot)
            return &slot->watch;
        if (open)
            return 0;
    }
    value = cf_find_hashed(frame);
    return value ? &value->watch : 0;
}

static CF_INLINE struct cf_flow_counters *cf_env_coarse(struct cf_env *env) {
    struct cf_frame *frame = env->frame;
    struct cf_flow_value *value = frame->table & 1 ? bpf_map_lookup_elem(&flows_1, &frame->hour_key)
                                                   : bpf_map_lookup_elem(&flows_0, &frame->hour_key);

    if (!value)
        value = frame->table & 1 ? bpf_map_lookup_elem(&spare_1, &frame->hour_key)
                                 : bpf_map_lookup_elem(&spare_0, &frame->hour_key);
    return value ? &value->counters : 0;
}

/* Returns 0, CF_EXISTS, or another error if there is no room. */
static CF_INLINE int cf_new_hashed(const struct cf_frame *frame, const struct cf_flow_value *fresh) {
    int result = frame->table & 1 ? bpf_map_update_elem(&flows_1, &frame->hour_key, fresh, BPF_NOEXIST)
                                  : bpf_map_update_elem(&flows_0, &frame->hour_key, fresh, BPF_NOEXIST);

    if (result == 0 || result == CF_EXISTS || !(frame->key.shape & CF_SHAPE_STEP_MASK))
        return result;
    return frame->table & 1 ? bpf_map_update_elem(&spare_1, &frame->hour_key, fresh, BPF_NOEXIST)
                            : bpf_map_update_elem(&spare_0, &frame->hour_key, fresh, BPF_NOEXIST);
}

/* Writes a slot that this CPU has claimed, and lets others see it. */
static CF_INLINE void cf_fill_slot(struct cf_slot *slot, const struct cf_slot_key *key,
                                   const struct cf_frame *frame, __u8 watch) {
    __u32 time = (__u32)cf_slot_time(frame);

    slot->subscriber = (__u32)(key->tag_and_subscriber >> 32);
    slot->peer_and_ports = key->peer_and_ports;
    slot->realm_and_protocol = key->realm_and_protocol | (__u32)watch << 24;
    slot->hour = key->hour;
    slot->first = time;
    cf_add_to_slot(slot, frame, time);
    __sync_lock_test_and_set(&slot->tag, (__u32)key->tag_and_subscriber);
}

/* Returns 0 once the frame is counted on a slot of its own, CF_EXISTS if another CPU was faster, 1 if no slot
 * is free. */
static CF_INLINE int cf_new_slot(const struct cf_frame *frame, __u8 watch) {
    struct cf_slot_key key;

    cf_slot_key(frame, &key);
    for (__u32 i = 0; i < CF_SLOT_PROBES; i++) {
        __u32 position = key.start + i, run = position / CF_SLOT_RUN;
        struct cf_slot *slot = bpf_map_lookup_elem(&slots, &position);
        __u64 *taken = bpf_map_lookup_elem(&slot_runs, &run);

        if (!slot || !taken)
            return 1;
        if (__sync_val_compare_and_swap(&slot->tag, 0, CF_SLOT_CLAIMED) == 0) {
            *taken = 1;
            cf_fill_slot(slot, &key, frame, watch);
            return 0;
        }
        if (cf_is_slot_of(slot, slot->tag_and_subscriber, &key))
            return CF_EXISTS;
    }
    return 1;
}

static CF_INLINE int cf_env_new_record(struct cf_env *env, __u8 watch) {
    struct cf_frame *frame = env->frame;
    struct cf_flow_value fresh = {};
    int result;

    if (!(frame->key.shape & CF_SHAPE_STEP_MASK) && cf_fits_slot(frame)) {
        result = cf_new_slot(frame, watch);
        if (result <= 0)
            return result;
    }
    fresh.watch = watch;
    fresh.counters.first_time = frame->now;
    cf_add_frame(&fresh.counters, frame);
    result = cf_new_hashed(frame, &fresh);
    if (result == 0)
        cf_env_add(&state.hashed[frame->table & 1], 1);
    return result;
}

static CF_INLINE struct cf_follow *cf_env_follow(struct cf_env *env) {
    return bpf_map_lookup_elem(&follows, &env->frame->key);
}

static CF_INLINE void cf_env_keep_follow(struct cf_env *env, const struct cf_follow *follow) {
    bpf_map_update_elem(&follows, &env->frame->key, follow, BPF_ANY);
}

#endif
