// A listener whose queue of connections is as short as can be: while it is stopped, a further SYN is not answered.
import { createServer, type AddressInfo } from 'node:net';

const server = createServer((socket) => {
  socket.on('error', () => undefined);
  socket.once('data', () => socket.end('HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n'));
});
server.listen({ port: 0, host: '127.0.0.1', backlog: 1 }, () =>
  process.send?.((server.address() as AddressInfo).port),
);
process.once('disconnect', () => process.exit());
