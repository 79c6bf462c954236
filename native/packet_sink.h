// SPDX-License-Identifier: Apache-2.0
// What reads packets (capture files, packet sockets) hands them to what counts them (the engines) through this.
#pragma once

#ifndef COUNTFREE_WITHOUT_NAPI /* the fuzzers feed sinks without Node */
#include <napi.h>
#endif

#include <cstdint>
#include <memory>

namespace countfree {

/** What became of a packet that was handed to a PacketSink. Negative values are -errno. */
enum PacketResult : int {
    PACKET_TAKEN = 0,
    /** Not taken: no room for a hello. Take the hellos (peekHellos, releaseHellos), then give the packet again. */
    PACKET_HELLOS_FULL = 1,
    /** Not taken: the flow table is full. Close the epoch, drain it, then give the packet again. */
    PACKET_TABLE_FULL = 2,
};

struct PacketSink {
    virtual ~PacketSink() = default;

    /**
     * Counts one Ethernet frame. `frame` is valid during the call only.
     * @param captured_octets bytes at `frame`
     * @param wire_octets length on the wire: more than captured_octets where the capture was snapped
     * @param time_ns UNIX nanoseconds
     * @return a PacketResult, or -errno (-EBADF once the engine is closed)
     */
    virtual int packet(const uint8_t* frame, uint32_t captured_octets, uint32_t wire_octets,
                       uint64_t time_ns) = 0;
};

#ifndef COUNTFREE_WITHOUT_NAPI
/** Marks the externals that `engine.sink` returns, so that a foreign object is refused rather than followed. */
inline constexpr napi_type_tag kPacketSinkTag = {0x6f756e7466726565, 0x7061636b65747331};

/** Wraps a sink for JavaScript. The external shares ownership, so a reader may outlive the engine's own object. */
inline Napi::Value WrapPacketSink(Napi::Env env, std::shared_ptr<PacketSink> sink) {
    auto* held = new std::shared_ptr<PacketSink>(std::move(sink));
    auto external = Napi::External<std::shared_ptr<PacketSink>>::New(
        env, held, [](Napi::Env, std::shared_ptr<PacketSink>* value) { delete value; });
    external.TypeTag(&kPacketSinkTag);
    return external;
}

/** The sink behind `engine.sink`, or nullptr if the value is something else. */
inline std::shared_ptr<PacketSink> UnwrapPacketSink(const Napi::Value& value) {
    if (!value.IsExternal())
        return nullptr;
    auto external = value.As<Napi::External<std::shared_ptr<PacketSink>>>();
    if (!external.CheckTypeTag(&kPacketSinkTag))
        return nullptr;
    return *external.Data();
}
#endif

} // namespace countfree
