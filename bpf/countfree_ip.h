/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
/* IPv4 (RFC 791) and IPv6 (RFC 8200) headers, and what they say about octets. */
#ifndef COUNTFREE_IP_H
#define COUNTFREE_IP_H

#include "countfree_layout.h"
#include "countfree_link.h"

#define CF_IPPROTO_IPIP 4
#define CF_IPPROTO_TCP 6
#define CF_IPPROTO_UDP 17
#define CF_IPPROTO_DCCP 33
#define CF_IPPROTO_IPV6 41
#define CF_IPPROTO_GRE 47
#define CF_IPPROTO_SCTP 132
#define CF_IPPROTO_UDPLITE 136
#define CF_MAX_EXTENSIONS 8

enum cf_fragment_kind {
    CF_FRAGMENT_NONE = 0,
    CF_FRAGMENT_FIRST = 1,
    CF_FRAGMENT_LATER = 2,
};

struct cf_ip {
    __u64 source[2]; /* 16 bytes as in cf_flow_key */
    __u64 destination[2];
    __u32 octets;   /* that count: L3 length */
    __u32 upper;    /* offset of the upper-layer header */
    __u32 limit;    /* offset where the packet's bytes on the wire end */
    __u32 id;       /* of the fragmented packet */
    __u8 protocol;  /* upper-layer; of a later fragment what its header names */
    __u8 fragment;  /* enum cf_fragment_kind */
    __u8 truncated; /* claimed more than there is */
    __u8 shape;     /* CF_SHAPE_IPV6 or 0 */
};

/* IPv4 address, as loaded from the packet, in the form ::ffff:a.b.c.d. */
static CF_INLINE __u64 cf_mapped(__u32 address) {
    return (__u64)address << 32 | 0xffff0000u;
}

/*
 * Octets by the header's claim, if the packet holds them; else those that are there. `whole` accepts any
 * claim: the packet came in the first of several outer fragments, which alone carries this header.
 */
static CF_INLINE void cf_set_octets(struct cf_ip *ip, __u32 offset, __u32 limit, __u32 claimed, int whole) {
    __u32 held = limit - offset;

    ip->octets = claimed;
    ip->truncated = 0;
    if (claimed > held && !whole) {
        ip->octets = held;
        ip->truncated = 1;
    }
    ip->limit = claimed < held ? offset + claimed : limit;
}

static CF_INLINE int cf_parse_ipv4(const struct cf_packet *packet, struct cf_ip *ip, __u32 offset,
                                   __u32 limit, int whole) {
    const __u8 *bytes = cf_bytes(packet, offset, 20);
    __u32 header, claimed;
    __u16 fragment;

    if (!bytes || limit < offset + 20 || bytes[0] >> 4 != 4)
        return -1;
    header = (bytes[0] & 15u) * 4;
    if (header < 20 || header > limit - offset)
        return -1;
    claimed = cf_be16(bytes + 2);
    if (claimed == 0) /* segmentation offload: the length did not fit, or is still to be filled in */
        claimed = limit - offset;
    if (claimed < header)
        return -1;
    cf_set_octets(ip, offset, limit, claimed, whole);
    fragment = cf_be16(bytes + 6);
    ip->fragment = fragment & 0x1fff   ? CF_FRAGMENT_LATER
                   : fragment & 0x2000 ? CF_FRAGMENT_FIRST
                                       : CF_FRAGMENT_NONE;
    ip->id = cf_be16(bytes + 4);
    ip->protocol = bytes[9];
    ip->shape = 0;
    ip->source[0] = 0;
    ip->source[1] = cf_mapped(cf_load32(bytes + 12));
    ip->destination[0] = 0;
    ip->destination[1] = cf_mapped(cf_load32(bytes + 16));
    ip->upper = offset + header;
    return 0;
}

/*
 * Walks the extension headers to the upper layer. A chain that is too long or ends early stops the walk: the
 * packet is counted all the same, under the number of the header that stopped it.
 */
static CF_INLINE void cf_walk_extensions(const struct cf_packet *packet, struct cf_ip *ip) {
    for (int i = 0; i < CF_MAX_EXTENSIONS; i++) {
        const __u8 *bytes;
        __u32 length;
        __u8 type = ip->protocol;

        if (type != 0 && type != 43 && type != 44 && type != 51 && type != 60 && type != 135 && type != 139 &&
            type != 140)
            return;
        bytes = cf_bytes(packet, ip->upper, 8);
        if (!bytes || ip->upper + 8 > ip->limit)
            return;
        length = 8;
        if (type == 44) {
            __u16 place = cf_be16(bytes + 2);

            ip->id = cf_be32(bytes + 4);
            ip->fragment = place & 0xfff8 ? CF_FRAGMENT_LATER
                           : place & 1    ? CF_FRAGMENT_FIRST
                                          : CF_FRAGMENT_NONE;
        } else if (type == 51) {
            length = (bytes[1] + 2u) * 4;
        } else {
            length = (bytes[1] + 1u) * 8;
        }
        ip->protocol = bytes[0];
        ip->upper += length;
        if (ip->fragment == CF_FRAGMENT_LATER)
            return;
    }
}

static CF_INLINE int cf_parse_ipv6(const struct cf_packet *packet, struct cf_ip *ip, __u32 offset,
                                   __u32 limit, int whole) {
    const __u8 *bytes = cf_bytes(packet, offset, 40);
    __u32 claimed;

    if (!bytes || limit < offset + 40 || bytes[0] >> 4 != 6)
        return -1;
    claimed = cf_be16(bytes + 4) + 40u;
    if (claimed == 40 && bytes[6] == 0) /* a jumbogram (RFC 2675), or segmentation offload of that size */
        claimed = limit - offset;
    cf_set_octets(ip, offset, limit, claimed, whole);
    ip->fragment = CF_FRAGMENT_NONE;
    ip->id = 0;
    ip->protocol = bytes[6];
    ip->shape = CF_SHAPE_IPV6;
    ip->source[0] = cf_load64(bytes + 8);
    ip->source[1] = cf_load64(bytes + 16);
    ip->destination[0] = cf_load64(bytes + 24);
    ip->destination[1] = cf_load64(bytes + 32);
    ip->upper = offset + 40;
    cf_walk_extensions(packet, ip);
    return 0;
}

/* Returns 1 for an IP packet, 0 for something else, -1 for a broken header. */
static CF_INLINE int cf_parse_ip(const struct cf_packet *packet, struct cf_ip *ip, const struct cf_link *link,
                                 __u32 limit, int whole) {
    if (link->type == CF_TYPE_IPV4)
        return cf_parse_ipv4(packet, ip, link->offset, limit, whole) ? -1 : 1;
    if (link->type == CF_TYPE_IPV6)
        return cf_parse_ipv6(packet, ip, link->offset, limit, whole) ? -1 : 1;
    return 0;
}

static CF_INLINE int cf_has_ports(__u8 protocol) {
    return protocol == CF_IPPROTO_TCP || protocol == CF_IPPROTO_UDP || protocol == CF_IPPROTO_DCCP ||
           protocol == CF_IPPROTO_SCTP || protocol == CF_IPPROTO_UDPLITE;
}

#endif
