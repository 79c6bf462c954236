/* SPDX-License-Identifier: Apache-2.0 */
/* What both engines do, as src/capture/native.ts documents it. Without N-API. */
#ifndef COUNTFREE_ENGINE_H
#define COUNTFREE_ENGINE_H

#include <linux/types.h>

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "../bpf/countfree_tables.h"
#include "engine_error.h"
#include "packet_sink.h"
#include "ring.h"

namespace countfree {

struct EngineSettings {
    uint32_t flows = 0;
    uint32_t flowRingBytes = 0;
    uint32_t helloRingBytes = 0;
    uint32_t fragments = 0;
    uint32_t hellosPerSecond = 0;
    uint32_t flowsPerSubscriber = 0;
    bool coarsen = false;
    bool live = false; /* user engine: packets come as they happen, and are never refused */
};

/* Realms as compileRealms packs them (src/capture/realm-table.ts). */
struct Realms {
    std::vector<cf_mirror_entry> mirrors;
    std::vector<cf_range4> ranges4;
    std::vector<cf_range6> ranges6;
};

/* Records that wait in a ring from `start` to `end`; they take `octets` when copied out. */
struct Waiting {
    uint64_t start = 0;
    uint64_t end = 0;
    size_t octets = 0;
    std::optional<cf_epoch_end_record> epochEnd;
};

struct Drained {
    bool done = false;
    uint32_t records = 0;
};

/* How ticks become UNIX time. */
struct TickClock {
    uint64_t tickNs = 1;
    uint64_t baseNs = 0;
    uint64_t unixMicroseconds(uint64_t ticks) const { return (ticks * tickNs + baseNs) / 1000; }
};

class Engine : public PacketSink {
  public:
    std::string generation() const;
    bool draining() const { return state().phase != CF_PHASE_DRAINED; }
    uint32_t epoch() const { return state().epoch; }
    uint64_t openedTime() const;
    uint64_t records() const { return state().used[state().active & 1]; }

    virtual EngineSettings settings() const = 0;
    virtual void configure(const Realms &realms) = 0;
    virtual uint32_t closeEpoch() = 0;
    virtual Drained drain(uint32_t maxRecords) = 0;
    virtual cf_tallies counters() const = 0;
    /* Idempotent. Every other call fails with EBADF from then on. */
    virtual void close() = 0;
    virtual bool isOpen() const = 0;

    Waiting waitingFlows(size_t maxOctets);
    void copyFlows(const Waiting &waiting, uint8_t *place);
    Waiting waitingHellos(size_t maxOctets);
    void copyHellos(const Waiting &waiting, uint8_t *place);
    RingReader &flowRing() { return ring(false); }
    RingReader &helloRing() { return ring(true); }

  protected:
    virtual const cf_state &state() const = 0;
    virtual RingReader &ring(bool hellos) const = 0;
    virtual TickClock clock() const = 0;

    /* Sets what settings say into a state. */
    static void apply(const EngineSettings &settings, cf_state &state);
    /* Fills in a new table's state: version, generation, first epoch. */
    static void begin(cf_state &state);
    /* True if a packet may have no room: of a hello, or (where tables are not to be counted coarser) of a
     * record. */
    int refusal(const cf_state &state, uint64_t helloRoom) const;
};

/* Sets mirror_masks, only and has_only of one configuration. Entries are as they are looked up. */
void describeMirrors(const Realms &realms, uint32_t slot, cf_state &state);

} // namespace countfree

#endif
