/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
/*
 * Reads the packets that most are, in one go and from fixed places: Ethernet, IPv4 without options or
 * fragments, either plain or in GRE without options from the one mirror that there is. What it takes, the
 * stages of countfree_parse.h would take the same way, in three times as long; everything else it leaves to
 * them. Only the XDP program does so: the user-space engine shows in the differential test that both agree.
 */
#ifndef COUNTFREE_GLANCE_H
#define COUNTFREE_GLANCE_H

#include "countfree_mirror.h"

#define CF_IPV4_HEADER 20
#define CF_GRE_HEADER 4

/* Host-order loads of what stands in network order. */
#define CF_LOADED_IPV4 0x0008
#define CF_LOADED_TEB 0x5865
#define CF_LOADED_FRAGMENT 0xff3f /* more fragments, and the place of this one */

static CF_INLINE __u16 cf_load16(const __u8 *bytes) {
    return *(const __u16 *)bytes;
}

/* Octets that an IPv4 header claims, 0 if it is not of the usual form or claims what is not there. */
static CF_INLINE __u32 cf_glance_ipv4(const __u8 *header, __u32 held) {
    const __u32 claimed = cf_be16(header + 2);

    if (header[0] != 0x45 || cf_load16(header + 6) & CF_LOADED_FRAGMENT)
        return 0;
    return claimed >= CF_IPV4_HEADER && claimed <= held ? claimed : 0;
}

static CF_INLINE void cf_glance_addresses(struct cf_ip *ip, const __u8 *header) {
    ip->source[0] = 0;
    ip->source[1] = cf_mapped(cf_load32(header + 12));
    ip->destination[0] = 0;
    ip->destination[1] = cf_mapped(cf_load32(header + 16));
}

static CF_INLINE void cf_glance_rest(struct cf_ip *ip, const __u8 *header, __u32 offset, __u32 claimed) {
    ip->octets = claimed;
    ip->upper = offset + CF_IPV4_HEADER;
    ip->limit = offset + claimed;
    ip->id = 0; /* only asked for of fragments */
    ip->protocol = header[9];
    ip->fragment = CF_FRAGMENT_NONE;
    ip->truncated = 0;
    ip->shape = 0;
}

/* The realm of the only mirror of a type, if it names the packet. */
static CF_INLINE const struct cf_realm *cf_glance_realm(struct cf_env *env, __u32 type) {
    const struct cf_mirror_entry *only = cf_env_only_mirror(env, type);

    return only && cf_names(&only->key, &env->frame->ip, 0, 0) ? &only->realm : 0;
}

/* From the GRE header to the packet in it. */
static CF_INLINE int cf_glance_gre(struct cf_env *env, const __u8 *gre, __u32 offset, __u32 limit) {
    struct cf_frame *frame = env->frame;
    const struct cf_realm *realm = cf_glance_realm(env, CF_MIRROR_GRE);
    const __u8 *inner = gre + CF_GRE_HEADER;
    __u32 claimed;

    if (!realm || cf_load16(gre))
        return 0;
    offset += CF_GRE_HEADER;
    if (cf_load16(gre + 2) == CF_LOADED_TEB) {
        if (inner + CF_ETHERNET_HEADER > env->packet.end || cf_load16(inner + 12) != CF_LOADED_IPV4)
            return 0;
        inner += CF_ETHERNET_HEADER;
        offset += CF_ETHERNET_HEADER;
    } else if (cf_load16(gre + 2) != CF_LOADED_IPV4) {
        return 0;
    }
    if (inner + CF_IPV4_HEADER > env->packet.end)
        return 0;
    claimed = cf_glance_ipv4(inner, cf_left(limit, offset));
    if (!claimed)
        return 0;
    frame->result.mirrored = 1;
    frame->realm = *realm;
    cf_glance_addresses(&frame->ip, inner);
    cf_glance_rest(&frame->ip, inner, offset, claimed);
    return 1;
}

/* First stages in one. Returns 1 if it took the packet: cf_find_ends comes next. */
static CF_INLINE int cf_glance(cf_engine *engine, struct cf_frame *frame) {
    struct cf_env env = cf_enter(engine, frame);
    const __u8 *header = env.packet.data + CF_ETHERNET_HEADER, *upper = header + CF_IPV4_HEADER;
    const struct cf_realm *realm;
    __u32 claimed;

    if (upper + CF_GRE_HEADER > env.packet.end || cf_load16(header - 2) != CF_LOADED_IPV4)
        return 0;
    claimed = cf_glance_ipv4(header, cf_left(frame->wire, CF_ETHERNET_HEADER));
    if (!claimed)
        return 0;
    cf_glance_addresses(&frame->ip, header);
    if (header[9] == CF_IPPROTO_GRE)
        return cf_glance_gre(&env, upper, CF_ETHERNET_HEADER + CF_IPV4_HEADER, CF_ETHERNET_HEADER + claimed);
    if (header[9] != CF_IPPROTO_TCP &&
        (header[9] != CF_IPPROTO_UDP ||
         cf_env_masks(&env, CF_MIRROR_VXLAN) | cf_env_masks(&env, CF_MIRROR_GTPU)))
        return 0;
    realm = cf_glance_realm(&env, CF_MIRROR_NONE);
    if (!realm)
        return 0;
    frame->realm = *realm;
    cf_glance_rest(&frame->ip, header, CF_ETHERNET_HEADER, claimed);
    return 1;
}

#endif
