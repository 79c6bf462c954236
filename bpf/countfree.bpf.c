// SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause)
/*
 * The XDP program: runs the shared parser over each packet and answers its hooks from maps. `seen` and the
 * outcomes are tallied apart, so that user space can check that each packet got exactly one.
 */
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

#include "countfree_hooks.h"
#include "countfree_maps.h"
#include "countfree_drain.h"

char LICENSE[] SEC("license") = "Dual BSD/GPL";

static CF_INLINE void cf_env_packet(cf_engine *engine, const struct cf_frame *frame,
                                    struct cf_packet *packet) {
    packet->data = (const __u8 *)(long)engine->data;
    packet->end = (const __u8 *)(long)engine->data_end;
}

static CF_INLINE const struct cf_state *cf_env_state(struct cf_env *env) {
    return &state;
}

static CF_INLINE __u32 cf_env_masks(struct cf_env *env, __u32 type) {
    return state.mirror_masks[env->frame->slot & 1][type & (CF_MIRROR_TYPES - 1)];
}

static CF_INLINE const struct cf_mirror_entry *cf_env_only_mirror(struct cf_env *env, __u32 type) {
    __u32 slot = env->frame->slot & 1;

    type &= CF_MIRROR_TYPES - 1;
    return state.has_only[slot][type] ? &state.only[slot][type] : 0;
}

static CF_INLINE const struct cf_realm *cf_env_mirror(struct cf_env *env, const struct cf_mirror_key *key) {
    return bpf_map_lookup_elem(&mirrors, key);
}

static CF_INLINE const struct cf_range4 *cf_env_range4(struct cf_env *env, __u32 position) {
    return bpf_map_lookup_elem(&ranges4, &position);
}

static CF_INLINE const struct cf_range6 *cf_env_range6(struct cf_env *env, __u32 position) {
    return bpf_map_lookup_elem(&ranges6, &position);
}

static CF_INLINE void cf_env_keep_fragment(struct cf_env *env, const struct cf_fragment_key *key,
                                           const struct cf_fragment *value) {
    bpf_map_update_elem(&fragments, key, value, BPF_ANY);
}

static CF_INLINE const struct cf_fragment *cf_env_fragment(struct cf_env *env,
                                                           const struct cf_fragment_key *key) {
    return bpf_map_lookup_elem(&fragments, key);
}

static CF_INLINE struct cf_flow_counters *cf_env_global(struct cf_env *env, __u32 realm) {
    __u32 index = (env->frame->table & 1) * 65536 + (realm & 0xffff);

    return bpf_map_lookup_elem(&globals, &index);
}

static CF_INLINE __u64 *cf_env_used(struct cf_env *env) {
    return &state.used[env->frame->table & 1];
}

static CF_INLINE struct cf_subscriber_load *cf_env_load(struct cf_env *env,
                                                        const struct cf_subscriber_key *key) {
    struct cf_subscriber_load *load = bpf_map_lookup_elem(&subscribers, key), fresh = {};

    if (load)
        return load;
    bpf_map_update_elem(&subscribers, key, &fresh, BPF_NOEXIST);
    return bpf_map_lookup_elem(&subscribers, key);
}

static CF_INLINE struct cf_stream *cf_env_stream(struct cf_env *env, const struct cf_stream_key *key,
                                                 __u32 next) {
    struct cf_stream *stream = bpf_map_lookup_elem(&streams, key), fresh = {next};

    if (stream)
        return stream;
    bpf_map_update_elem(&streams, key, &fresh, BPF_NOEXIST);
    return bpf_map_lookup_elem(&streams, key);
}

static CF_INLINE struct cf_sequences *cf_env_sequences(struct cf_env *env) {
    __u32 zero = 0;
    struct cf_cpu *cpu = bpf_map_lookup_elem(&cpus, &zero);

    return cpu ? &cpu->tallies[env->frame->table & 1].sequences : 0;
}

static CF_INLINE int cf_env_exchange(__u32 *place, __u32 before, __u32 after) {
    return __sync_val_compare_and_swap(place, before, after) == before;
}

static CF_INLINE void cf_env_add(__u64 *counter, __u64 value) {
    __sync_fetch_and_add(counter, value);
}

#include "countfree_slots.h"
#include "countfree_say.h"

#include "countfree_parse.h"

static CF_INLINE void cf_tally_packet(struct cf_tallies *tally, const struct cf_result *result) {
    __u64 outcome = result->outcome, octets = result->octets;
    __u32 notes = result->notes;

    /* As in cf_bytes: what is checked must be what is used. */
    asm volatile("" : "+r"(outcome));
    tally->seen.packets++;
    tally->seen.octets += octets;
    if (outcome < CF_OUTCOME_COUNT) {
        tally->outcomes[outcome].packets++;
        tally->outcomes[outcome].octets += octets;
    }
    if (!notes)
        return;
    for (int i = 0; i < CF_NOTE_COUNT; i++) {
        if (notes >> i & 1) {
            tally->notes[i].packets++;
            tally->notes[i].octets += octets;
        }
    }
}

static CF_INLINE int cf_run(struct xdp_md *ctx, int frags) {
    struct cf_frame *frame;
    struct cf_cpu *cpu;
    __u32 zero = 0, table;

    if (cf_replaying && !replay.armed)
        return XDP_PASS;
    cpu = bpf_map_lookup_elem(&cpus, &zero);
    if (!cpu)
        return XDP_PASS; /* cannot be: the map has this element */
    table = state.active & 1;
    frame = &cpu->frame;
    frame->now = cf_ticks();
    frame->table = table;
    frame->slot = state.slot & 1;
    if (cf_replaying)
        frame->wire = replay.wire;
    else
        frame->wire = frags ? bpf_xdp_get_buff_len(ctx) : (__u32)(ctx->data_end - ctx->data);
    if (cf_replaying && !state.opened_time[table])
        state.opened_time[table] = frame->now;
    /* A frame too short to be given to the kernel comes padded; what it held is in `replay`. */
    if (cf_replaying && replay.captured < CF_ETHERNET_HEADER)
        cf_process_stub(frame);
    else
        cf_process(ctx, frame);
    cf_tally_packet(&cpu->tallies[table], &frame->result);
    return frame->result.mirrored && state.drop_mirrored ? XDP_DROP : XDP_PASS;
}

SEC("xdp")
int countfree(struct xdp_md *ctx) {
    return cf_run(ctx, 0);
}

/* For an MTU that takes several buffers a packet: asking for the length over all of them costs each packet a
 * call. */
SEC("xdp.frags")
int countfree_frags(struct xdp_md *ctx) {
    return cf_run(ctx, 1);
}
