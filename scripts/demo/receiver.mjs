import { createHmac, timingSafeEqual } from 'node:crypto';
import { createServer } from 'node:http';

const TOLERANCE_SECONDS = 300;

/** A customer's webhook receiver: keeps what carries a right signature of Standard Webhooks 1.0, refuses the rest. */
export class Receiver {
  events = [];
  refused = 0;
  secret = '';

  constructor() {
    this.server = createServer((request, response) => {
      const chunks = [];
      request.on('data', (chunk) => chunks.push(chunk));
      request.on('end', () => {
        const body = Buffer.concat(chunks);
        const verified = verify(this.secret, request.headers, body);
        if (verified)
          this.events.push({ ...JSON.parse(body.toString('utf8')), id: request.headers['webhook-id'] });
        else this.refused += 1;
        response.writeHead(verified ? 204 : 401).end();
      });
    });
  }

  /** @param where options of net.Server.listen: a path or a host and port */
  listen(where) {
    return new Promise((resolve, reject) => {
      this.server.once('error', reject);
      this.server.listen(where, () => resolve(this.server.address()));
    });
  }

  close() {
    this.server.closeAllConnections();
    this.server.close();
  }
}

/** Standard Webhooks 1.0: HMAC-SHA256 over `id.timestamp.body`, base64, after `v1,`. */
export function verify(secret, headers, body) {
  const id = headers['webhook-id'];
  const timestamp = headers['webhook-timestamp'];
  const signatures = String(headers['webhook-signature'] ?? '').split(' ');
  if (id === undefined || Math.abs(Date.now() / 1000 - Number(timestamp)) > TOLERANCE_SECONDS) return false;
  const key = Buffer.from(secret.replace(/^whsec_/, ''), 'base64');
  const expected = Buffer.from(
    createHmac('sha256', key).update(`${id}.${timestamp}.`).update(body).digest('base64'),
  );
  return signatures.some((signature) => {
    const given = Buffer.from(signature.replace(/^v1,/, ''));
    return (
      signature.startsWith('v1,') && given.length === expected.length && timingSafeEqual(given, expected)
    );
  });
}
