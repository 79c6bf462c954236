/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
/* Puts a hello into its ring: only packets that look like one come here, so that others pay nothing for it.
 */
#ifndef COUNTFREE_SAY_H
#define COUNTFREE_SAY_H

#include "countfree_hooks.h"
#include "countfree_maps.h"

/* A subscriber has so many hellos in each second. Returns 0 once they are used up. */
static CF_INLINE int cf_may_say(struct cf_env *env, const struct cf_flow_key *key) {
    struct cf_subscriber_key subscriber = {};
    struct cf_subscriber_load *load;

    if (!state.hellos_per_second)
        return 1;
    __builtin_memcpy(subscriber.address, key->subscriber, sizeof(subscriber.address));
    subscriber.realm = key->realm;
    subscriber.shape = key->shape & CF_SHAPE_IPV6;
    load = cf_env_load(env, &subscriber);
    if (!load)
        return 0;
    if (env->frame->now - load->hello_time >= state.ticks_per_second) {
        load->hello_time = env->frame->now;
        load->hellos = 0;
    }
    return load->hellos++ < state.hellos_per_second;
}

/* Whether an HTTP head ends in the payload: the empty line of RFC 9112. A function of its own, as the
 * verifier follows the loop once for each way that leads to it. */
CF_RARE int cf_head_ends(const struct cf_scratch *record, __u32 octets) {
    __u32 last = 0;

    if (!record)
        return 0;
    for (__u32 i = 0; i < CF_HELLO_MAX_PAYLOAD; i++) {
        if (i >= octets)
            return 0;
        last = last << 8 | record->payload[i];
        if (last == 0x0d0a0d0a)
            return 1;
    }
    return 0;
}

static CF_INLINE int cf_env_hello(struct cf_env *env) {
    const struct cf_flow_key *key = &env->frame->key;
    const struct cf_hello *hello = &env->frame->hello;
    struct xdp_md *ctx = env->engine;
    __u32 zero = 0, held, octets;
    struct cf_scratch *record;

    if (!cf_may_say(env, key))
        return -1;
    record = bpf_map_lookup_elem(&scratch, &zero);
    if (!record)
        return -1;
    held = cf_left(bpf_xdp_get_buff_len(ctx), hello->offset);
    octets = hello->total < held ? hello->total : held;
    if (octets > CF_HELLO_MAX_PAYLOAD)
        octets = CF_HELLO_MAX_PAYLOAD;
    asm volatile("" : "+r"(octets));
    if (octets == 0 || octets > CF_HELLO_MAX_PAYLOAD)
        return -1;
    if (bpf_xdp_load_bytes(ctx, hello->offset, record->payload, octets))
        return -1;
    __builtin_memset(record->payload + octets, 0, 8);
    record->head.length = sizeof(record->head) + ((octets + 7) & ~7u);
    record->head.kind = hello->kind;
    record->head.uplink = env->frame->uplink;
    record->head.payload_octets = octets;
    record->head.payload_total = hello->total;
    record->head.tcp_sequence = hello->tcp_sequence;
    record->head.time = env->frame->now;
    record->head.key = *key;
    if (bpf_ringbuf_output(&hello_ring, record, sizeof(record->head) + ((octets + 7) & ~7u),
                           BPF_RB_NO_WAKEUP))
        return -1;
    return hello->kind == CF_HELLO_HTTP && cf_head_ends(record, octets);
}

#endif
