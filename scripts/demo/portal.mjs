/**
 * Runs inside the receiving namespace and joins it with the demo through Unix sockets, which no namespace divides:
 *
 *   api.sock → 127.0.0.1:API_PORT      the demo, as a customer, reaches the service
 *   127.0.0.1:HOOK_PORT → hook.sock    the service reaches the demo's webhook receiver
 *
 *   node portal.mjs FOLDER API_PORT HOOK_PORT
 */
import { connect, createServer } from 'node:net';
import { join } from 'node:path';
import process from 'node:process';

const [folder, apiPort, hookPort] = process.argv.slice(2);

process.on('disconnect', () => process.exit());
await forward({ path: join(folder, 'api.sock') }, { host: '127.0.0.1', port: Number(apiPort) });
await forward({ host: '127.0.0.1', port: Number(hookPort) }, { path: join(folder, 'hook.sock') });
process.send?.('listening');

/** Passes on every connection that comes `from`. */
function forward(from, to) {
  const server = createServer((near) => {
    const far = connect(to);
    near.on('error', () => far.destroy()).pipe(far);
    far.on('error', () => near.destroy()).pipe(near);
  });
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(from, resolve);
  });
}
