/* SPDX-License-Identifier: Apache-2.0 */
#include "xdp_engine.h"

#include <bpf/bpf.h>
#include <sys/random.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <ctime>

namespace countfree {

namespace {

/* No header or hello is looked for behind this: CF_MAX_HEADERS and CF_HELLO_MAX_PAYLOAD, with room to spare.
 */
constexpr uint32_t kReplayedOctets = 3072;
constexpr uint64_t kPromptNs = 10000;   /* of two readings: nobody else ran between them */
constexpr uint32_t kShortestFrame = 14; /* that the kernel takes for a test run */

uint64_t nanoseconds(clockid_t clock) {
    timespec now{};
    clock_gettime(clock, &now);
    return static_cast<uint64_t>(now.tv_sec) * 1000000000u + static_cast<uint64_t>(now.tv_nsec);
}

/* UNIX time of monotonic 0, as it is now; a step of the wall clock changes it. */
uint64_t monotonicBase() {
    uint64_t base = 0, shortest = UINT64_MAX;
    for (int tries = 0; tries < 10 && shortest > kPromptNs; tries++) {
        const uint64_t before = nanoseconds(CLOCK_MONOTONIC), wall = nanoseconds(CLOCK_REALTIME);
        const uint64_t after = nanoseconds(CLOCK_MONOTONIC);
        if (after - before < shortest) {
            shortest = after - before;
            base = wall - (before + shortest / 2);
        }
    }
    return base;
}

void addTally(cf_tally &into, const cf_tally &from) {
    into.packets += from.packets;
    into.octets += from.octets;
}

} // namespace

XdpEngine::XdpEngine(const XdpEngineOptions &options)
    : settings_(options.settings), replay_(options.replay), program_(std::make_unique<BpfProgram>(options)) {
    adopted_ = program_->adopted();
    settings_.flowRingBytes = program_->mapEntries("flow_ring");
    settings_.helloRingBytes = program_->mapEntries("hello_ring");
    settings_.fragments = program_->mapEntries("fragments");
    cf_state &state = program_->state();
    if (adopted_)
        settings_.flows = state.flow_limit;
    apply(settings_, state);
    state.drop_mirrored = options.dropMirrored;
    flowRing_ = RingReader::ofMap(program_->map("flow_ring"), settings_.flowRingBytes, "flow ring");
    helloRing_ = RingReader::ofMap(program_->map("hello_ring"), settings_.helloRingBytes, "hello ring");
    if (adopted_)
        return;
    startState();
    program_->pin();
}

BpfProgram &XdpEngine::program() const {
    if (!program_)
        throw EngineError(EBADF, "the engine is closed");
    return *program_;
}

void XdpEngine::startState() {
    cf_state &state = program().state();
    begin(state);
    state.slots = BpfProgram::slotsOf(settings_.flows);
    if (getrandom(state.slot_seeds, sizeof(state.slot_seeds), 0) != sizeof(state.slot_seeds))
        throw EngineError(errno, std::string("no random bytes for a hash seed: ") + std::strerror(errno));
    state.slot_seeds[2] |= 1;
    state.slot_seeds[3] |= 1;
    if (replay_) {
        state.tick_ns = 1000;
        state.ticks_per_second = 1000000;
    } else {
        findTicks();
    }
    state.clock_base_ns = clock().baseNs;
}

/* Jiffies and the coarse monotonic clock move together, so one instant in both tells when tick 0 was. */
void XdpEngine::findTicks() {
    cf_state &state = program().state();
    timespec resolution{};
    clock_getres(CLOCK_MONOTONIC_COARSE, &resolution);
    state.tick_ns = static_cast<uint64_t>(resolution.tv_nsec);
    if (state.tick_ns == 0)
        throw EngineError(ENOTSUP, "the kernel does not tell the length of its clock tick");
    state.ticks_per_second = static_cast<uint32_t>(1000000000 / state.tick_ns);
    cf_clock_args args{};
    for (int tries = 0; tries < 100; tries++) {
        const uint64_t before = nanoseconds(CLOCK_MONOTONIC_COARSE);
        program().call("cf_clock", &args, sizeof(args));
        state.tick_base_ns = before - args.ticks * state.tick_ns;
        if (nanoseconds(CLOCK_MONOTONIC_COARSE) == before)
            break;
    }
    state.opened_time[state.active & 1] = args.ticks;
}

TickClock XdpEngine::clock() const {
    const cf_state &state = program().state();
    if (replay_)
        return {1000, 0};
    return {state.tick_ns, state.tick_base_ns + monotonicBase()};
}

/* UNIX time of tick 0. It stays as it is but where the wall clock was set: were it read a little differently
 * each time, a packet counted before an hour edge could be told as one behind it. */
uint64_t XdpEngine::clockBase() const {
    const cf_state &state = program().state();
    const uint64_t base = clock().baseNs, known = state.clock_base_ns;
    const uint64_t difference = base > known ? base - known : known - base;
    return difference < state.tick_ns ? known : base;
}

RingReader &XdpEngine::ring(bool hellos) const {
    program();
    return hellos ? helloRing_ : flowRing_;
}

int XdpEngine::packet(const uint8_t *frame, uint32_t capturedOctets, uint32_t wireOctets, uint64_t timeNs) {
    if (!program_)
        return -EBADF;
    if (replay_) {
        const int refused = refusal(program_->state(), helloRing_.capacity() - helloRing_.used());
        if (refused != PACKET_TAKEN)
            return refused;
    }
    uint8_t padded[kShortestFrame] = {};
    cf_replay &replay = program_->replay();
    replay.time = timeNs / 1000;
    replay.wire = wireOctets;
    replay.captured = capturedOctets;
    if (capturedOctets < kShortestFrame) {
        if (capturedOctets > 0) /* an empty buffer may have no address */
            std::memcpy(padded, frame, capturedOctets);
        frame = padded;
    }
    LIBBPF_OPTS(bpf_test_run_opts, options, .data_in = frame,
                .data_size_in = std::min(std::max(capturedOctets, kShortestFrame), kReplayedOctets),
                .repeat = 1);
    __atomic_store_n(&replay.armed, 1u, __ATOMIC_RELEASE);
    const int error = bpf_prog_test_run_opts(program_->program("countfree"), &options);
    __atomic_store_n(&replay.armed, 0u, __ATOMIC_RELEASE);
    return error == 0 ? PACKET_TAKEN : error;
}

void XdpEngine::waitForGrace() {
    if (!replay_) /* replayed packets are done when packet() returns */
        grace_.wait();
}

void XdpEngine::clearMirrors(uint16_t slot) {
    const int map = program().map("mirrors");
    std::vector<cf_mirror_key> old;
    cf_mirror_key key{};
    for (const cf_mirror_key *previous = nullptr; bpf_map_get_next_key(map, previous, &key) == 0;
         previous = &key)
        if (key.slot == slot)
            old.push_back(key);
    for (const cf_mirror_key &gone : old)
        bpf_map_delete_elem(map, &gone);
}

/* Fills the configuration that is not in force, then turns to it with one store. */
void XdpEngine::configure(const Realms &realms) {
    cf_state &state = program().state();
    const uint32_t slot = (state.slot & 1) ^ 1, first = slot * CF_MAX_RANGES;
    const auto put = [this](const char *map, const void *key, const void *value) {
        if (bpf_map_update_elem(program().map(map), key, value, BPF_ANY) != 0)
            throw EngineError(errno, std::string("cannot write to the map ") + map + ": " +
                                         std::strerror(errno) + "; the realms before stay in force");
    };
    clearMirrors(static_cast<uint16_t>(slot));
    for (uint32_t i = 0; i < realms.ranges4.size(); i++) {
        const uint32_t position = first + i;
        put("ranges4", &position, &realms.ranges4[i]);
    }
    for (uint32_t i = 0; i < realms.ranges6.size(); i++) {
        const uint32_t position = first + i;
        put("ranges6", &position, &realms.ranges6[i]);
    }
    Realms placed{realms.mirrors, {}, {}};
    for (cf_mirror_entry &entry : placed.mirrors) {
        entry.key.slot = static_cast<__u16>(slot);
        entry.realm.ranges4_first += first;
        entry.realm.ranges6_first += first;
        put("mirrors", &entry.key, &entry.realm);
    }
    describeMirrors(placed, slot, state);
    __atomic_store_n(&state.slot, slot, __ATOMIC_RELEASE);
    waitForGrace();
    clearMirrors(static_cast<uint16_t>(slot ^ 1));
}

uint32_t XdpEngine::closeEpoch() {
    cf_state &state = program().state();
    cf_close_args args{};
    args.clock_base_ns = clockBase();
    program().call("cf_close", &args, sizeof(args));
    if (args.error != 0)
        throw EngineError(EBUSY, "epoch " + std::to_string(state.epoch - 1) +
                                     " still has records: drain it until done before the next is closed");
    waitForGrace();
    __atomic_store_n(&state.phase, static_cast<uint32_t>(CF_PHASE_QUIET), __ATOMIC_RELEASE);
    return args.epoch;
}

Drained XdpEngine::drain(uint32_t maxRecords) {
    cf_state &state = program().state();
    if (state.phase == CF_PHASE_GRACE) { /* an earlier process ended between flip and drain */
        waitForGrace();
        __atomic_store_n(&state.phase, static_cast<uint32_t>(CF_PHASE_QUIET), __ATOMIC_RELEASE);
    }
    cf_drain_args args{};
    args.max_records = maxRecords;
    program().call("cf_drain", &args, sizeof(args));
    return {args.done != 0, args.records};
}

cf_tallies XdpEngine::counters() const {
    const size_t count = static_cast<size_t>(std::max(libbpf_num_possible_cpus(), 1));
    const size_t size = program().mapValueOctets("cpus");
    std::vector<uint8_t> values(count * size);
    const uint32_t zero = 0;
    if (bpf_map_lookup_elem(program().map("cpus"), &zero, values.data()) != 0)
        throw EngineError(errno, std::string("cannot read the counters: ") + std::strerror(errno));
    cf_tallies sum{};
    for (size_t cpu = 0; cpu < count; cpu++) {
        cf_tallies one;
        const size_t table = program().state().active & 1;
        std::memcpy(&one, &values[cpu * size + table * sizeof(one)], sizeof(one));
        addTally(sum.seen, one.seen);
        for (int i = 0; i < CF_OUTCOME_COUNT; i++)
            addTally(sum.outcomes[i], one.outcomes[i]);
        for (int i = 0; i < CF_NOTE_COUNT; i++)
            addTally(sum.notes[i], one.notes[i]);
    }
    return sum;
}

const XdpAttachment &XdpEngine::attach(const std::string &interfaceName, const std::string &mode) {
    if (attachment() != nullptr)
        throw EngineError(EALREADY, "the engine is attached already: one engine counts for one interface");
    const XdpPrograms programs = {program().program("countfree"), program().program("countfree_frags")};
    attachment_.emplace(programs, interfaceName, mode, program().pinPath());
    return *attachment_;
}

void XdpEngine::detach() {
    if (attachment_)
        attachment_->detach();
    attachment_.reset();
    removePinnedLink(program().pinPath());
    program().unpin();
    if (!program().pinPath().empty())
        rmdir(program().pinPath().c_str());
}

void XdpEngine::close() {
    attachment_.reset();
    flowRing_ = RingReader();
    helloRing_ = RingReader();
    program_.reset();
}

} // namespace countfree
