/* SPDX-License-Identifier: Apache-2.0 */
#ifndef COUNTFREE_NETWORK_NAMESPACE_H
#define COUNTFREE_NETWORK_NAMESPACE_H

#include <napi.h>

namespace countfree {

/*
 * insideNetworkNamespace(path, work): calls work() with this thread in the network namespace at `path` (such
 * as /run/netns/x or /proc/<pid>/ns/net) and comes back, also when work throws. Sockets and XDP links made
 * there stay there. Typed and documented in src/capture/network-namespace.ts.
 */
void InitNetworkNamespace(Napi::Env env, Napi::Object exports);

} // namespace countfree

#endif
