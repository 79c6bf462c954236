/* SPDX-License-Identifier: Apache-2.0 */
/*
 * libFuzzer target of the capture reader: any bytes, cut into two chunks at a place that the input chooses.
 * Both ways of feeding must deliver the same frames, and no frame may be longer than its wire length.
 */
#include <cstdint>
#include <cstdlib>

#include "capture_parser.h"

using namespace countfree;

namespace {

struct Digest : PacketSink {
    uint64_t value = 0;
    uint64_t packets = 0;

    int packet(const uint8_t *frame, uint32_t captured, uint32_t wire, uint64_t time) override {
        if (captured > wire || time > kMaxTimeNs)
            std::abort();
        for (uint32_t i = 0; i < captured; i += 1)
            value = value * 31 + frame[i];
        value = value * 31 + wire;
        value = value * 31 + time;
        packets += 1;
        return PACKET_TAKEN;
    }
};

uint64_t run(const uint8_t *data, size_t size, size_t chunk) {
    CaptureParser parser(3600ull * 1000000000ull, 4096);
    Digest sink;
    for (size_t start = 0; start < size && parser.status() != CaptureStatus::kFault; start += chunk) {
        size_t length = size - start < chunk ? size - start : chunk;
        size_t taken = parser.feed(data + start, length, sink);
        /* The next record may be whole in the parser's own memory, so it is fed again also when nothing is
         * left. */
        while (parser.status() == CaptureStatus::kWindow) {
            parser.nextWindow();
            taken += parser.feed(data + start + taken, length - taken, sink);
        }
    }
    parser.finish();
    uint64_t fault = parser.fault().offset * 8 + static_cast<uint64_t>(parser.fault().kind);
    return sink.value * 31 + fault;
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    if (size == 0)
        return 0;
    size_t chunk = 1 + data[size - 1];
    if (run(data, size, size) != run(data, size, chunk))
        std::abort();
    return 0;
}
