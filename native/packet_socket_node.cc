/* SPDX-License-Identifier: Apache-2.0 */
#include "packet_socket_node.h"

#include "engine_node.h"
#include "packet_sink_napi.h"
#include "receive_offloads_node.h"

namespace countfree {

void PacketSocketNode::Init(Napi::Env env, Napi::Object exports) {
    exports.Set("PacketSocket", DefineClass(env, "PacketSocket",
                                            {
                                                InstanceMethod<&PacketSocketNode::read>("read"),
                                                InstanceMethod<&PacketSocketNode::status>("status"),
                                                InstanceMethod<&PacketSocketNode::close>("close"),
                                            }));
}

PacketSocketNode::PacketSocketNode(const Napi::CallbackInfo &info)
    : Napi::ObjectWrap<PacketSocketNode>(info) {
    guarded(info.Env(), [&] {
        socket_ = std::make_unique<PacketSocket>(info[0].As<Napi::String>().Utf8Value(),
                                                 info[1].As<Napi::Number>().Uint32Value());
    });
}

PacketSocket &PacketSocketNode::socket() const {
    if (!socket_)
        throw EngineError(EBADF, "the packet socket is closed");
    return *socket_;
}

/* read(sink, atLeast) -> packets handed on */
Napi::Value PacketSocketNode::read(const Napi::CallbackInfo &info) {
    auto sink = UnwrapPacketSink(info[0]);
    if (sink == nullptr)
        throw Napi::TypeError::New(info.Env(), "the first argument is no packet sink");
    return guarded(info.Env(), [&] {
        const uint64_t count = socket().read(*sink, info[1].As<Napi::Number>().Uint32Value());
        return Napi::Number::New(info.Env(), static_cast<double>(count));
    });
}

Napi::Value PacketSocketNode::status(const Napi::CallbackInfo &info) {
    return guarded(info.Env(), [&] {
        auto result = Napi::Object::New(info.Env());
        result["alive"] = socket().alive();
        result["drops"] = static_cast<double>(socket().drops());
        result["interfaceIndex"] = socket().interfaceIndex();
        result["offloads"] = offloadsToValue(info.Env(), socket().offloads());
        return result;
    });
}

Napi::Value PacketSocketNode::close(const Napi::CallbackInfo &info) {
    socket_.reset();
    return info.Env().Undefined();
}

} // namespace countfree
