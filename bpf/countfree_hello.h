/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
/*
 * Recognises the packets that name a destination: TLS ClientHello (RFC 8446), HTTP request head (RFC 9112),
 * QUIC Initial (RFC 9000, 9369, drafts, gQUIC), DNS answer (RFC 1035). It only decides; what they say is read
 * in user space.
 */
#ifndef COUNTFREE_HELLO_H
#define COUNTFREE_HELLO_H

#include "countfree_record.h"

#define CF_PORT_DNS 53
/* A head that is longer goes on unheard: servers refuse heads beyond 8 KiB, and 16 KiB is TLS's record limit.
 */
#define CF_MAX_HTTP_HEAD 8192
#define CF_MAX_CLIENT_HELLO 16384
#define CF_MAX_AWAITED 12

/* TLS record of type handshake that starts with a ClientHello: how many octets it takes in all, 0 for
 * something else. */
static CF_INLINE __u32 cf_client_hello_octets(const __u8 *bytes) {
    __u32 record, message;

    if (bytes[0] != 22 || bytes[1] != 3 || bytes[5] != 1)
        return 0;
    record = cf_be16(bytes + 3) + 5u;
    message = ((__u32)bytes[6] << 16 | cf_be16(bytes + 7)) + 9u;
    /* A message that goes on in further records needs 5 octets for the head of each; one more is enough in
     * practice. */
    if (message > record)
        record = message + 5;
    return record > CF_MAX_CLIENT_HELLO ? CF_MAX_CLIENT_HELLO : record;
}

#define CF_WORD(a, b, c, d) ((__u32)(a) | (__u32)(b) << 8 | (__u32)(c) << 16 | (__u32)(d) << 24)

static CF_INLINE int cf_is_http_request(const __u8 *bytes) {
    switch (cf_load32(bytes)) {
    case CF_WORD('G', 'E', 'T', ' '):
    case CF_WORD('P', 'O', 'S', 'T'):
    case CF_WORD('H', 'E', 'A', 'D'):
    case CF_WORD('P', 'U', 'T', ' '):
    case CF_WORD('D', 'E', 'L', 'E'):
    case CF_WORD('O', 'P', 'T', 'I'):
    case CF_WORD('C', 'O', 'N', 'N'):
    case CF_WORD('P', 'A', 'T', 'C'):
    case CF_WORD('T', 'R', 'A', 'C'):
        return 1;
    default:
        return 0;
    }
}

/* `bytes` holds 13: the longest place where a version can stand, and then some. */
static CF_INLINE int cf_is_quic_initial(const __u8 *bytes) {
    __u32 version = cf_be32(bytes + 1);

    if (bytes[0] & 0x80) {
        if (version == 0x6b3343cf) /* version 2 numbers its packet types differently */
            return (bytes[0] & 0x70) == 0x50;
        if (version == 1 || version >> 8 == 0xff0000 || version >> 8 == 0xfaceb0)
            return (bytes[0] & 0x70) == 0x40;
        /* gQUIC Q044 to Q050, T050 and T051: the type stands in other bits in each, so all long headers are
         * taken. */
        return version >> 16 == 0x5130 || version >> 16 == 0x5430;
    }
    /* gQUIC before Q044: a version is only named until the server has agreed to it, by the client alone. */
    return (bytes[0] & 0xc9) == 0x09 && cf_be16(bytes + 9) == 0x5130;
}

static CF_INLINE void cf_find_tcp_hello(const struct cf_packet *packet, const struct cf_ip *ip,
                                        __u16 source_port, struct cf_hello *hello) {
    const __u8 *bytes = cf_bytes(packet, ip->upper, 20);
    __u32 offset;

    if (!bytes)
        return;
    hello->opens = (bytes[13] & 0x12) == 0x02; /* SYN without ACK */
    offset = ip->upper + (bytes[12] >> 4) * 4u;
    if (offset < ip->upper + 20 || offset >= ip->limit)
        return;
    hello->offset = offset;
    hello->total = ip->limit - offset;
    hello->tcp_sequence = cf_be32(bytes + 4);
    if (source_port == CF_PORT_DNS) {
        hello->kind = CF_HELLO_DNS;
        hello->client = 0;
        return;
    }
    bytes = cf_bytes(packet, offset, 9);
    if (!bytes || offset + 9 > ip->limit)
        return;
    if (bytes[0] == 22) {
        __u32 octets = cf_client_hello_octets(bytes);

        if (!octets)
            return;
        hello->kind = CF_HELLO_TLS;
        hello->await = octets > hello->total ? octets : 0;
    } else if (cf_is_http_request(bytes)) {
        hello->kind = CF_HELLO_HTTP;
        hello->await =
            CF_MAX_HTTP_HEAD; /* unless the end of the head is in sight, which who has the payload tells */
    }
}

static CF_INLINE void cf_find_udp_hello(const struct cf_packet *packet, const struct cf_ip *ip,
                                        __u16 source_port, struct cf_hello *hello) {
    const __u8 *bytes = cf_bytes(packet, ip->upper, 8 + 13);
    __u32 length;

    if (!bytes || ip->upper + 8 + 13 > ip->limit)
        return;
    length = cf_be16(bytes + 4);
    hello->offset = ip->upper + 8;
    hello->total = ip->limit - hello->offset;
    if (length >= 8 + 13 && length - 8 < hello->total)
        hello->total = length - 8;
    if (source_port == CF_PORT_DNS) {
        if (bytes[8 + 2] & 0x80) {
            hello->kind = CF_HELLO_DNS;
            hello->client = 0;
        }
    } else if (cf_is_quic_initial(bytes + 8)) {
        hello->kind = CF_HELLO_QUIC;
    }
}

/* Looks for a hello; hello->kind stays 0 if there is none. hello->total > 0: the packet has a TCP or UDP
 * payload. */
static CF_INLINE void cf_find_hello(const struct cf_packet *packet, const struct cf_ip *ip, __u16 source_port,
                                    struct cf_hello *hello) {
    hello->offset = 0;
    hello->total = 0;
    hello->tcp_sequence = 0;
    hello->await = 0;
    hello->kind = 0;
    hello->client = 1;
    hello->opens = 0;
    if (ip->fragment == CF_FRAGMENT_LATER)
        return;
    if (ip->protocol == CF_IPPROTO_TCP)
        cf_find_tcp_hello(packet, ip, source_port, hello);
    else if (ip->protocol == CF_IPPROTO_UDP)
        cf_find_udp_hello(packet, ip, source_port, hello);
}

/* Whether a segment lies in what is awaited. */
static CF_INLINE int cf_is_awaited(const struct cf_follow *follow, const struct cf_hello *hello) {
    __s32 before_end = (__s32)(follow->end - hello->tcp_sequence);

    return follow->left && hello->total && before_end > 0 && before_end <= CF_MAX_CLIENT_HELLO;
}

/* What a connection to this port starts with, if it starts with a hello at all: enum cf_hello_kind or 0. */
static CF_INLINE __u8 cf_kind_of_port(__u16 port) {
    switch (port) {
    case 80:
    case 8080:
        return CF_HELLO_HTTP;
    case 443:
    case 853:  /* DNS over TLS */
    case 993:  /* IMAP */
    case 5223: /* push notifications */
    case 5228:
    case 8443:
    case 8883: /* MQTT */
        return CF_HELLO_TLS;
    default:
        return 0;
    }
}

enum cf_part {
    CF_PART_NONE = 0,  /* of a hello: the segment belongs to none */
    CF_PART_START = 1, /* or all of it */
    CF_PART_REST = 2,
    CF_PART_EARLY = 3, /* perhaps: it may have overtaken the start */
};

/* What the frame is of a hello; sets its kind where the packet alone does not tell. */
static CF_INLINE int cf_part_of(struct cf_frame *frame, const struct cf_follow *follow, __u8 *watch) {
    struct cf_hello *hello = &frame->hello;

    if (hello->kind)
        return CF_PART_START;
    if (follow && cf_is_awaited(follow, hello)) {
        hello->kind = follow->kind;
        return CF_PART_REST;
    }
    if (!watch || !(*watch & CF_WATCH_EARLY) || !frame->uplink || !hello->total)
        return CF_PART_NONE;
    *watch -= 1;
    hello->kind = cf_kind_of_port(frame->key.peer_port);
    return hello->kind ? CF_PART_EARLY : CF_PART_NONE;
}

/* Notes what is still to come of a hello that was handed on; `ended`: nothing is. */
static CF_INLINE void cf_expect(struct cf_env *env, struct cf_follow *follow, int part, int ended) {
    const struct cf_hello *hello = &env->frame->hello;
    struct cf_follow fresh = {};

    if (part == CF_PART_REST && follow)
        follow->left = ended ? 0 : follow->left - 1;
    if (part != CF_PART_START || !hello->await || ended)
        return;
    fresh.end = hello->tcp_sequence + hello->await;
    fresh.kind = hello->kind;
    fresh.left = CF_MAX_AWAITED;
    cf_env_keep_follow(env, &fresh);
}

/* Has the record look at further segments as long as something is awaited in them. */
static CF_INLINE void cf_set_watch(struct cf_env *env, __u8 *watch, int part) {
    const struct cf_follow *follow = cf_env_follow(env);
    __u8 kept = part == CF_PART_START ? 0 : *watch & CF_WATCH_EARLY;

    *watch = kept | (follow && follow->left ? CF_WATCH_FOLLOWED : 0);
}

/* Last stage, for few packets: hands frame->hello on if it is one of this record's flow, or the rest of one.
 */
CF_RARE int cf_say_hello(cf_engine *engine, struct cf_frame *frame) {
    struct cf_follow *follow = 0;
    int part, said, tcp;
    struct cf_env env;
    __u8 *watch;

    if (!frame)
        return 0;
    env = cf_enter(engine, frame);
    cf_set_key(frame);
    watch = cf_env_watch(&env);
    tcp = frame->ip.protocol == CF_IPPROTO_TCP;
    if (tcp)
        follow = cf_env_follow(&env);
    part = cf_part_of(frame, follow, watch);
    if (part != CF_PART_NONE) {
        /* Answers matter to who is answered. Requests are a client's: the subscriber, unless it serves a
         * lower port. */
        if (frame->hello.kind == CF_HELLO_DNS)
            said = !frame->uplink;
        else
            said = frame->uplink || frame->both || frame->key.subscriber_port < frame->key.peer_port;
        if (said) {
            said = cf_env_hello(&env);
            cf_note(frame, said < 0 ? CF_NOTE_HELLO_DROPPED : CF_NOTE_HELLO);
            if (tcp && said >= 0)
                cf_expect(&env, follow, part, said);
        }
    }
    if (tcp && watch)
        cf_set_watch(&env, watch, part);
    if (part != CF_PART_START)
        frame->hello.kind = 0;
    return 0;
}

#endif
