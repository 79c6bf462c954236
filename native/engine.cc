/* SPDX-License-Identifier: Apache-2.0 */
#include "engine.h"

#include <sys/random.h>

#include <cerrno>
#include <cstring>

namespace countfree {

namespace {

/* Both ends may be subscribers: two hellos, each with the ring's own header. */
constexpr uint64_t kHelloRoom = 2 * (8 + sizeof(cf_hello_record) + CF_HELLO_MAX_PAYLOAD);

} // namespace

std::string Engine::generation() const {
    static const char digits[] = "0123456789abcdef";
    std::string text;
    for (uint8_t byte : state().generation) {
        text += digits[byte >> 4];
        text += digits[byte & 15];
    }
    return text;
}

uint64_t Engine::openedTime() const {
    const uint64_t ticks = state().opened_time[state().active & 1];
    return ticks == 0 ? 0 : clock().unixMicroseconds(ticks);
}

Waiting Engine::waitingFlows(size_t maxOctets) {
    Waiting waiting;
    waiting.start = flowRing().position();
    waiting.end = flowRing().scan([&](const uint8_t *record, uint32_t length) {
        uint32_t kind;
        std::memcpy(&kind, record, sizeof(kind));
        if (waiting.epochEnd)
            return false;
        if (kind == CF_RECORD_EPOCH_END && length == sizeof(cf_epoch_end_record)) {
            waiting.epochEnd.emplace();
            std::memcpy(&*waiting.epochEnd, record, sizeof(cf_epoch_end_record));
            return true;
        }
        if (kind != CF_RECORD_FLOW || length != sizeof(cf_flow_record))
            throw EngineError(EBADMSG, "the flow ring holds a record of unknown kind " +
                                           std::to_string(kind) +
                                           ": it was written by another version of the program");
        if (waiting.octets > 0 && waiting.octets + length > maxOctets)
            return false;
        waiting.octets += length;
        return true;
    });
    return waiting;
}

void Engine::copyFlows(const Waiting &waiting, uint8_t *place) {
    size_t left = waiting.octets;
    flowRing().scan([&](const uint8_t *record, uint32_t length) {
        if (left < length || length != sizeof(cf_flow_record))
            return false;
        std::memcpy(place, record, length);
        place += length;
        left -= length;
        return true;
    });
}

Waiting Engine::waitingHellos(size_t maxOctets) {
    Waiting waiting;
    waiting.start = helloRing().position();
    waiting.end = helloRing().scan([&](const uint8_t *, uint32_t length) {
        if (waiting.octets > 0 && waiting.octets + length > maxOctets)
            return false;
        waiting.octets += length;
        return true;
    });
    return waiting;
}

void Engine::copyHellos(const Waiting &waiting, uint8_t *place) {
    const TickClock ticks = clock();
    size_t left = waiting.octets;
    helloRing().scan([&](const uint8_t *record, uint32_t length) {
        if (left < length)
            return false;
        std::memcpy(place, record, length);
        auto *head = reinterpret_cast<cf_hello_record *>(place);
        head->time = ticks.unixMicroseconds(head->time);
        place += length;
        left -= length;
        return true;
    });
}

void Engine::apply(const EngineSettings &settings, cf_state &state) {
    /* There is room for an eighth more than flows may use, so that each coarser step finds its own. */
    state.flow_limit = settings.flows;
    state.pair_limit = settings.flows + settings.flows / 16;
    state.subscriber_limit = settings.flows + settings.flows / 8;
    state.flows_per_subscriber = settings.flowsPerSubscriber;
    state.hellos_per_second = settings.hellosPerSecond;
    state.coarsen = settings.coarsen;
}

void Engine::begin(cf_state &state) {
    if (getrandom(state.generation, sizeof(state.generation), 0) != sizeof(state.generation))
        throw EngineError(errno, std::string("no random bytes for a generation: ") + std::strerror(errno));
    state.epoch = 1;
    state.phase = CF_PHASE_DRAINED;
    state.layout_version = CF_LAYOUT_VERSION;
}

int Engine::refusal(const cf_state &state, uint64_t helloRoom) const {
    if (helloRoom < kHelloRoom)
        return PACKET_HELLOS_FULL;
    if (!state.coarsen && state.used[state.active & 1] + 2 > state.flow_limit)
        return PACKET_TABLE_FULL;
    return PACKET_TAKEN;
}

void describeMirrors(const Realms &realms, uint32_t slot, cf_state &state) {
    uint32_t counts[CF_MIRROR_TYPES] = {};
    std::memset(state.mirror_masks[slot], 0, sizeof(state.mirror_masks[slot]));
    for (const cf_mirror_entry &entry : realms.mirrors) {
        const uint32_t type = entry.key.type & (CF_MIRROR_TYPES - 1);
        state.mirror_masks[slot][type] |= static_cast<uint8_t>(1u << (entry.key.mask & (CF_MASKS - 1)));
        state.only[slot][type] = entry;
        counts[type]++;
    }
    for (uint32_t type = 0; type < CF_MIRROR_TYPES; type++)
        state.has_only[slot][type] = counts[type] == 1;
}

} // namespace countfree
