/**
 * Runs inside the receiving namespace and joins it with the demo through Unix sockets, which no namespace divides:
 *
 *   api.sock  → 127.0.0.1:PORT  the demo, as a customer, reaches the service
 *   127.0.0.1:PORT → hook.sock  the service reaches the demo's webhook receiver
 *
 *   node portal.mjs FOLDER API_PORT HOOK_PORT
 */
import { createServer, connect } from 'node:net';
import { join } from 'node:path';
import process from 'node:process';

const [folder, apiPort, hookPort] = process.argv.slice(2);

forward({ path: join(folder, 'api.sock') }, { host: '127.0.0.1', port: Number(apiPort) });
forward({ host: '127.0.0.1', port: Number(hookPort) }, { path: join(folder, 'hook.sock') });
process.on('disconnect', () => process.exit());

/** Passes on every connection to `from`. */
function forward(from, to) {
  const server = createServer({ allowHalfOpen: true }, (near) => {
    const far = connect({ ...to, allowHalfOpen: true });
    for (const [one, other] of [
      [near, far],
      [far, near],
    ]) {
      one.on('error', () => other.destroy());
      one.pipe(other);
    }
  });
  server.listen(from, () => process.send?.('listening'));
}
