import { request as httpRequest } from 'node:http';
import { Stop } from '../support/steps.mjs';

/** The REST API as a customer's program uses it. */
export class Api {
  key = '';

  /** @param where `{ socketPath }` or `{ host, port }` */
  constructor(where) {
    this.where = where;
  }

  get(path) {
    return this.call('GET', path);
  }
  post(path, body) {
    return this.call('POST', path, body);
  }

  /** Every item of a paged list. */
  async list(path) {
    const items = [];
    let cursor;
    do {
      const separator = path.includes('?') ? '&' : '?';
      const page = await this.get(cursor === undefined ? path : `${path}${separator}cursor=${cursor}`);
      items.push(...page.items);
      cursor = page.nextCursor ?? undefined;
    } while (cursor !== undefined);
    return items;
  }

  /** Gives the parsed answer. Throws what the problem document says. */
  async call(method, path, body) {
    const { status, text } = await this.send(method, path, body);
    const answer = text === '' ? undefined : JSON.parse(text);
    if (status < 400) return answer;
    const fields = (answer?.errors ?? []).map(({ pointer, detail }) => `\n  ${pointer}: ${detail}`).join('');
    throw new Stop(
      `${method} ${path} was refused (${status}): ${answer?.detail ?? answer?.title ?? text}${fields}`,
    );
  }

  /** Whether a path answers with success. */
  async isUp(path) {
    return (await this.send('GET', path)).status < 300;
  }

  send(method, path, body) {
    const payload = body === undefined ? undefined : JSON.stringify(body);
    const headers = { accept: 'application/json', host: 'localhost' };
    if (this.key !== '') headers.authorization = `Bearer ${this.key}`;
    if (payload !== undefined) headers['content-type'] = 'application/json';
    return new Promise((resolve, reject) => {
      const request = httpRequest({ ...this.where, method, path, headers }, (response) => {
        let text = '';
        response.setEncoding('utf8');
        response.on('data', (chunk) => (text += chunk));
        response.on('end', () => resolve({ status: response.statusCode, text }));
        response.on('error', reject);
      });
      request.on('error', reject);
      request.setTimeout(30_000, () => request.destroy(new Error(`${method} ${path} took more than 30 s`)));
      request.end(payload);
    });
  }
}
