/* SPDX-License-Identifier: Apache-2.0 */
#ifndef COUNTFREE_PACKET_SOCKET_NODE_H
#define COUNTFREE_PACKET_SOCKET_NODE_H

#include <napi.h>

#include <memory>

#include "packet_socket.h"

namespace countfree {

/* PacketSocket for JavaScript; typed and documented in src/capture/packet-socket.ts. */
class PacketSocketNode : public Napi::ObjectWrap<PacketSocketNode> {
  public:
    static void Init(Napi::Env env, Napi::Object exports);
    explicit PacketSocketNode(const Napi::CallbackInfo &info);

  private:
    Napi::Value read(const Napi::CallbackInfo &info);
    Napi::Value status(const Napi::CallbackInfo &info);
    Napi::Value close(const Napi::CallbackInfo &info);

    PacketSocket &socket() const;

    std::unique_ptr<PacketSocket> socket_;
};

} // namespace countfree

#endif
