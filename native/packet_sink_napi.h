/* SPDX-License-Identifier: Apache-2.0 */
/* How a PacketSink passes through JavaScript: `engine.sink` is an external that only readers of the addon can
 * open. */
#ifndef COUNTFREE_PACKET_SINK_NAPI_H
#define COUNTFREE_PACKET_SINK_NAPI_H

#include <napi.h>

#include <memory>

#include "packet_sink.h"

namespace countfree {

/** Marks the externals that `engine.sink` returns, so that a foreign object is refused rather than followed.
 */
inline constexpr napi_type_tag kPacketSinkTag = {0x6f756e7466726565, 0x7061636b65747331};

/** Wraps a sink for JavaScript. The external shares ownership, so a reader may outlive the engine's own
 * object. */
inline Napi::Value WrapPacketSink(Napi::Env env, std::shared_ptr<PacketSink> sink) {
    auto *held = new std::shared_ptr<PacketSink>(std::move(sink));
    auto external = Napi::External<std::shared_ptr<PacketSink>>::New(
        env, held, [](Napi::Env, std::shared_ptr<PacketSink> *value) { delete value; });
    external.TypeTag(&kPacketSinkTag);
    return external;
}

/** The sink behind `engine.sink`, or nullptr if the value is something else. */
inline std::shared_ptr<PacketSink> UnwrapPacketSink(const Napi::Value &value) {
    if (!value.IsExternal())
        return nullptr;
    auto external = value.As<Napi::External<std::shared_ptr<PacketSink>>>();
    if (!external.CheckTypeTag(&kPacketSinkTag))
        return nullptr;
    return *external.Data();
}

} // namespace countfree

#endif
