/* SPDX-License-Identifier: Apache-2.0 */
#ifndef COUNTFREE_XDP_ENGINE_NODE_H
#define COUNTFREE_XDP_ENGINE_NODE_H

#include "engine_node.h"
#include "xdp_engine.h"

namespace countfree {

/* `XdpEngine` of src/capture/native.ts. */
class XdpEngineNode : public EngineNode<XdpEngineNode> {
  public:
    static void Init(Napi::Env env, Napi::Object exports);
    explicit XdpEngineNode(const Napi::CallbackInfo &info);
    Napi::Value status(const Napi::CallbackInfo &info);
    Napi::Value adopted(const Napi::CallbackInfo &info);
    Napi::Value attach(const Napi::CallbackInfo &info);
    Napi::Value detach(const Napi::CallbackInfo &info);

  private:
    std::shared_ptr<XdpEngine> xdp_;
};

} // namespace countfree

#endif
