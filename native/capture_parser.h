/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Streaming reader of pcap and pcapng, without N-API so that a test main and a fuzzer can drive it.
 *
 * Bytes come in chunks of any size, packets go to a PacketSink as Ethernet frames. Memory is bounded by the
 * largest record that is believed (kMaxBlock), whatever a file claims. Formats: draft-ietf-opsawg-pcap,
 * draft-ietf-opsawg-pcapng.
 */
#ifndef COUNTFREE_CAPTURE_PARSER_H
#define COUNTFREE_CAPTURE_PARSER_H

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "packet_sink.h"

namespace countfree {

/* libpcap's MAXIMUM_SNAPLEN: no capture tool writes longer packets. */
constexpr uint32_t kMaxCaplen = 262144;
/* A packet block with its options; section and interface descriptions are held to it too. */
constexpr uint32_t kMaxBlock = 1048576;
constexpr size_t kMaxInterfaces = 65536;
/* Times are handed on in UNIX microseconds that must stay below 2^53. */
constexpr uint64_t kMaxTimeNs = 9007199254740991ull * 1000ull;

enum class CaptureStatus {
    kMore, /* every byte given was taken: feed the next chunk */
    kSink, /* the sink did not take the next packet (sinkResult() says why): make room, then feed the rest */
    kWindow, /* the next packet lies outside the time window or behind the offset limit: nextWindow(), then
                feed the rest */
    kFault,  /* see fault(); what came before it was delivered */
};

enum class CaptureFaultKind { kNone, kForeign, kTruncated, kCorrupt, kLinkType };

struct CaptureFault {
    CaptureFaultKind kind = CaptureFaultKind::kNone;
    uint64_t offset = 0; /* byte of the file where the fault stands */
    std::string message;
};

struct CaptureTotals {
    uint64_t packets = 0;
    uint64_t wire_bytes = 0;    /* as the file states them, link header included */
    uint64_t clamped_times = 0; /* time stamps outside 1970..2255, moved to its edge */
    uint64_t clamped_lengths =
        0; /* packets said to be longer than kMaxCaplen on the wire, taken as that long */
    uint64_t skipped_blocks = 0; /* pcapng blocks that hold no packets */
};

class CaptureParser {
  public:
    /*
     * windowNs: packets of one window have the same floor(time / windowNs); 0 = no window.
     * windowBytes: a window also ends at the first record that starts this many bytes after the window's
     * first; 0 = no limit.
     */
    explicit CaptureParser(uint64_t windowNs = 0, uint64_t windowBytes = 0);

    /* Delivers the packets that are whole in the bytes given so far. Returns how many of `length` were taken.
     */
    size_t feed(const uint8_t *data, size_t length, PacketSink &sink);

    /* The file ends here: a record begun but not whole becomes a fault. */
    CaptureStatus finish();

    /* After kWindow: the next packet opens a new window. */
    void nextWindow();

    CaptureStatus status() const { return status_; }
    /* After kSink: what the sink returned, a PacketResult or -errno. */
    int sinkResult() const { return sinkResult_; }
    const CaptureFault &fault() const { return fault_; }
    const CaptureTotals &totals() const { return totals_; }
    /* Byte of the file at which the next record to be read starts. */
    uint64_t position() const { return position_; }
    /* "pcap", "pcapng" or "" before the first bytes. */
    const char *format() const;

  private:
    enum class State { kMagic, kPcapRecord, kBlock, kBlockTrailer };

    struct Interface {
        uint32_t linkType = 0;
        uint32_t snapLength = 0;
        uint32_t fcsBytes = 0;
        int64_t offsetSeconds = 0;
        /* ns = ticks * multiplier / divisor, or ticks * 1e9 >> shift when shift > 0 */
        uint64_t multiplier = 1000;
        uint64_t divisor = 1;
        uint32_t shift = 0;
    };

    /* One step over `have` bytes at `at`: > 0 bytes taken; 0: look at need_ and status_. */
    size_t step(const uint8_t *at, size_t have, PacketSink &sink);
    size_t readMagic(const uint8_t *at, size_t have);
    size_t readPcapRecord(const uint8_t *at, size_t have, PacketSink &sink);
    size_t readBlock(const uint8_t *at, size_t have, PacketSink &sink);
    size_t readSection(const uint8_t *at, size_t have);
    size_t readInterface(const uint8_t *at, uint32_t total);
    size_t readPacketBlock(const uint8_t *at, uint32_t total, uint32_t type, PacketSink &sink);
    size_t readTrailer(const uint8_t *at, size_t have);
    void readInterfaceOptions(const uint8_t *at, size_t length, Interface &interface);
    bool deliver(const Interface &interface, const uint8_t *data, uint32_t caplen, uint32_t wirelen,
                 uint64_t time, PacketSink &sink);
    bool insideWindow(uint64_t time);
    uint64_t blockTime(const Interface &interface, uint64_t ticks);
    uint64_t clamp(__int128 time);
    size_t want(size_t bytes);
    size_t fail(CaptureFaultKind kind, std::string message);
    bool checkLinkType(uint32_t linkType);
    uint16_t u16(const uint8_t *at) const;
    uint32_t u32(const uint8_t *at) const;

    State state_ = State::kMagic;
    CaptureStatus status_ = CaptureStatus::kMore;
    int sinkResult_ = 0;
    CaptureFault fault_;
    CaptureTotals totals_;
    bool swapped_ = false;
    bool nanoseconds_ = false;
    bool pcapng_ = false;
    uint64_t position_ = 0;
    uint64_t skip_ = 0;
    uint32_t trailer_ = 0; /* what the trailing length of the block being skipped must say */
    size_t need_ = 0;
    std::vector<uint8_t> carry_;   /* the start of a record that the last chunk did not hold whole */
    std::vector<uint8_t> scratch_; /* an Ethernet header and the packet, for other link types */
    std::vector<Interface> interfaces_;

    uint64_t windowNs_;
    uint64_t windowBytes_;
    bool windowOpen_ = false;
    uint64_t windowFrom_ = 0;
    uint64_t windowTo_ = 0;
    uint64_t windowEndPosition_ = 0;
    uint64_t lastTime_ = 0;
    bool timeClamped_ = false; /* the packet at hand; counted once it is delivered */
};

} // namespace countfree

#endif
