/* SPDX-License-Identifier: Apache-2.0 */
#include "capture_input_node.h"

#include <memory>

#include "pool_work.h"

namespace countfree {

namespace {

constexpr napi_type_tag kInputTag = {0x6f756e7466726565, 0x696e7075745f3031};

} // namespace

void CaptureInputNode::Init(Napi::Env env, Napi::Object exports) {
    exports.Set("CaptureInput", DefineClass(env, "CaptureInput",
                                            {
                                                InstanceMethod<&CaptureInputNode::next>("next"),
                                                InstanceMethod<&CaptureInputNode::octetsRead>("octetsRead"),
                                            }));
}

CaptureInputNode::CaptureInputNode(const Napi::CallbackInfo &info)
    : Napi::ObjectWrap<CaptureInputNode>(info), input(info[0].As<Napi::Number>().Int32Value()) {
    info.This().As<Napi::Object>().TypeTag(&kInputTag);
}

CaptureInputNode *CaptureInputNode::of(const Napi::Value &value) {
    if (!value.IsObject() || !value.As<Napi::Object>().CheckTypeTag(&kInputTag))
        return nullptr;
    return Unwrap(value.As<Napi::Object>());
}

/* next() -> promise of bytes; none at the end */
Napi::Value CaptureInputNode::next(const Napi::CallbackInfo &info) {
    auto chunk = std::make_shared<CaptureInput::Chunk>();
    return inPool(
        info.Env(), {{info.This().As<Napi::Object>(), &busy}}, [this, chunk] { *chunk = input.next(); },
        [chunk](Napi::Env env) -> Napi::Value {
            return Napi::Buffer<uint8_t>::Copy(env, chunk->data, chunk->length);
        });
}

Napi::Value CaptureInputNode::octetsRead(const Napi::CallbackInfo &info) {
    if (busy)
        throw toError(info.Env(), EngineError(EBUSY, "still at work: wait for the promise given before"));
    return Napi::Number::New(info.Env(), static_cast<double>(input.octetsRead()));
}

} // namespace countfree
