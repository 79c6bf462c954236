/* SPDX-License-Identifier: Apache-2.0 */
/* The user-space engine's tables, and its answers to the shared parser's hooks (bpf/countfree_hooks.h). */
#ifndef COUNTFREE_USER_TABLES_H
#define COUNTFREE_USER_TABLES_H

#include <linux/types.h>

#include <cstring>
#include <map>
#include <vector>

#include "../bpf/countfree_record.h"
#include "flat_table.h"
#include "ring.h"

using FlowTable = countfree::FlatTable<cf_hour_key, cf_flow_value>;

struct cf_user_engine {
    cf_user_engine(uint32_t flowRingBytes, uint32_t helloRingBytes, uint32_t fragmentCount,
                   uint32_t subscriberCount, uint32_t followCount, uint32_t streamCount, uint64_t seed)
        : flows{FlowTable(seed), FlowTable(seed)}, fragments(fragmentCount, seed),
          subscribers(subscriberCount, seed), follows(followCount, seed), streams(streamCount, seed),
          flowRing(flowRingBytes), helloRing(helloRingBytes) {}

    cf_state state{};
    cf_tallies tallies[2]{};
    FlowTable flows[2];
    size_t drained = 0;                              /* entries of the closed table that stand in the ring */
    std::map<uint32_t, cf_flow_counters> globals[2]; /* by realm: as many as there are realms */
    countfree::BoundedTable<cf_fragment_key, cf_fragment> fragments;
    countfree::BoundedTable<cf_subscriber_key, cf_subscriber_load> subscribers;
    countfree::BoundedTable<cf_flow_key, cf_follow> follows;
    countfree::BoundedTable<cf_stream_key, cf_stream> streams;
    std::vector<cf_mirror_entry> mirrors;
    std::vector<cf_range4> ranges4;
    std::vector<cf_range6> ranges6;
    countfree::UserRing flowRing;
    countfree::UserRing helloRing;
    cf_packet packet{};
    cf_frame frame{};
    uint64_t lastTime = 0; /* of the packet before */
};

static CF_INLINE void cf_env_packet(cf_engine *engine, const struct cf_frame *, struct cf_packet *packet) {
    *packet = engine->packet;
}

static CF_INLINE const struct cf_state *cf_env_state(struct cf_env *env) {
    return &env->engine->state;
}

static CF_INLINE __u32 cf_env_masks(struct cf_env *env, __u32 type) {
    return env->engine->state.mirror_masks[0][type & (CF_MIRROR_TYPES - 1)];
}

static CF_INLINE const struct cf_mirror_entry *cf_env_only_mirror(struct cf_env *env, __u32 type) {
    const cf_state &state = env->engine->state;

    type &= CF_MIRROR_TYPES - 1;
    return state.has_only[0][type] ? &state.only[0][type] : nullptr;
}

static CF_INLINE const struct cf_realm *cf_env_mirror(struct cf_env *env, const struct cf_mirror_key *key) {
    for (const cf_mirror_entry &entry : env->engine->mirrors)
        if (std::memcmp(&entry.key, key, sizeof(*key)) == 0)
            return &entry.realm;
    return nullptr;
}

static CF_INLINE const struct cf_range4 *cf_env_range4(struct cf_env *env, __u32 position) {
    return &env->engine->ranges4[position];
}

static CF_INLINE const struct cf_range6 *cf_env_range6(struct cf_env *env, __u32 position) {
    return &env->engine->ranges6[position];
}

static CF_INLINE void cf_env_keep_fragment(struct cf_env *env, const struct cf_fragment_key *key,
                                           const struct cf_fragment *value) {
    env->engine->fragments.put(*key, *value);
}

static CF_INLINE const struct cf_fragment *cf_env_fragment(struct cf_env *env,
                                                           const struct cf_fragment_key *key) {
    return env->engine->fragments.find(*key);
}

static CF_INLINE struct cf_flow_value *cf_user_flow(struct cf_env *env) {
    return env->engine->flows[env->frame->table & 1].find(env->frame->hour_key);
}

static CF_INLINE __u8 *cf_env_count(struct cf_env *env) {
    cf_set_key(env->frame);
    struct cf_flow_value *value = cf_user_flow(env);
    if (value == nullptr)
        return nullptr;
    cf_add_frame(&value->counters, env->frame);
    return &value->watch;
}

static CF_INLINE __u8 *cf_env_watch(struct cf_env *env) {
    struct cf_flow_value *value = cf_user_flow(env);

    return value == nullptr ? nullptr : &value->watch;
}

static CF_INLINE struct cf_flow_counters *cf_env_coarse(struct cf_env *env) {
    struct cf_flow_value *value = cf_user_flow(env);

    return value == nullptr ? nullptr : &value->counters;
}

static CF_INLINE int cf_env_new_record(struct cf_env *env, __u8 watch) {
    struct cf_flow_value value {};

    value.watch = watch;
    value.counters.first_time = env->frame->now;
    cf_add_frame(&value.counters, env->frame);
    env->engine->flows[env->frame->table & 1].insert(env->frame->hour_key, value);
    return 0;
}

static CF_INLINE struct cf_follow *cf_env_follow(struct cf_env *env) {
    return env->engine->follows.find(env->frame->key);
}

static CF_INLINE void cf_env_keep_follow(struct cf_env *env, const struct cf_follow *follow) {
    env->engine->follows.put(env->frame->key, *follow);
}

static CF_INLINE struct cf_flow_counters *cf_env_global(struct cf_env *env, __u32 realm) {
    return &env->engine->globals[env->frame->table & 1][realm];
}

static CF_INLINE __u64 *cf_env_used(struct cf_env *env) {
    return &env->engine->state.used[env->frame->table & 1];
}

static CF_INLINE struct cf_subscriber_load *cf_env_load(struct cf_env *env,
                                                        const struct cf_subscriber_key *key) {
    struct cf_subscriber_load *load = env->engine->subscribers.find(*key);

    return load != nullptr ? load : env->engine->subscribers.put(*key, {});
}

static CF_INLINE struct cf_stream *cf_env_stream(struct cf_env *env, const struct cf_stream_key *key,
                                                 __u32 next) {
    struct cf_stream *stream = env->engine->streams.find(*key);

    return stream != nullptr ? stream : env->engine->streams.put(*key, {next, 0});
}

static CF_INLINE struct cf_sequences *cf_env_sequences(struct cf_env *env) {
    return &env->engine->tallies[env->frame->table & 1].sequences;
}

static CF_INLINE int cf_env_exchange(__u32 *place, __u32, __u32 after) {
    *place = after;
    return 1;
}

static CF_INLINE void cf_env_add(__u64 *counter, __u64 value) {
    *counter += value;
}

int cf_user_hello(struct cf_env *env);

static CF_INLINE int cf_env_hello(struct cf_env *env) {
    return cf_user_hello(env);
}

#endif
