/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
/* The bytes of one packet, and safe reads from them. Compiles as BPF and as C or C++ in user space. */
#ifndef COUNTFREE_PACKET_H
#define COUNTFREE_PACKET_H

#if __BYTE_ORDER__ != __ORDER_LITTLE_ENDIAN__
#error "Countfree's records are read as little-endian"
#endif

#define CF_INLINE inline __attribute__((always_inline))

/* Headers are looked for this far into a packet; a chain that runs on beyond it is counted without ports. */
#define CF_MAX_HEADERS 1023

struct cf_packet {
    const __u8 *data;
    const __u8 *end; /* of the bytes at hand: those on the wire may be more */
};

/* `length` bytes at `offset`, or 0 if the packet at hand does not hold them or they lie beyond
 * CF_MAX_HEADERS. */
static CF_INLINE const __u8 *cf_bytes(const struct cf_packet *packet, __u64 offset, __u64 length) {
#ifdef __bpf__
    const __u8 *start;

    /* Keeps the compiler from checking one copy of the offset and using another, which the verifier cannot
     * follow. */
    asm volatile("" : "+r"(offset));
    if (offset > CF_MAX_HEADERS)
        return 0;
    start = packet->data + offset;
    if (start + length > packet->end)
        return 0;
    return start;
#else
    if (offset > CF_MAX_HEADERS || offset + length > (__u64)(packet->end - packet->data))
        return 0;
    return packet->data + offset;
#endif
}

static CF_INLINE __u16 cf_be16(const __u8 *bytes) {
    return (__u16)((__u16)bytes[0] << 8 | bytes[1]);
}

static CF_INLINE __u32 cf_be32(const __u8 *bytes) {
    return (__u32)bytes[0] << 24 | (__u32)bytes[1] << 16 | (__u32)bytes[2] << 8 | bytes[3];
}

/* Reads host-order integers from an unaligned place. */
static CF_INLINE __u64 cf_load64(const __u8 *bytes) {
    __u64 value;

    __builtin_memcpy(&value, bytes, sizeof(value));
    return value;
}

static CF_INLINE __u32 cf_load32(const __u8 *bytes) {
    __u32 value;

    __builtin_memcpy(&value, bytes, sizeof(value));
    return value;
}

/* What remains from `offset` to `limit`. */
static CF_INLINE __u32 cf_left(__u32 limit, __u32 offset) {
    return limit > offset ? limit - offset : 0;
}

#endif
