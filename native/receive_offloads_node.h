/* SPDX-License-Identifier: Apache-2.0 */
#ifndef COUNTFREE_RECEIVE_OFFLOADS_NODE_H
#define COUNTFREE_RECEIVE_OFFLOADS_NODE_H

#include <napi.h>

#include "receive_offloads.h"

namespace countfree {

/* readReceiveOffloads and switchReceiveOffloadsOn, typed and documented in src/capture/offload-memory.ts. */
void InitReceiveOffloads(Napi::Env env, Napi::Object exports);

/* { off: string[], stillOn: string[] } */
Napi::Value offloadsToValue(Napi::Env env, const OffloadChange &change);

} // namespace countfree

#endif
