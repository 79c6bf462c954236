/* SPDX-License-Identifier: Apache-2.0 */
#include "xdp_engine_node.h"

#include "receive_offloads_node.h"

namespace countfree {

namespace {

std::string textOf(const Napi::Object &object, const char *name) {
    return object.Get(name).As<Napi::String>().Utf8Value();
}

Napi::Object attachmentToValue(Napi::Env env, const XdpAttachment &attachment) {
    auto attempts = Napi::Array::New(env);
    for (const AttachAttempt &attempt : attachment.attempts()) {
        auto entry = Napi::Object::New(env);
        entry["mode"] = attempt.mode;
        entry["error"] = attempt.error;
        attempts[attempts.Length()] = entry;
    }
    auto result = Napi::Object::New(env);
    result["mode"] = attachment.mode();
    result["frags"] = attachment.frags();
    result["interfaceIndex"] = attachment.interfaceIndex();
    result["attempts"] = attempts;
    result["offloads"] = offloadsToValue(env, attachment.offloads());
    return result;
}

/* removePins(pinPath) */
Napi::Value removePins(const Napi::CallbackInfo &info) {
    guarded(info.Env(), [&] { BpfProgram::discard(info[0].As<Napi::String>().Utf8Value()); });
    return info.Env().Undefined();
}

/* inspectPins(objectPath, pinPath) -> { refusal, programId } */
Napi::Value inspectPins(const Napi::CallbackInfo &info) {
    BpfProgramOptions options;
    options.objectPath = info[0].As<Napi::String>().Utf8Value();
    options.pinPath = info[1].As<Napi::String>().Utf8Value();
    auto result = Napi::Object::New(info.Env());
    guarded(info.Env(), [&] { result["refusal"] = BpfProgram::refusalOf(options); });
    result["programId"] = pinnedProgramId(options.pinPath);
    return result;
}

} // namespace

void XdpEngineNode::Init(Napi::Env env, Napi::Object exports) {
    auto properties = methods();
    properties.push_back(InstanceAccessor<&XdpEngineNode::adopted>("adopted"));
    properties.push_back(InstanceMethod<&XdpEngineNode::attach>("attach"));
    properties.push_back(InstanceMethod<&XdpEngineNode::detach>("detach"));
    exports.Set("inspectPins", Napi::Function::New<inspectPins>(env, "inspectPins"));
    exports.Set("removePins", Napi::Function::New<removePins>(env, "removePins"));
    exports.Set("XdpEngine", DefineClass(env, "XdpEngine", properties));
}

XdpEngineNode::XdpEngineNode(const Napi::CallbackInfo &info) : EngineNode(info) {
    const auto given = info[0].As<Napi::Object>();
    XdpEngineOptions options;
    options.settings = readSettings(given);
    options.objectPath = textOf(given, "objectPath");
    options.pinPath = textOf(given, "pinPath");
    options.replay = given.Get("replay").ToBoolean();
    options.dropMirrored = given.Get("dropMirrored").ToBoolean();
    guarded(info.Env(), [&] { xdp_ = std::make_shared<XdpEngine>(options); });
    engine_ = xdp_;
}

Napi::Value XdpEngineNode::status(const Napi::CallbackInfo &info) {
    return locked(info.Env(), [&]() -> Napi::Value {
        Napi::Object result = statusToValue(info.Env(), *xdp_);
        if (xdp_->attachment() != nullptr)
            result["attachment"] = attachmentToValue(info.Env(), *xdp_->attachment());
        return result;
    });
}

Napi::Value XdpEngineNode::adopted(const Napi::CallbackInfo &info) {
    return Napi::Boolean::New(info.Env(), xdp_->adopted());
}

Napi::Value XdpEngineNode::attach(const Napi::CallbackInfo &info) {
    return guarded(info.Env(), [&] {
        return attachmentToValue(info.Env(), xdp_->attach(info[0].As<Napi::String>().Utf8Value(),
                                                          info[1].As<Napi::String>().Utf8Value()));
    });
}

Napi::Value XdpEngineNode::detach(const Napi::CallbackInfo &info) {
    guarded(info.Env(), [&] { xdp_->detach(); });
    return info.Env().Undefined();
}

} // namespace countfree
