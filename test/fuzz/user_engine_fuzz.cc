/* SPDX-License-Identifier: Apache-2.0 */
/*
 * libFuzzer target of the packet parser and of the tables behind it: the user engine, which compiles the same
 * headers as the XDP program. An input is one octet that chooses the realm's mirror and the table sizes, then
 * frames: two octets of length, one of octets that were cut off, the bytes. Whatever they hold, each packet
 * has one outcome and each counted octet stands on a record.
 */
#include <algorithm>
#include <array>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <vector>

#include "user_engine.h"

using namespace countfree;

namespace {

constexpr uint64_t kStart = 1700000000000000000ull;
constexpr uint64_t kMillisecond = 1000000ull;
constexpr uint64_t kMinute = 60000 * kMillisecond;
constexpr size_t kFrameHeader = 3;

void require(bool holds) {
    if (!holds)
        std::abort();
}

/* One realm that takes its mirror off whoever sent it, with subscribers in 10.0.0.0/8 and 2001:db8::/32. */
Realms realmsOf(cf_mirror_type mirror) {
    static const cf_mirror_type fragments[] = {CF_MIRROR_NONE, CF_MIRROR_FRAGMENT_GRE, CF_MIRROR_NONE,
                                               CF_MIRROR_NONE, CF_MIRROR_FRAGMENT_IPIP};
    Realms realms;
    realms.ranges4.push_back({0x0a000000u, 0x0affffffu});
    realms.ranges6.push_back({{0x20010db800000000ull, 0}, {0x20010db8ffffffffull, ~0ull}});
    cf_mirror_entry entry{};
    entry.key.type = mirror;
    entry.realm.ranges4_count = 1;
    entry.realm.ranges6_count = 1;
    entry.realm.index = 1;
    realms.mirrors.push_back(entry);
    entry.key.type = fragments[mirror];
    if (entry.key.type != CF_MIRROR_NONE)
        realms.mirrors.push_back(entry);
    return realms;
}

struct Sum {
    uint64_t octets = 0;
    bool ended = false;
};

/* Takes what waits in the flow ring, as the live source does: read, copy, release. */
void takeFlows(UserEngine &engine, Sum &sum) {
    for (;;) {
        const Waiting waiting = engine.waitingFlows(1 << 16);
        if (waiting.start == waiting.end)
            return;
        std::vector<uint8_t> copy(waiting.octets);
        engine.copyFlows(waiting, copy.data());
        require(copy.size() % sizeof(cf_flow_record) == 0);
        for (size_t at = 0; at < copy.size(); at += sizeof(cf_flow_record)) {
            cf_flow_record record;
            std::memcpy(&record, copy.data() + at, sizeof(record));
            require(record.counters.first_time <= record.counters.last_time);
            sum.octets += record.counters.octets_up + record.counters.octets_down;
        }
        engine.flowRing().release(waiting.end);
        if (!waiting.epochEnd)
            continue;
        const cf_epoch_end_record &end = *waiting.epochEnd;
        uint64_t packets = 0, octets = 0;
        for (const cf_tally &outcome : end.outcomes) {
            packets += outcome.packets;
            octets += outcome.octets;
        }
        require(packets == end.seen.packets && octets == end.seen.octets);
        require(sum.octets ==
                end.outcomes[CF_OUTCOME_COUNTED].octets + end.notes[CF_NOTE_BOTH_SUBSCRIBERS].octets);
        sum.ended = true;
    }
}

void takeHellos(UserEngine &engine) {
    for (;;) {
        const Waiting waiting = engine.waitingHellos(1 << 16);
        if (waiting.start == waiting.end)
            return;
        std::vector<uint8_t> copy(waiting.octets);
        engine.copyHellos(waiting, copy.data());
        for (size_t at = 0; at < copy.size();) {
            cf_hello_record head;
            require(copy.size() - at >= sizeof(head));
            std::memcpy(&head, copy.data() + at, sizeof(head));
            require(head.length % 8 == 0 && head.length <= copy.size() - at);
            require(sizeof(head) + head.payload_octets <= head.length);
            at += head.length;
        }
        engine.helloRing().release(waiting.end);
    }
}

void turnEpoch(UserEngine &engine) {
    Sum sum;
    engine.closeEpoch();
    while (!sum.ended) {
        engine.drain(7);
        takeFlows(engine, sum);
    }
    require(!engine.draining());
}

/* Tables take far longer to make than an input to run, so they are kept; each input leaves them empty. */
UserEngine &engineOf(uint8_t choice) {
    static std::array<std::unique_ptr<UserEngine>, 16> engines;
    std::unique_ptr<UserEngine> &engine = engines[choice];
    if (engine)
        return *engine;
    EngineSettings settings;
    settings.flows = choice & 1 ? 16 : 1024;
    settings.flowRingBytes = 4096;
    settings.helloRingBytes = 8192;
    settings.fragments = 16;
    settings.hellosPerSecond = choice & 2 ? 2 : 0;
    settings.flowsPerSubscriber = choice & 4 ? 2 : 128;
    settings.coarsen = (choice & 8) != 0;
    engine = std::make_unique<UserEngine>(settings);
    return *engine;
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    if (size == 0)
        return 0;
    const uint8_t choice = data[0];
    UserEngine &engine = engineOf(choice >> 4);
    engine.configure(realmsOf(static_cast<cf_mirror_type>((choice & 0x0f) % (CF_MIRROR_IPIP + 1))));
    /* Behind all limits and fragments of earlier inputs, so that an input does the same alone. */
    static uint64_t time = kStart;
    time += kMinute;
    for (size_t at = 1; size - at >= kFrameHeader;) {
        const size_t claimed = static_cast<size_t>(data[at]) << 8 | data[at + 1];
        const uint32_t cut = data[at + 2];
        at += kFrameHeader;
        const size_t length = std::min(claimed, size - at);
        /* Memory of just this length, so that a step beyond the frame is seen. */
        const std::unique_ptr<uint8_t[]> frame(new uint8_t[length]);
        std::memcpy(frame.get(), data + at, length);
        at += length;
        const auto captured = static_cast<uint32_t>(length);
        time += kMillisecond;
        int result = engine.packet(frame.get(), captured, captured + cut, time);
        for (int attempt = 0; result != PACKET_TAKEN; attempt++) {
            require(attempt < 3);
            if (result == PACKET_HELLOS_FULL)
                takeHellos(engine);
            else
                turnEpoch(engine);
            result = engine.packet(frame.get(), captured, captured + cut, time);
        }
    }
    takeHellos(engine);
    turnEpoch(engine);
    return 0;
}
