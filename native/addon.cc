/* SPDX-License-Identifier: Apache-2.0 */
/* The addon's one entry. src/capture types and validates what is called here. */
#include <napi.h>

#include "capture_input_node.h"
#include "capture_reader.h"
#include "network_namespace.h"
#include "packet_sender.h"
#include "packet_socket_node.h"
#include "receive_offloads_node.h"
#include "user_engine_node.h"
#include "xdp_engine_node.h"

static Napi::Object InitAll(Napi::Env env, Napi::Object exports) {
    countfree::XdpEngineNode::Init(env, exports);
    countfree::UserEngineNode::Init(env, exports);
    countfree::CaptureInputNode::Init(env, exports);
    countfree::CaptureReader::Init(env, exports);
    countfree::PacketSender::Init(env, exports);
    countfree::PacketSocketNode::Init(env, exports);
    countfree::InitNetworkNamespace(env, exports);
    countfree::InitReceiveOffloads(env, exports);
    return exports;
}

NODE_API_MODULE(countfree, InitAll)
