/**
 * A receiver of webhooks in a process of its own: it counts messages and different ids, and answers 204, or 500 to a
 * share of them. Told by its parent over IPC: `{ fail: 0.3 }` sets the share, `'count'` asks for the counts and begins anew.
 */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

/** What `'count'` is answered with. */
export interface Received {
  messages: number;
  accepted: number;
  /** Different ids among the accepted. */
  ids: number;
}

const ids = new Set<string>();
let messages = 0;
let accepted = 0;
let fail = 0;

const server = createServer((request, response) => {
  request.resume();
  request.on('end', () => {
    messages += 1;
    // A share of the messages by their count: the same in every run.
    const refused = Math.floor(messages * fail) > Math.floor((messages - 1) * fail);
    if (!refused) {
      accepted += 1;
      ids.add(String(request.headers['webhook-id']));
    }
    response.writeHead(refused ? 500 : 204).end();
  });
});
server.listen(0, '127.0.0.1', () => process.send?.({ port: (server.address() as AddressInfo).port }));

process.on('message', (message: 'count' | { fail: number }) => {
  if (message !== 'count') {
    fail = message.fail;
    return;
  }
  const counts: Received = { messages, accepted, ids: ids.size };
  process.send?.(counts);
  [messages, accepted] = [0, 0];
  ids.clear();
});
process.on('disconnect', () => process.exit(0));
