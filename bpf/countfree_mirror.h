/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
/*
 * Takes the mirror's own tunnel off, once, and finds the realm: GRE (RFC 2784, 2890), VXLAN (RFC 7348), GTP-U
 * (3GPP TS 29.281), IP in IP (RFC 2003, 4213, 2473). A tunnel that no realm claims is ordinary traffic.
 */
#ifndef COUNTFREE_MIRROR_H
#define COUNTFREE_MIRROR_H

#include "countfree_hooks.h"

#define CF_PORT_VXLAN 4789
#define CF_PORT_GTPU 2152
#define CF_MAX_GTPU_EXTENSIONS 4
#define CF_SEQUENCE_TRIES 4

struct cf_tunnel {
    struct cf_link link; /* of the packet inside; type CF_TYPE_TEB: an Ethernet header comes first */
    __u32 key;
    __u32 sequence;
    __u8 type; /* enum cf_mirror_type */
    __u8 has_key;
    __u8 has_sequence;
    __u8 problem; /* enum cf_outcome, if the packet inside cannot be reached */
};

static CF_INLINE void cf_read_gre(const struct cf_packet *packet, const struct cf_ip *ip,
                                  struct cf_tunnel *tunnel) {
    const __u8 *bytes = cf_bytes(packet, ip->upper, 4);
    __u32 offset = ip->upper + 4;
    __u16 flags;

    tunnel->type = CF_MIRROR_GRE;
    if (!bytes || offset > ip->limit) {
        tunnel->problem = CF_OUTCOME_MALFORMED;
        return;
    }
    flags = cf_be16(bytes);
    tunnel->link.type = cf_be16(bytes + 2);
    if (flags & 0x4007) { /* source routing, or another version than 0 */
        tunnel->problem = CF_OUTCOME_UNSUPPORTED;
        return;
    }
    if (flags & 0x8000)
        offset += 4;
    if (flags & 0x2000) {
        bytes = cf_bytes(packet, offset, 4);
        offset += 4;
        if (!bytes || offset > ip->limit) {
            tunnel->problem = CF_OUTCOME_MALFORMED;
            return;
        }
        tunnel->key = cf_be32(bytes);
        tunnel->has_key = 1;
    }
    if (flags & 0x1000) {
        bytes = cf_bytes(packet, offset, 4);
        offset += 4;
        if (!bytes || offset > ip->limit) {
            tunnel->problem = CF_OUTCOME_MALFORMED;
            return;
        }
        tunnel->sequence = cf_be32(bytes);
        tunnel->has_sequence = 1;
    }
    tunnel->link.offset = offset;
    if (tunnel->link.type != CF_TYPE_TEB && tunnel->link.type != CF_TYPE_IPV4 &&
        tunnel->link.type != CF_TYPE_IPV6 && tunnel->link.type != 0x8847 && tunnel->link.type != 0x8100 &&
        tunnel->link.type != 0x88a8)
        tunnel->problem = CF_OUTCOME_UNSUPPORTED;
}

static CF_INLINE void cf_read_vxlan(const struct cf_packet *packet, const struct cf_ip *ip,
                                    struct cf_tunnel *tunnel) {
    const __u8 *bytes = cf_bytes(packet, ip->upper + 8, 8);

    tunnel->type = CF_MIRROR_VXLAN;
    if (!bytes || ip->upper + 16 > ip->limit) {
        tunnel->problem = CF_OUTCOME_MALFORMED;
        return;
    }
    tunnel->link.type = CF_TYPE_TEB;
    tunnel->link.offset = ip->upper + 16;
    if (bytes[0] & 0x08) {
        tunnel->key = cf_be32(bytes + 4) >> 8;
        tunnel->has_key = 1;
    } else {
        tunnel->problem = CF_OUTCOME_UNSUPPORTED;
    }
}

/* Skips the extension headers: each gives its length in fours at its start and the next one's type at its
 * end. */
static CF_INLINE int cf_skip_gtpu_extensions(const struct cf_packet *packet, __u32 *offset) {
    const __u8 *bytes = cf_bytes(packet, *offset, 4);
    __u8 next;

    if (!bytes)
        return CF_OUTCOME_MALFORMED;
    next = bytes[3];
    *offset += 4;
    for (int i = 0; i < CF_MAX_GTPU_EXTENSIONS; i++) {
        __u32 length;

        if (next == 0)
            return 0;
        bytes = cf_bytes(packet, *offset, 1);
        if (!bytes || bytes[0] == 0)
            return CF_OUTCOME_MALFORMED;
        length = bytes[0] * 4u;
        bytes = cf_bytes(packet, *offset + length - 1, 1);
        if (!bytes)
            return CF_OUTCOME_MALFORMED;
        next = bytes[0];
        *offset += length;
    }
    return next == 0 ? 0 : CF_OUTCOME_UNSUPPORTED;
}

static CF_INLINE void cf_read_gtpu(const struct cf_packet *packet, const struct cf_ip *ip,
                                   struct cf_tunnel *tunnel) {
    const __u8 *bytes = cf_bytes(packet, ip->upper + 8, 8);
    __u32 offset = ip->upper + 16;

    tunnel->type = CF_MIRROR_GTPU;
    if (!bytes || offset > ip->limit) {
        tunnel->problem = CF_OUTCOME_MALFORMED;
        return;
    }
    tunnel->key = cf_be32(bytes + 4);
    tunnel->has_key = 1;
    if ((bytes[0] & 0xf0) != 0x30 ||
        bytes[1] != 255) { /* version 1, protocol GTP; a G-PDU carries a packet */
        tunnel->problem = CF_OUTCOME_UNSUPPORTED;
        return;
    }
    if (bytes[0] & 0x07) {
        tunnel->problem = cf_skip_gtpu_extensions(packet, &offset);
        if (tunnel->problem)
            return;
    }
    tunnel->link.offset = offset;
    bytes = cf_bytes(packet, offset, 1);
    if (!bytes || offset >= ip->limit)
        tunnel->problem = CF_OUTCOME_MALFORMED;
    else if (bytes[0] >> 4 == 4)
        tunnel->link.type = CF_TYPE_IPV4;
    else if (bytes[0] >> 4 == 6)
        tunnel->link.type = CF_TYPE_IPV6;
    else
        tunnel->problem = CF_OUTCOME_UNSUPPORTED;
}

/* What kind of mirror the packet could belong to, and what its header says. type CF_MIRROR_NONE: no tunnel.
 */
static CF_INLINE void cf_read_tunnel(struct cf_env *env, struct cf_tunnel *tunnel) {
    const struct cf_packet *packet = &env->packet;
    const struct cf_ip *ip = &env->frame->ip;
    const __u8 *bytes;
    __u16 port;

    tunnel->type = CF_MIRROR_NONE;
    tunnel->has_key = 0;
    tunnel->has_sequence = 0;
    tunnel->key = 0;
    tunnel->problem = 0;
    tunnel->link.offset = ip->upper;
    tunnel->link.type = CF_TYPE_OTHER;
    if (ip->protocol == CF_IPPROTO_GRE) {
        if (cf_env_masks(env, CF_MIRROR_GRE))
            cf_read_gre(packet, ip, tunnel);
    } else if (ip->protocol == CF_IPPROTO_UDP) {
        if (!(cf_env_masks(env, CF_MIRROR_VXLAN) | cf_env_masks(env, CF_MIRROR_GTPU)))
            return;
        bytes = cf_bytes(packet, ip->upper, 8);
        if (!bytes)
            return;
        port = cf_be16(bytes + 2);
        if (port == CF_PORT_VXLAN && cf_env_masks(env, CF_MIRROR_VXLAN))
            cf_read_vxlan(packet, ip, tunnel);
        else if (port == CF_PORT_GTPU && cf_env_masks(env, CF_MIRROR_GTPU))
            cf_read_gtpu(packet, ip, tunnel);
    } else if (ip->protocol == CF_IPPROTO_IPIP || ip->protocol == CF_IPPROTO_IPV6) {
        if (!cf_env_masks(env, CF_MIRROR_IPIP))
            return;
        tunnel->type = CF_MIRROR_IPIP;
        tunnel->link.type = ip->protocol == CF_IPPROTO_IPIP ? CF_TYPE_IPV4 : CF_TYPE_IPV6;
    }
}

static CF_INLINE int cf_names(const struct cf_mirror_key *mirror, const struct cf_ip *ip, int has_key,
                              __u32 key) {
    if (mirror->mask & CF_MASK_KEY && (!has_key || mirror->key != key))
        return 0;
    if (mirror->mask & CF_MASK_SOURCE &&
        (mirror->source[0] != ip->source[0] || mirror->source[1] != ip->source[1]))
        return 0;
    return !(mirror->mask & CF_MASK_DESTINATION) ||
           (mirror->destination[0] == ip->destination[0] && mirror->destination[1] == ip->destination[1]);
}

/* The realm whose mirror names this tunnel, the most specific first; 0 if none does. */
static CF_INLINE const struct cf_realm *cf_find_realm(struct cf_env *env, __u8 type, int has_key, __u32 key) {
    const struct cf_mirror_entry *only = cf_env_only_mirror(env, type);
    const struct cf_ip *ip = &env->frame->ip;
    __u32 masks = cf_env_masks(env, type);
    struct cf_mirror_key wanted;

    if (only)
        return cf_names(&only->key, ip, has_key, key) ? &only->realm : 0;
    for (int mask = CF_MASKS - 1; mask >= 0; mask--) {
        const struct cf_realm *realm;

        if (!(masks >> mask & 1) || (mask & CF_MASK_KEY && !has_key))
            continue;
        wanted.type = type;
        wanted.mask = mask;
        wanted.slot = env->frame->slot;
        wanted.key = mask & CF_MASK_KEY ? key : 0;
        wanted.source[0] = mask & CF_MASK_SOURCE ? ip->source[0] : 0;
        wanted.source[1] = mask & CF_MASK_SOURCE ? ip->source[1] : 0;
        wanted.destination[0] = mask & CF_MASK_DESTINATION ? ip->destination[0] : 0;
        wanted.destination[1] = mask & CF_MASK_DESTINATION ? ip->destination[1] : 0;
        realm = cf_env_mirror(env, &wanted);
        if (realm)
            return realm;
    }
    return 0;
}

static CF_INLINE void cf_outer_fragment_key(const struct cf_ip *ip, struct cf_fragment_key *key) {
    key->source[0] = ip->source[0];
    key->source[1] = ip->source[1];
    key->destination[0] = ip->destination[0];
    key->destination[1] = ip->destination[1];
    key->id = ip->id;
    key->realm = 0;
    key->protocol = ip->protocol;
    key->shape = ip->shape;
}

/* True for a later fragment of a mirrored packet: its first was seen, or its addresses are those of a mirror.
 */
static CF_INLINE int cf_is_mirror_fragment(struct cf_env *env) {
    const struct cf_ip *ip = &env->frame->ip;
    struct cf_fragment_key key;
    __u8 type;

    if (ip->protocol == CF_IPPROTO_GRE)
        type = CF_MIRROR_FRAGMENT_GRE;
    else if (ip->protocol == CF_IPPROTO_UDP)
        type = CF_MIRROR_FRAGMENT_UDP;
    else if (ip->protocol == CF_IPPROTO_IPIP || ip->protocol == CF_IPPROTO_IPV6)
        type = CF_MIRROR_FRAGMENT_IPIP;
    else
        return 0;
    if (cf_find_realm(env, type, 0, 0))
        return 1;
    if (type != CF_MIRROR_FRAGMENT_UDP)
        return 0;
    cf_outer_fragment_key(ip, &key);
    return cf_env_fragment(env, &key) != 0;
}

/*
 * Holds a packet's number against the one expected of its sender. Where several CPUs take a sender's packets,
 * one may come behind its successor: missed first, then late, so that the difference stays right.
 */
CF_RARE int cf_count_sequence(cf_engine *engine, struct cf_frame *frame, __u32 key, __u32 sequence) {
    struct cf_stream_key sender = {};
    struct cf_sequences *sums;
    struct cf_stream *stream;
    struct cf_env env;

    if (!frame)
        return 0;
    env = cf_enter(engine, frame);
    sender.source[0] = frame->ip.source[0];
    sender.source[1] = frame->ip.source[1];
    sender.key = key;
    sender.realm = frame->realm.index;
    sender.shape = frame->ip.shape;
    stream = cf_env_stream(&env, &sender, sequence);
    sums = cf_env_sequences(&env);
    if (!stream || !sums)
        return 0;
    sums->numbered++;
    for (int tries = 0; tries < CF_SEQUENCE_TRIES; tries++) {
        __u32 next = *(volatile __u32 *)&stream->next;
        __s32 ahead = (__s32)(sequence - next);

        if (ahead < 0 && ahead >= -CF_LONGEST_GAP) {
            sums->late++;
            return 0;
        }
        if (!cf_env_exchange(&stream->next, next, sequence + 1))
            continue;
        if (ahead > 0 && ahead <= CF_LONGEST_GAP)
            sums->missed += ahead;
        return 0;
    }
    return 0;
}

/* After cf_match_mirror: */
enum cf_match {
    CF_MATCH_DONE = 0,  /* the result is set */
    CF_MATCH_PLAIN = 1, /* the realm takes the packet as it is */
    CF_MATCH_INNER = 2, /* link, limit and whole are set to the packet inside */
};

/* Second stage: from the outermost IP header to the realm, and to the packet inside its mirror. */
static CF_INLINE int cf_match_mirror(cf_engine *engine, struct cf_frame *frame) {
    const struct cf_realm *realm = 0;
    struct cf_tunnel tunnel;
    struct cf_env env = cf_enter(engine, frame);

    if (frame->ip.fragment == CF_FRAGMENT_LATER) {
        if (cf_is_mirror_fragment(&env)) {
            frame->result.mirrored = 1;
            return cf_end(frame, CF_OUTCOME_OUTER_FRAGMENT, 0);
        }
    } else {
        cf_read_tunnel(&env, &tunnel);
        if (tunnel.type != CF_MIRROR_NONE)
            realm = cf_find_realm(&env, tunnel.type, tunnel.has_key, tunnel.key);
    }
    if (!realm) {
        realm = cf_find_realm(&env, CF_MIRROR_NONE, 0, 0);
        if (!realm) {
            cf_note(frame, CF_NOTE_NO_MIRROR);
            return cf_end(frame, CF_OUTCOME_NOT_SUBSCRIBER, frame->ip.octets);
        }
        frame->realm = *realm;
        return CF_MATCH_PLAIN;
    }
    frame->result.mirrored = 1;
    frame->realm = *realm;
    if (tunnel.has_sequence)
        cf_count_sequence(engine, frame, tunnel.has_key ? tunnel.key : 0, tunnel.sequence);
    if (tunnel.problem)
        return cf_end(frame, tunnel.problem, frame->ip.octets);
    frame->link = tunnel.link;
    frame->limit = frame->ip.limit;
    frame->whole = frame->ip.fragment == CF_FRAGMENT_FIRST;
    if (frame->whole && frame->ip.protocol == CF_IPPROTO_UDP) {
        struct cf_fragment_key key;
        struct cf_fragment value = {};

        cf_outer_fragment_key(&frame->ip, &key);
        value.time = frame->now;
        cf_env_keep_fragment(&env, &key, &value);
    }
    return CF_MATCH_INNER;
}

#endif
