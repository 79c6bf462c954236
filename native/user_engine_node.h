/* SPDX-License-Identifier: Apache-2.0 */
#ifndef COUNTFREE_USER_ENGINE_NODE_H
#define COUNTFREE_USER_ENGINE_NODE_H

#include "engine_node.h"

namespace countfree {

/* `UserEngine` of src/capture/native.ts. */
class UserEngineNode : public EngineNode<UserEngineNode> {
  public:
    static void Init(Napi::Env env, Napi::Object exports);
    explicit UserEngineNode(const Napi::CallbackInfo &info);
    Napi::Value status(const Napi::CallbackInfo &info);
};

} // namespace countfree

#endif
