import { loadAddon } from './native.js';

type Native = (path: string, work: () => unknown) => unknown;

/**
 * Runs `work` with the main thread in the network namespace at `path` (`/run/netns/NAME` or `/proc/PID/ns/net`), and
 * comes back, also when it throws. Sockets that are made and XDP programs that are attached there stay there. `work`
 * must be synchronous: whatever it starts for later runs in the home namespace. Needs CAP_SYS_ADMIN.
 */
export function insideNetworkNamespace<T>(path: string, work: () => T): T {
  return (loadAddon().insideNetworkNamespace as Native)(path, work) as T;
}
