/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
/*
 * Closing an epoch. User space calls cf_close (which flips the tables), waits one RCU grace period, marks the
 * closed table quiet, and calls cf_drain until it is done. Each step is whole even if the caller dies after
 * it: what is left stands in `state`, and nothing but these programs touches a quiet table.
 */
#ifndef COUNTFREE_DRAIN_H
#define COUNTFREE_DRAIN_H

#include "countfree_maps.h"

#define CF_MAX_CPUS 4096
#define CF_EAGAIN 11
#define CF_EBUSY 16

struct bpf_map;

struct cf_walk {
    __u32 table;
    __u32 epoch;
    __u32 left;
    __u32 full;     /* or there is more than one call takes */
    __u32 position; /* of the next slot */
    __u32 end;
};

static CF_INLINE __u64 cf_unix_us(__u64 ticks) {
    return (ticks * state.tick_ns + state.clock_base_ns) / 1000;
}

/* Not inlined, here and below, so that the object's BTF shows the record to test/bpf/layout.test.ts. */
static __attribute__((noinline)) void cf_fill_flow(struct cf_flow_record *record, __u32 epoch,
                                                   const struct cf_flow_key *key,
                                                   const struct cf_flow_counters *counters) {
    record->kind = CF_RECORD_FLOW;
    record->epoch = epoch;
    record->key = *key;
    record->counters = *counters;
    record->counters.first_time = cf_unix_us(counters->first_time);
    record->counters.last_time = cf_unix_us(counters->last_time);
}

static CF_INLINE int cf_put_flow(struct cf_walk *walk, const struct cf_flow_key *key,
                                 const struct cf_flow_counters *counters) {
    struct cf_flow_record *record = bpf_ringbuf_reserve(&flow_ring, sizeof(*record), 0);

    if (!record) {
        walk->full = 1;
        return -1;
    }
    cf_fill_flow(record, walk->epoch, key, counters);
    bpf_ringbuf_submit(record, BPF_RB_NO_WAKEUP);
    walk->left--;
    return 0;
}

static long cf_drain_flow(struct bpf_map *map, struct cf_hour_key *key, struct cf_flow_value *value,
                          struct cf_walk *walk) {
    if (!walk->left || cf_put_flow(walk, &key->flow, &value->counters))
        return 1;
    bpf_map_delete_elem(map, key);
    state.hashed[walk->table & 1]--;
    return 0;
}

/* The time of a slot, as UNIX microseconds. */
static CF_INLINE __u64 cf_unix_us_of_slot(const struct cf_walk *walk, __u32 time) {
    return cf_unix_us(state.opened_time[walk->table & 1] + time - CF_SLOT_EPOCH);
}

static CF_INLINE int cf_put_slot(struct cf_walk *walk, const struct cf_slot *slot) {
    struct cf_flow_record *record = bpf_ringbuf_reserve(&flow_ring, sizeof(*record), 0);
    __u64 *words;

    if (!record) {
        walk->full = 1;
        return -1;
    }
    words = (__u64 *)&record->key;
    record->kind = CF_RECORD_FLOW;
    record->epoch = walk->epoch;
    words[0] = 0;
    words[1] = cf_mapped(slot->subscriber);
    words[2] = 0;
    words[3] = cf_mapped(slot->peer);
    words[4] = slot->peer_and_ports >> 32 | (__u64)(slot->realm_and_protocol & CF_SLOT_KEY_MASK) << 32;
    record->counters.octets_up = slot->octets_up;
    record->counters.octets_down = slot->octets_down;
    record->counters.packets_up = slot->packets_up;
    record->counters.packets_down = slot->packets_down;
    record->counters.first_time = cf_unix_us_of_slot(walk, slot->first);
    record->counters.last_time = cf_unix_us_of_slot(walk, slot->last);
    bpf_ringbuf_submit(record, BPF_RB_NO_WAKEUP);
    walk->left--;
    return 0;
}

/* One slot, or a run of them where none was taken. A slot is freed only once its record stands in the ring.
 */
static long cf_drain_slot(__u32 index, struct cf_walk *walk) {
    __u32 position = walk->position, run = position / CF_SLOT_RUN;
    struct cf_slot *slot;
    __u64 *taken;

    if (position >= walk->end)
        return 1;
    taken = bpf_map_lookup_elem(&slot_runs, &run);
    slot = bpf_map_lookup_elem(&slots, &position);
    if (!taken || !slot)
        return 1;
    if (!*taken) {
        walk->position = (run + 1) * CF_SLOT_RUN;
        return 0;
    }
    if (slot->tag) {
        if (!walk->left || cf_put_slot(walk, slot))
            return 1;
        __builtin_memset(slot, 0, sizeof(*slot));
    }
    walk->position = ++position;
    if (position % CF_SLOT_RUN == 0)
        *taken = 0;
    return 0;
}

/* Goes on where the call before stopped. Returns 1 once all slots of the table are free. */
static CF_INLINE int cf_drain_slots(struct cf_walk *walk) {
    const __u32 first = walk->table & 1 ? state.slots : 0;

    walk->position = first + state.drained_slots;
    walk->end = first + state.slots;
    bpf_loop(1 << 23, cf_drain_slot, walk, 0);
    state.drained_slots = walk->position - first;
    return walk->position >= walk->end;
}

static long cf_drain_global(__u32 realm, struct cf_walk *walk) {
    __u32 index = (walk->table & 1) * 65536 + (realm & 0xffff);
    struct cf_flow_counters *counters = bpf_map_lookup_elem(&globals, &index);
    struct cf_flow_key key = {};

    if (!counters || !(counters->packets_up + counters->packets_down))
        return 0;
    key.realm = realm;
    key.shape = CF_STEP_GLOBAL;
    if (!walk->left || cf_put_flow(walk, &key, counters))
        return 1;
    __builtin_memset(counters, 0, sizeof(*counters));
    return 0;
}

static CF_INLINE void cf_sum(struct cf_tally *into, struct cf_tally *from) {
    into->packets += from->packets;
    into->octets += from->octets;
}

static CF_INLINE int cf_any_global(__u32 table) {
    __u32 zero = 0;

    for (__u32 cpu = 0; cpu < CF_MAX_CPUS; cpu++) {
        struct cf_cpu *own;

        if (cpu >= cf_cpus)
            return 0;
        own = bpf_map_lookup_percpu_elem(&cpus, &zero, cpu);
        if (own && own->tallies[table & 1].notes[CF_NOTE_STEP_GLOBAL].packets)
            return 1;
    }
    return 0;
}

/* Moves the tallies of all CPUs into the record. */
static __attribute__((noinline)) void cf_fill_epoch_end(struct cf_epoch_end_record *record, __u32 epoch,
                                                        __u32 table) {
    __u32 zero = 0;

    __builtin_memset(record, 0, sizeof(*record));
    record->kind = CF_RECORD_EPOCH_END;
    record->epoch = epoch;
    record->opened_time = cf_unix_us(state.opened_time[table & 1]);
    record->closed_time = cf_unix_us(state.closed_time);
    for (__u32 cpu = 0; cpu < CF_MAX_CPUS; cpu++) {
        struct cf_tallies *tally;
        struct cf_cpu *own;

        if (cpu >= cf_cpus)
            break;
        own = bpf_map_lookup_percpu_elem(&cpus, &zero, cpu);
        if (!own)
            continue;
        tally = &own->tallies[table & 1];
        cf_sum(&record->seen, &tally->seen);
        for (int i = 0; i < CF_OUTCOME_COUNT; i++)
            cf_sum(&record->outcomes[i], &tally->outcomes[i]);
        for (int i = 0; i < CF_NOTE_COUNT; i++)
            cf_sum(&record->notes[i], &tally->notes[i]);
        record->sequences.numbered += tally->sequences.numbered;
        record->sequences.missed += tally->sequences.missed;
        record->sequences.late += tally->sequences.late;
        __builtin_memset(tally, 0, sizeof(*tally));
    }
}

static CF_INLINE int cf_put_epoch_end(struct cf_walk *walk) {
    struct cf_epoch_end_record *record = bpf_ringbuf_reserve(&flow_ring, sizeof(*record), 0);

    if (!record)
        return -1;
    cf_fill_epoch_end(record, walk->epoch, walk->table & 1);
    state.used[walk->table & 1] = 0;
    state.drained_slots = 0;
    state.phase = CF_PHASE_DRAINED;
    bpf_ringbuf_submit(record, BPF_RB_NO_WAKEUP);
    return 0;
}

SEC("syscall")
int cf_close(struct cf_close_args *args) {
    __u32 closed = state.active & 1, opened = closed ^ 1;
    __u64 now = cf_ticks();

    if (state.phase != CF_PHASE_DRAINED) {
        args->error = -CF_EBUSY;
        return 0;
    }
    state.clock_base_ns = args->clock_base_ns;
    state.closed_time = now;
    /* A capture's epoch opens with its first packet; the wire's at once. */
    state.opened_time[opened] = cf_replaying ? 0 : now;
    if (!state.opened_time[closed])
        state.opened_time[closed] = now;
    state.phase = CF_PHASE_GRACE;
    args->epoch = state.epoch++;
    args->error = 0;
    /* An exchange is a full barrier: no packet sees the flip before what stands above. */
    __sync_lock_test_and_set(&state.active, opened);
    return 0;
}

static CF_INLINE void cf_drain_records(struct cf_walk *walk) {
    if (!cf_drain_slots(walk)) {
        walk->full = 1;
        return;
    }
    if (!state.hashed[walk->table & 1])
        return;
    if (walk->table) {
        bpf_for_each_map_elem(&flows_1, cf_drain_flow, walk, 0);
        bpf_for_each_map_elem(&spare_1, cf_drain_flow, walk, 0);
    } else {
        bpf_for_each_map_elem(&flows_0, cf_drain_flow, walk, 0);
        bpf_for_each_map_elem(&spare_0, cf_drain_flow, walk, 0);
    }
}

SEC("syscall")
int cf_drain(struct cf_drain_args *args) {
    struct cf_walk walk = {
        .table = (state.active & 1) ^ 1,
        .epoch = state.epoch - 1,
        .left = args->max_records,
    };

    args->records = 0;
    args->done = 0;
    args->error = 0;
    if (state.phase == CF_PHASE_DRAINED) {
        args->done = 1;
        return 0;
    }
    if (state.phase != CF_PHASE_QUIET) {
        args->error = -CF_EAGAIN;
        return 0;
    }
    cf_drain_records(&walk);
    if (walk.left && !walk.full && cf_any_global(walk.table))
        bpf_loop(65536, cf_drain_global, &walk, 0);
    if (walk.left && !walk.full && cf_put_epoch_end(&walk) == 0)
        args->done = 1;
    args->records = args->max_records - walk.left;
    return 0;
}

/* User space reads CLOCK_MONOTONIC_COARSE before and after: if it stood still, the two name one instant. */
SEC("syscall")
int cf_clock(struct cf_clock_args *args) {
    args->ticks = bpf_jiffies64();
    return 0;
}

#endif
