/* SPDX-License-Identifier: Apache-2.0 */
/* What reads packets (capture files, packet sockets) hands them to what counts them (the engines) through
 * this. */
#ifndef COUNTFREE_PACKET_SINK_H
#define COUNTFREE_PACKET_SINK_H

#include <cstdint>
#include <mutex>

namespace countfree {

/** What became of a packet that was handed to a PacketSink. Negative values are -errno. */
enum PacketResult : int {
    PACKET_TAKEN = 0,
    /** Not taken: no room for a hello. Take the hellos (peekHellos, releaseHellos), then give the packet
       again. */
    PACKET_HELLOS_FULL = 1,
    /** Not taken: the flow table is full. Close the epoch, drain it, then give the packet again. */
    PACKET_TABLE_FULL = 2,
};

struct PacketSink {
    virtual ~PacketSink() = default;

    /** Held by whoever uses what counts: capture files are read in a thread of their own (capture_reader.h).
     */
    std::mutex mutex;

    /**
     * Counts one Ethernet frame. `frame` is valid during the call only.
     * @param captured_octets bytes at `frame`
     * @param wire_octets length on the wire: more than captured_octets where the capture was snapped
     * @param time_ns UNIX nanoseconds
     * @return a PacketResult, or -errno (-EBADF once the engine is closed)
     */
    virtual int packet(const uint8_t *frame, uint32_t captured_octets, uint32_t wire_octets,
                       uint64_t time_ns) = 0;
};

} // namespace countfree

#endif
