/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
/* The maps and globals of the BPF object. User space sets the sizes; all but scratch and replay are pinned.
 */
#ifndef COUNTFREE_MAPS_H
#define COUNTFREE_MAPS_H

#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

#include "countfree_hooks.h"

/* Constant from load on, so the verifier drops what the mode does not need. */
const volatile struct cf_constants constants SEC(".rodata.constants") = {};
#define cf_replaying constants.replaying
#define cf_cpus constants.cpus

/* User space maps these and writes to them while packets arrive. */
struct cf_state state SEC(".data.state");
struct cf_replay replay SEC(".data.replay");

struct cf_flow_table {
    __uint(type, BPF_MAP_TYPE_HASH);
    __uint(map_flags, BPF_F_NO_PREALLOC); /* most flows stand in slots, so memory goes to those that do not */
    __type(key, struct cf_hour_key);
    __type(value, struct cf_flow_value);
    __uint(max_entries, 1024);
};

struct cf_flow_table flows_0 SEC(".maps");
struct cf_flow_table flows_1 SEC(".maps");

/* Records of coarser steps that come when `flows` are taken. Maps of their own, as the kernel doubles a hash
 * map's buckets for whatever exceeds a power of two. */
struct cf_flow_table spare_0 SEC(".maps");
struct cf_flow_table spare_1 SEC(".maps");

/* By table: IPv4 flows, see countfree_slots.h. */
struct {
    __uint(type, BPF_MAP_TYPE_ARRAY);
    __type(key, __u32);
    __type(value, struct cf_slot);
    __uint(max_entries, 2 * CF_SLOT_RUN);
} slots SEC(".maps");

/* Of each run of slots: not 0 if one of them was taken. */
struct {
    __uint(type, BPF_MAP_TYPE_ARRAY);
    __type(key, __u32);
    __type(value, __u64);
    __uint(max_entries, 2);
} slot_runs SEC(".maps");

struct {
    __uint(type, BPF_MAP_TYPE_LRU_HASH);
    __type(key, struct cf_stream_key);
    __type(value, struct cf_stream);
    __uint(max_entries, 1024);
} streams SEC(".maps");

struct {
    __uint(type, BPF_MAP_TYPE_LRU_HASH);
    __type(key, struct cf_flow_key);
    __type(value, struct cf_follow);
    __uint(max_entries, 16384);
} follows SEC(".maps");

/* By table, then realm: what found no room in the flow table at all. An array, so that it never fails. */
struct {
    __uint(type, BPF_MAP_TYPE_ARRAY);
    __type(key, __u32);
    __type(value, struct cf_flow_counters);
    __uint(max_entries, 2 * 65536);
} globals SEC(".maps");

/* What each CPU has for itself. The frame only serves the packet at hand: it is too large to be cleared on a
 * stack. */
struct cf_cpu {
    struct cf_tallies tallies[2]; /* by table */
    struct cf_frame frame;
};

struct {
    __uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
    __type(key, __u32);
    __type(value, struct cf_cpu);
    __uint(max_entries, 1);
} cpus SEC(".maps");

struct {
    __uint(type, BPF_MAP_TYPE_LRU_HASH);
    __type(key, struct cf_fragment_key);
    __type(value, struct cf_fragment);
    __uint(max_entries, 1024);
} fragments SEC(".maps");

struct {
    __uint(type, BPF_MAP_TYPE_LRU_HASH);
    __type(key, struct cf_subscriber_key);
    __type(value, struct cf_subscriber_load);
    __uint(max_entries, 1024);
} subscribers SEC(".maps");

struct {
    __uint(type, BPF_MAP_TYPE_HASH);
    __type(key, struct cf_mirror_key);
    __type(value, struct cf_realm);
    __uint(max_entries, 2 * CF_MAX_MIRRORS);
} mirrors SEC(".maps");

struct {
    __uint(type, BPF_MAP_TYPE_ARRAY);
    __type(key, __u32);
    __type(value, struct cf_range4);
    __uint(max_entries, 2 * CF_MAX_RANGES);
} ranges4 SEC(".maps");

struct {
    __uint(type, BPF_MAP_TYPE_ARRAY);
    __type(key, __u32);
    __type(value, struct cf_range6);
    __uint(max_entries, 2 * CF_MAX_RANGES);
} ranges6 SEC(".maps");

struct {
    __uint(type, BPF_MAP_TYPE_RINGBUF);
    __uint(max_entries, 4096);
} flow_ring SEC(".maps");

struct {
    __uint(type, BPF_MAP_TYPE_RINGBUF);
    __uint(max_entries, 4096);
} hello_ring SEC(".maps");

/* Where a hello is put together: too large for the stack. */
struct cf_scratch {
    struct cf_hello_record head;
    __u8 payload[CF_HELLO_MAX_PAYLOAD + 8];
};

struct {
    __uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
    __type(key, __u32);
    __type(value, struct cf_scratch);
    __uint(max_entries, 1);
} scratch SEC(".maps");

static CF_INLINE __u64 cf_ticks(void) {
    return cf_replaying ? replay.time : bpf_jiffies64();
}

#endif
