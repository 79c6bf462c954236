/* SPDX-License-Identifier: Apache-2.0 */
#include "user_engine_node.h"

#include "user_engine.h"

namespace countfree {

void UserEngineNode::Init(Napi::Env env, Napi::Object exports) {
    exports.Set("UserEngine", DefineClass(env, "UserEngine", methods()));
}

UserEngineNode::UserEngineNode(const Napi::CallbackInfo &info) : EngineNode(info) {
    guarded(info.Env(),
            [&] { engine_ = std::make_shared<UserEngine>(readSettings(info[0].As<Napi::Object>())); });
}

Napi::Value UserEngineNode::status(const Napi::CallbackInfo &info) {
    return locked(info.Env(), [&] { return statusToValue(info.Env(), *engine_); });
}

} // namespace countfree
