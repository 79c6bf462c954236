/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
/*
 * Recognises the packets that name a destination: TLS ClientHello (RFC 8446), HTTP request head (RFC 9112),
 * QUIC Initial (RFC 9000, 9369, drafts, gQUIC), DNS answer (RFC 1035). It only decides; what they say is read
 * in user space.
 */
#ifndef COUNTFREE_HELLO_H
#define COUNTFREE_HELLO_H

#include "countfree_hooks.h"

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
    if (ip->fragment == CF_FRAGMENT_LATER)
        return;
    if (ip->protocol == CF_IPPROTO_TCP)
        cf_find_tcp_hello(packet, ip, source_port, hello);
    else if (ip->protocol == CF_IPPROTO_UDP)
        cf_find_udp_hello(packet, ip, source_port, hello);
}

/* Starts to follow a hello over further segments of its flow, or counts down on one that is followed. */
static CF_INLINE void cf_follow(struct cf_flow_value *value, const struct cf_hello *hello, int followed,
                                int ended) {
    if (followed) {
        value->await_left = ended ? 0 : value->await_left - 1;
    } else if (hello->await && !ended) {
        value->await_end = hello->tcp_sequence + hello->await;
        value->await_kind = hello->kind;
        value->await_left = CF_MAX_AWAITED;
    }
}

/* Whether a segment lies in what is awaited. */
static CF_INLINE int cf_is_awaited(const struct cf_flow_value *value, const struct cf_hello *hello) {
    __s32 before_end = (__s32)(value->await_end - hello->tcp_sequence);

    return value->await_left && hello->total && before_end > 0 && before_end <= CF_MAX_CLIENT_HELLO;
}

/* Last stage, for few packets: hands frame->hello on if it is one of this record's flow, or the rest of one.
 */
CF_RARE int cf_say_hello(cf_engine *engine, struct cf_frame *frame) {
    struct cf_flow_value *value;
    int followed = 0, said;
    struct cf_env env;

    if (!frame)
        return 0;
    env = cf_enter(engine, frame);
    value = cf_env_flow(&env, &frame->key);
    if (frame->hello.kind == 0) {
        if (!value || !cf_is_awaited(value, &frame->hello))
            return 0;
        frame->hello.kind = value->await_kind;
        followed = 1;
    }
    /* Answers matter to who is answered. Requests are a client's: the subscriber, unless it serves a lower
     * port. */
    if (frame->hello.kind == CF_HELLO_DNS)
        said = !frame->uplink;
    else
        said = frame->uplink || frame->both || frame->key.subscriber_port < frame->key.peer_port;
    if (said) {
        said = cf_env_hello(&env);
        cf_note(frame, said < 0 ? CF_NOTE_HELLO_DROPPED : CF_NOTE_HELLO);
        if (value && said >= 0)
            cf_follow(value, &frame->hello, followed, said);
    }
    if (followed)
        frame->hello.kind = 0;
    return 0;
}

#endif
