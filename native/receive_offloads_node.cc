/* SPDX-License-Identifier: Apache-2.0 */
#include "receive_offloads_node.h"

#include <net/if.h>

namespace countfree {

namespace {

Napi::Array namesToValue(Napi::Env env, uint32_t offloads) {
    auto names = Napi::Array::New(env);
    for (const std::string &name : offloadNames(offloads))
        names[names.Length()] = name;
    return names;
}

/* readReceiveOffloads(interfaceName) -> { interfaceIndex, on } */
Napi::Value readReceiveOffloads(const Napi::CallbackInfo &info) {
    const std::string name = info[0].As<Napi::String>().Utf8Value();
    auto result = Napi::Object::New(info.Env());
    result["interfaceIndex"] = if_nametoindex(name.c_str());
    result["on"] = namesToValue(info.Env(), ReceiveOffloads(name).on());
    return result;
}

/* switchReceiveOffloadsOn(interfaceName, names) */
Napi::Value switchReceiveOffloadsOn(const Napi::CallbackInfo &info) {
    const auto wanted = info[1].As<Napi::Array>();
    const std::vector<std::string> known = offloadNames(~0u);
    uint32_t offloads = 0;
    for (uint32_t i = 0; i < wanted.Length(); i++) {
        const std::string name = wanted.Get(i).ToString().Utf8Value();
        for (size_t offload = 0; offload < known.size(); offload++)
            if (known[offload] == name)
                offloads |= 1u << offload;
    }
    ReceiveOffloads(info[0].As<Napi::String>().Utf8Value()).switchOn(offloads);
    return info.Env().Undefined();
}

} // namespace

Napi::Value offloadsToValue(Napi::Env env, const OffloadChange &change) {
    auto result = Napi::Object::New(env);
    result["off"] = namesToValue(env, change.off);
    result["stillOn"] = namesToValue(env, change.stillOn);
    return result;
}

void InitReceiveOffloads(Napi::Env env, Napi::Object exports) {
    exports.Set("readReceiveOffloads", Napi::Function::New<readReceiveOffloads>(env, "readReceiveOffloads"));
    exports.Set("switchReceiveOffloadsOn",
                Napi::Function::New<switchReceiveOffloadsOn>(env, "switchReceiveOffloadsOn"));
}

} // namespace countfree
