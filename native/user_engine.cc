/* SPDX-License-Identifier: Apache-2.0 */
#include "user_engine.h"

#include <sys/random.h>

#include <algorithm>
#include <cerrno>
#include <ctime>

#include "user_tables.h"

#include "../bpf/countfree_parse.h"

namespace countfree {

namespace {

constexpr uint32_t kSubscribers = 131072;
constexpr uint32_t kFollows = 16384;
constexpr uint32_t kStreams = 1024;

uint64_t randomSeed() {
    uint64_t seed = 0;
    if (getrandom(&seed, sizeof(seed), 0) != sizeof(seed))
        throw EngineError(errno, std::string("no random bytes for a hash seed: ") + std::strerror(errno));
    return seed;
}

uint64_t wallTime() {
    timespec now{};
    clock_gettime(CLOCK_REALTIME, &now);
    return static_cast<uint64_t>(now.tv_sec) * 1000000000u + static_cast<uint64_t>(now.tv_nsec);
}

void add(cf_tally &tally, uint64_t octets) {
    tally.packets++;
    tally.octets += octets;
}

void addResult(cf_tallies &tallies, const cf_result &result) {
    add(tallies.seen, result.octets);
    add(tallies.outcomes[result.outcome], result.octets);
    for (int note = 0; note < CF_NOTE_COUNT; note++)
        if (result.notes >> note & 1)
            add(tallies.notes[note], result.octets);
}

cf_flow_counters inMicroseconds(cf_flow_counters counters) {
    counters.first_time /= 1000;
    counters.last_time /= 1000;
    return counters;
}

} // namespace

UserEngine::UserEngine(const EngineSettings &settings)
    : settings_(settings),
      tables_(std::make_unique<cf_user_engine>(settings.flowRingBytes, settings.helloRingBytes,
                                               settings.fragments, kSubscribers, kFollows, kStreams,
                                               randomSeed())) {
    apply(settings, tables_->state);
    begin(tables_->state);
    tables_->state.tick_ns = 1;
    tables_->state.ticks_per_second = 1000000000;
    if (settings.live)
        tables_->state.opened_time[0] = wallTime();
}

UserEngine::~UserEngine() = default;

cf_user_engine &UserEngine::tables() const {
    if (!tables_)
        throw EngineError(EBADF, "the engine is closed");
    return *tables_;
}

const cf_state &UserEngine::state() const {
    return tables().state;
}

RingReader &UserEngine::ring(bool hellos) const {
    return hellos ? tables().helloRing : tables().flowRing;
}

int UserEngine::packet(const uint8_t *frame, uint32_t capturedOctets, uint32_t wireOctets, uint64_t timeNs) {
    if (!tables_)
        return -EBADF;
    cf_user_engine &engine = *tables_;
    if (!settings_.live) {
        const int refused = refusal(engine.state, engine.helloRing.room());
        if (refused != PACKET_TAKEN)
            return refused;
    }
    cf_frame &work = engine.frame;
    work.now = timeNs;
    work.table = engine.state.active & 1;
    work.wire = wireOctets;
    engine.packet.data = frame;
    engine.packet.end = frame + capturedOctets;
    engine.lastTime = timeNs;
    if (engine.state.opened_time[work.table] == 0)
        engine.state.opened_time[work.table] = timeNs;
    if (capturedOctets < CF_ETHERNET_HEADER)
        cf_process_stub(&work);
    else
        cf_process(&engine, &work);
    addResult(engine.tallies[work.table], work.result);
    return PACKET_TAKEN;
}

void UserEngine::configure(const Realms &realms) {
    cf_user_engine &engine = tables();
    engine.mirrors = realms.mirrors;
    engine.ranges4 = realms.ranges4;
    engine.ranges6 = realms.ranges6;
    describeMirrors(realms, 0, engine.state);
}

uint32_t UserEngine::closeEpoch() {
    cf_state &state = tables().state;
    if (state.phase != CF_PHASE_DRAINED)
        throw EngineError(EBUSY, "epoch " + std::to_string(state.epoch - 1) +
                                     " still has records: drain it until done before the next is closed");
    state.closed_time = settings_.live ? wallTime() : tables().lastTime;
    if (state.opened_time[state.active] == 0)
        state.opened_time[state.active] = state.closed_time;
    state.active ^= 1;
    state.opened_time[state.active] = settings_.live ? state.closed_time : 0;
    state.phase = CF_PHASE_QUIET;
    return state.epoch++;
}

bool UserEngine::putFlow(const cf_flow_key &key, const cf_flow_counters &counters, uint32_t epoch) {
    const cf_flow_record record = {CF_RECORD_FLOW, epoch, key, inMicroseconds(counters)};
    UserRing &ring = tables().flowRing;
    uint8_t *place = ring.reserve(sizeof(record));
    if (place == nullptr)
        return false;
    std::memcpy(place, &record, sizeof(record));
    ring.commit(sizeof(record));
    return true;
}

bool UserEngine::putEpochEnd(uint32_t table) {
    cf_user_engine &engine = tables();
    cf_epoch_end_record record{};
    uint8_t *place = engine.flowRing.reserve(sizeof(record));
    if (place == nullptr)
        return false;
    record.kind = CF_RECORD_EPOCH_END;
    record.epoch = engine.state.epoch - 1;
    record.opened_time = engine.state.opened_time[table] / 1000;
    record.closed_time = engine.state.closed_time / 1000;
    record.seen = engine.tallies[table].seen;
    std::memcpy(record.outcomes, engine.tallies[table].outcomes, sizeof(record.outcomes));
    std::memcpy(record.notes, engine.tallies[table].notes, sizeof(record.notes));
    record.sequences = engine.tallies[table].sequences;
    std::memcpy(place, &record, sizeof(record));
    engine.flowRing.commit(sizeof(record));
    engine.tallies[table] = {};
    engine.flows[table].clear();
    engine.drained = 0;
    engine.state.used[table] = 0;
    engine.state.phase = CF_PHASE_DRAINED;
    return true;
}

Drained UserEngine::drain(uint32_t maxRecords) {
    cf_user_engine &engine = tables();
    const uint32_t table = engine.state.active ^ 1, epoch = engine.state.epoch - 1;
    Drained drained;
    if (engine.state.phase == CF_PHASE_DRAINED) {
        drained.done = true;
        return drained;
    }
    const auto &entries = engine.flows[table].entries();
    for (; engine.drained < entries.size() && drained.records < maxRecords;
         engine.drained++, drained.records++)
        if (!putFlow(entries[engine.drained].key.flow, entries[engine.drained].value.counters, epoch))
            return drained;
    auto &globals = engine.globals[table];
    for (auto next = globals.begin(); next != globals.end() && drained.records < maxRecords;
         next = globals.erase(next), drained.records++) {
        cf_flow_key key{};
        key.realm = static_cast<__u16>(next->first);
        key.shape = CF_STEP_GLOBAL;
        if (!putFlow(key, next->second, epoch))
            return drained;
    }
    if (drained.records < maxRecords)
        drained.done = putEpochEnd(table);
    return drained;
}

cf_tallies UserEngine::counters() const {
    return tables().tallies[tables().state.active & 1];
}

void UserEngine::close() {
    tables_.reset();
}

} // namespace countfree

/* A subscriber has so many hellos in each second, as in bpf/countfree_say.h. */
static bool maySay(struct cf_env *env) {
    const cf_state &state = env->engine->state;
    if (state.hellos_per_second == 0)
        return true;
    cf_subscriber_key subscriber{};
    std::memcpy(subscriber.address, env->frame->key.subscriber, sizeof(subscriber.address));
    subscriber.realm = env->frame->key.realm;
    subscriber.shape = env->frame->key.shape & CF_SHAPE_IPV6;
    cf_subscriber_load *load = cf_env_load(env, &subscriber);
    if (env->frame->now - load->hello_time >= state.ticks_per_second) {
        load->hello_time = env->frame->now;
        load->hellos = 0;
    }
    return load->hellos++ < state.hellos_per_second;
}

int cf_user_hello(struct cf_env *env) {
    const cf_hello &hello = env->frame->hello;
    const cf_packet &packet = env->packet;
    const uint32_t captured = static_cast<uint32_t>(packet.end - packet.data);
    const uint32_t octets =
        std::min<uint32_t>({hello.total, cf_left(captured, hello.offset), CF_HELLO_MAX_PAYLOAD});
    if (!maySay(env) || octets == 0)
        return -1;
    const uint32_t length = sizeof(cf_hello_record) + ((octets + 7) & ~7u);
    uint8_t *place = env->engine->helloRing.reserve(length);
    if (place == nullptr)
        return -1;
    cf_hello_record head{};
    head.length = length;
    head.kind = hello.kind;
    head.uplink = env->frame->uplink;
    head.payload_octets = static_cast<__u16>(octets);
    head.payload_total = hello.total;
    head.tcp_sequence = hello.tcp_sequence;
    head.time = env->frame->now;
    head.key = env->frame->key;
    std::memset(place + length - 8, 0, 8);
    std::memcpy(place, &head, sizeof(head));
    std::memcpy(place + sizeof(head), packet.data + hello.offset, octets);
    env->engine->helloRing.commit(length);
    static const uint8_t end[] = {'\r', '\n', '\r', '\n'};
    const uint8_t *payload = place + sizeof(head);
    return hello.kind == CF_HELLO_HTTP &&
           std::search(payload, payload + octets, end, end + 4) != payload + octets;
}
