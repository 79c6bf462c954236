/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
/* Link layer: Ethernet, up to two VLAN tags (IEEE 802.1Q, 802.1ad), MPLS labels (RFC 3032), PPPoE sessions
 * (RFC 2516). */
#ifndef COUNTFREE_LINK_H
#define COUNTFREE_LINK_H

#include "countfree_packet.h"

#define CF_ETHERNET_HEADER 14
#define CF_TYPE_IPV4 0x0800
#define CF_TYPE_IPV6 0x86dd
#define CF_TYPE_TEB 0x6558 /* transparent Ethernet bridging */
#define CF_TYPE_OTHER 0
#define CF_MAX_LABELS 6

/* Where the network layer starts, and what is there (EtherType, or CF_TYPE_OTHER). */
struct cf_link {
    __u32 offset;
    __u16 type;
};

static CF_INLINE int cf_is_vlan(__u16 type) {
    return type == 0x8100 || type == 0x88a8 || type == 0x9100;
}

/* Skips an MPLS stack. Its payload says what it is in its first nibble only (RFC 4928). */
static CF_INLINE int cf_skip_mpls(const struct cf_packet *packet, struct cf_link *link) {
    const __u8 *bytes;
    int bottom = 0;

    for (int i = 0; i < CF_MAX_LABELS && !bottom; i++) {
        bytes = cf_bytes(packet, link->offset, 4);
        if (!bytes)
            return -1;
        bottom = bytes[2] & 1;
        link->offset += 4;
    }
    link->type = CF_TYPE_OTHER;
    if (!bottom)
        return 0;
    bytes = cf_bytes(packet, link->offset, 1);
    if (!bytes)
        return -1;
    if (bytes[0] >> 4 == 4)
        link->type = CF_TYPE_IPV4;
    else if (bytes[0] >> 4 == 6)
        link->type = CF_TYPE_IPV6;
    return 0;
}

static CF_INLINE int cf_skip_pppoe(const struct cf_packet *packet, struct cf_link *link) {
    const __u8 *bytes = cf_bytes(packet, link->offset, 8);
    __u16 protocol;

    if (!bytes)
        return -1;
    protocol = cf_be16(bytes + 6);
    link->offset += 8;
    link->type = CF_TYPE_OTHER;
    if (bytes[0] != 0x11 || bytes[1] != 0)
        return 0;
    if (protocol == 0x0021)
        link->type = CF_TYPE_IPV4;
    else if (protocol == 0x0057)
        link->type = CF_TYPE_IPV6;
    return 0;
}

/* From an EtherType and the place behind it to the network layer. Returns -1 if the packet ends before it. */
static CF_INLINE int cf_skip_tags(const struct cf_packet *packet, struct cf_link *link) {
    const __u8 *bytes;

    for (int i = 0; i < 2; i++) {
        if (!cf_is_vlan(link->type))
            break;
        bytes = cf_bytes(packet, link->offset, 4);
        if (!bytes)
            return -1;
        link->type = cf_be16(bytes + 2);
        link->offset += 4;
    }
    if (link->type == 0x8847 || link->type == 0x8848)
        return cf_skip_mpls(packet, link);
    if (link->type == 0x8864)
        return cf_skip_pppoe(packet, link);
    return 0;
}

/* Reads an Ethernet header at link->offset and all that follows it up to the network layer. */
static CF_INLINE int cf_parse_ethernet(const struct cf_packet *packet, struct cf_link *link) {
    const __u8 *bytes = cf_bytes(packet, link->offset, CF_ETHERNET_HEADER);

    if (!bytes)
        return -1;
    link->type = cf_be16(bytes + 12);
    link->offset += CF_ETHERNET_HEADER;
    return cf_skip_tags(packet, link);
}

#endif
