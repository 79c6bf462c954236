/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
/*
 * One packet from its first byte to its flow record and outcome. The only way that packets are counted: the
 * XDP program and the user-space engine both run this.
 */
#ifndef COUNTFREE_PARSE_H
#define COUNTFREE_PARSE_H

#include "countfree_count.h"
#include "countfree_hello.h"
#ifdef __bpf__
#include "countfree_glance.h"
#else
#define cf_glance(engine, frame) 0
#endif
#include "countfree_mirror.h"

static CF_INLINE int cf_in_ranges4(struct cf_env *env, const struct cf_realm *realm, __u32 address) {
    __u32 low = realm->ranges4_first, high = low + realm->ranges4_count;

    for (int i = 0; i < 17; i++) {
        const struct cf_range4 *range;
        __u32 middle = (low + high) / 2;

        if (low >= high)
            return 0;
        range = cf_env_range4(env, middle);
        if (!range)
            return 0;
        if (address < range->first)
            high = middle;
        else if (address > range->last)
            low = middle + 1;
        else
            return 1;
    }
    return 0;
}

static CF_INLINE int cf_in_ranges6(struct cf_env *env, const struct cf_realm *realm, const __u64 *address) {
    __u32 low = realm->ranges6_first, high = low + realm->ranges6_count;
    __u64 upper = __builtin_bswap64(address[0]), lower = __builtin_bswap64(address[1]);

    for (int i = 0; i < 17; i++) {
        const struct cf_range6 *range;
        __u32 middle = (low + high) / 2;

        if (low >= high)
            return 0;
        range = cf_env_range6(env, middle);
        if (!range)
            return 0;
        if (upper < range->first[0] || (upper == range->first[0] && lower < range->first[1]))
            high = middle;
        else if (upper > range->last[0] || (upper == range->last[0] && lower > range->last[1]))
            low = middle + 1;
        else
            return 1;
    }
    return 0;
}

static CF_INLINE int cf_is_subscriber(struct cf_env *env, const struct cf_realm *realm, const __u64 *address,
                                      __u8 shape) {
    if (shape & CF_SHAPE_IPV6)
        return cf_in_ranges6(env, realm, address);
    return cf_in_ranges4(env, realm, __builtin_bswap32((__u32)(address[1] >> 32)));
}

/* Ports of a later fragment come from its first, if that was seen lately. */
static CF_INLINE void cf_read_ports(struct cf_env *env) {
    struct cf_frame *frame = env->frame;
    struct cf_ip *ip = &frame->ip;
    struct cf_fragment_key key;

    frame->ports.source = 0;
    frame->ports.destination = 0;
    if (ip->fragment != CF_FRAGMENT_LATER && cf_has_ports(ip->protocol) && ip->upper + 4 <= ip->limit) {
        const __u8 *bytes = cf_bytes(&env->packet, ip->upper, 4);

        if (bytes) {
            frame->ports.source = cf_be16(bytes);
            frame->ports.destination = cf_be16(bytes + 2);
        }
    }
    if (ip->fragment == CF_FRAGMENT_NONE)
        return;
    cf_outer_fragment_key(ip, &key);
    key.realm = frame->realm.index;
    key.protocol =
        ip->shape & CF_SHAPE_IPV6 ? 0 : ip->protocol; /* IPv6 reassembles by addresses and id alone */
    if (ip->fragment == CF_FRAGMENT_FIRST) {
        struct cf_fragment value = {};

        value.time = frame->now;
        value.source_port = frame->ports.source;
        value.destination_port = frame->ports.destination;
        value.protocol = ip->protocol;
        cf_env_keep_fragment(env, &key, &value);
    } else {
        const struct cf_fragment *first = cf_env_fragment(env, &key);
        __u64 lifetime = (__u64)cf_env_state(env)->ticks_per_second * CF_FRAGMENT_SECONDS;

        cf_note(frame, CF_NOTE_INNER_FRAGMENT);
        if (first && frame->now - first->time <= lifetime) {
            frame->ports.source = first->source_port;
            frame->ports.destination = first->destination_port;
            ip->protocol = first->protocol;
        }
    }
}

/* First stage, and again for the packet inside a mirror: link layer and IP header. Returns as cf_parse_ip
 * does. */
static CF_INLINE int cf_read_layers(cf_engine *engine, struct cf_frame *frame) {
    struct cf_env env = cf_enter(engine, frame);
    struct cf_link link = frame->link;
    int result;

    if (link.type == CF_TYPE_TEB)
        result = cf_parse_ethernet(&env.packet, &link);
    else
        result = cf_skip_tags(&env.packet, &link);
    if (result == 0)
        result = cf_parse_ip(&env.packet, &frame->ip, &link, frame->limit, frame->whole);
    if (result <= 0)
        cf_end(frame, result ? CF_OUTCOME_MALFORMED : CF_OUTCOME_NOT_IP, cf_left(frame->limit, link.offset));
    return result;
}

#define CF_UP 1
#define CF_DOWN 2

/* Third stage: which ends are subscribers (CF_UP: the source, CF_DOWN: the destination), ports, hello. */
static CF_INLINE int cf_find_ends(cf_engine *engine, struct cf_frame *frame) {
    struct cf_env env = cf_enter(engine, frame);
    int ends;

    if (frame->ip.truncated)
        cf_note(frame, CF_NOTE_TRUNCATED);
    ends = cf_is_subscriber(&env, &frame->realm, frame->ip.source, frame->ip.shape) ? CF_UP : 0;
    if (cf_is_subscriber(&env, &frame->realm, frame->ip.destination, frame->ip.shape))
        ends |= CF_DOWN;
    cf_end(frame, ends ? CF_OUTCOME_COUNTED : CF_OUTCOME_NOT_SUBSCRIBER, frame->ip.octets);
    if (!ends)
        return 0;
    if (ends == (CF_UP | CF_DOWN)) {
        frame->both = 1;
        cf_note(frame, CF_NOTE_BOTH_SUBSCRIBERS);
    }
    cf_set_hour(&env);
    cf_read_ports(&env);
    cf_find_hello(&env.packet, &frame->ip, frame->ports.source, &frame->hello);
    return ends;
}

/* Fourth stage, once for each end that is a subscriber: counts the packet on the end's record. */
static CF_INLINE int cf_count_end(cf_engine *engine, struct cf_frame *frame, int uplink) {
    struct cf_env env = cf_enter(engine, frame);
    const __u8 *watch;

    frame->uplink = uplink;
    watch = cf_env_count(&env);
    if (watch) {
        if (!frame->hello.kind && !*watch)
            return 0;
    } else {
        cf_count_new(engine, frame);
        /* A hello may go on in it that began in the epoch before. */
        if (!frame->hello.kind && !(frame->ip.protocol == CF_IPPROTO_TCP && frame->hello.total))
            return 0;
    }
    return cf_say_hello(engine, frame);
}

static CF_INLINE void cf_begin(struct cf_frame *frame) {
    frame->result.mirrored = 0;
    frame->result.notes = 0;
    frame->link.type = CF_TYPE_TEB;
    frame->link.offset = 0;
    frame->limit = frame->wire;
    frame->whole = 0;
    frame->both = 0;
}

/* Accounts for a packet that ends within its Ethernet header. */
static CF_INLINE void cf_process_stub(struct cf_frame *frame) {
    cf_begin(frame);
    cf_end(frame, CF_OUTCOME_MALFORMED, cf_left(frame->wire, CF_ETHERNET_HEADER));
}

/* Counts one packet. Of the frame, now, table, slot and wire are set; the rest may be left from another
 * packet. */
static CF_INLINE void cf_process(cf_engine *engine, struct cf_frame *frame) {
    int match, ends;

    cf_begin(frame);
    if (!cf_glance(engine, frame)) {
        if (cf_read_layers(engine, frame) <= 0)
            return;
        cf_settle();
        match = cf_match_mirror(engine, frame);
        cf_settle();
        if (match == CF_MATCH_DONE)
            return;
        if (match == CF_MATCH_INNER && cf_read_layers(engine, frame) <= 0)
            return;
    }
    cf_settle();
    ends = cf_find_ends(engine, frame);
    cf_settle();
    if (ends & CF_UP)
        cf_count_end(engine, frame, 1);
    if (ends & CF_DOWN)
        cf_count_end(engine, frame, 0);
}

#endif
