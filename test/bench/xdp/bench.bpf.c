/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
/*
 * What the XDP program is measured against, and what gives it packets: `vary` puts a random subscriber into
 * the frame and goes on in the program of `next`, `generate` does the same and sends the frame out of an
 * interface.
 */
#include <linux/bpf.h>
#include <linux/types.h>

#include <bpf/bpf_endian.h>
#include <bpf/bpf_helpers.h>

char LICENSE[] SEC("license") = "Dual BSD/GPL";

/* Addresses below which flows differ, before their ports do. */
#define ADDRESSES 65536
#define LONGEST_HEADERS 256

struct settings {
    __u32 flows;
    __u32 address_offset; /* of the inner IPv4 source address, in octets from the frame's start */
    __u32 port_offset;
    __u32 send_to; /* interface index */
    __u32 skewed;  /* a few flows have most of the packets */
};

volatile struct settings settings SEC(".data.settings") = {1};

struct {
    __uint(type, BPF_MAP_TYPE_PROG_ARRAY);
    __uint(max_entries, 1);
    __type(key, __u32);
    __type(value, __u32);
} next SEC(".maps");

struct {
    __uint(type, BPF_MAP_TYPE_HASH);
    __uint(max_entries, 1 << 17);
    __type(key, __u32);
    __type(value, __u64);
} destinations SEC(".maps");

/* The low octets of 10.128.0.0/16 and the source port tell flows apart. */
static __always_inline int put(struct xdp_md *ctx, __u32 number) {
    void *data = (void *)(long)ctx->data, *end = (void *)(long)ctx->data_end;
    __u32 address = settings.address_offset & (LONGEST_HEADERS - 1),
          port = settings.port_offset & (LONGEST_HEADERS - 1);
    __u8 *low = data + address + 2;
    __u8 *source = data + port;
    if ((void *)(low + 2) > end || (void *)(source + 2) > end)
        return 0;
    low[0] = number >> 8;
    low[1] = number;
    number = 1024 + number / ADDRESSES;
    source[0] = number >> 8;
    source[1] = number;
    return 1;
}

static __always_inline __u32 any_flow(void) {
    __u32 flows = settings.flows;
    __u64 part;
    if (flows <= 1)
        return 1;
    if (!settings.skewed)
        return bpf_get_prandom_u32() % flows;
    /* A product of three: of 20,000 flows, 1 % has 16 % of the packets and half has 97 %. */
    part = (__u64)bpf_get_prandom_u32() * bpf_get_prandom_u32() >> 32;
    part = part * bpf_get_prandom_u32() >> 32;
    return part * flows >> 32;
}

SEC("xdp")
int vary(struct xdp_md *ctx) {
    if (!put(ctx, any_flow()))
        return XDP_ABORTED;
    bpf_tail_call(ctx, &next, 0);
    return XDP_ABORTED;
}

SEC("xdp")
int generate(struct xdp_md *ctx) {
    if (!put(ctx, any_flow()))
        return XDP_ABORTED;
    return bpf_redirect(settings.send_to, 0);
}

SEC("xdp")
int empty(struct xdp_md *ctx) {
    return XDP_DROP;
}

/* One counter for each destination: the least that a counting program can do. */
SEC("xdp")
int count_hash(struct xdp_md *ctx) {
    void *data = (void *)(long)ctx->data, *end = (void *)(long)ctx->data_end;
    __u32 *address = data + (settings.address_offset & (LONGEST_HEADERS - 1));
    __u64 one = 1, *count;
    __u32 key;
    if ((void *)(address + 1) > end)
        return XDP_PASS;
    key = *address;
    count = bpf_map_lookup_elem(&destinations, &key);
    if (count)
        __sync_fetch_and_add(count, 1);
    else
        bpf_map_update_elem(&destinations, &key, &one, BPF_ANY);
    return XDP_DROP;
}
