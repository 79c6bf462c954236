import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { refusal } from '../../../test/support/refusal.js';
import { simOf, soracomAccount, SoracomServer } from '../../../test/support/soracom-server.js';
import { retryAfter, SoracomClient } from './client.js';
import type { SoracomAccount } from './settings.js';

const NOW = Date.UTC(2026, 3, 20, 12);
const A = '440100000000001';
let server: SoracomServer;
let account: SoracomAccount;
let waits: number[];
const wait = (ms: number) => {
  waits.push(ms);
  return Promise.resolve();
};

beforeEach(async () => {
  waits = [];
  server = new SoracomServer();
  account = soracomAccount(await server.start());
});
afterEach(() => server.stop());

describe('the client', () => {
  const client = () => new SoracomClient(account, { wait });
  async function ids(): Promise<string[]> {
    const all: string[] = [];
    for await (const page of client().sims()) all.push(...page.map(({ simId }) => simId));
    return all;
  }

  it('reads every page, each once, and leaves out what is not in its form', async () => {
    for (let index = 0; index < 5; index += 1) server.sims.push(simOf(`sim-0${index}`, A));
    server.sims.splice(2, 0, { simId: 7 }, 'no SIM' as unknown as object);
    expect(await ids()).toEqual(['sim-00', 'sim-01', 'sim-02', 'sim-03', 'sim-04']);
    expect(server.requests).toEqual([
      '/v1/sims?limit=100',
      '/v1/sims?limit=100&last_evaluated_key=2',
      '/v1/sims?limit=100&last_evaluated_key=4',
      '/v1/sims?limit=100&last_evaluated_key=6',
    ]);
    expect(server.logins).toBe(1);
  });

  it('renews a token that has ended in the middle of a list', async () => {
    for (let index = 0; index < 5; index += 1) server.sims.push(simOf(`sim-0${index}`, A));
    server.trouble = () => {
      if (server.requests.length === 2) server.expireToken();
      return false;
    };
    expect(await ids()).toHaveLength(5);
    expect(server.logins).toBe(2);
  });

  it('obeys 429 with Retry-After, and waits longer and longer where it is not said', async () => {
    server.sims.push(simOf('sim-00', A));
    server.trouble = (response) => {
      if (server.requests.length > 3) return false;
      if (server.requests.length === 1) response.setHeader('retry-after', '7');
      response.writeHead(429).end('{"code":"COM0429","message":"slow down"}');
      return true;
    };
    expect(await ids()).toEqual(['sim-00']);
    const [, first, second = 0, third = 0] = waits;
    expect(first).toBe(7000);
    expect(second).toBeGreaterThanOrEqual(750);
    expect(third).toBeGreaterThanOrEqual(1500);
  });

  it('waits out an outage: errors, cut connections, error pages', async () => {
    server.sims.push(simOf('sim-00', A));
    server.trouble = (response) => {
      const round = server.requests.length;
      if (round > 4) return false;
      if (round === 1) response.writeHead(503).end('<html>maintenance</html>');
      else if (round === 2) response.destroy();
      else response.writeHead(500).end();
      return true;
    };
    expect(await ids()).toEqual(['sim-00']);
    server.trouble = (response) => {
      response.writeHead(502).end();
      return true;
    };
    const { code, message } = await refusal(ids());
    expect(code).toBe('unavailable');
    expect(message).toContain('HTTP 502');
    expect(message).not.toMatch(/secret-test|token-/);
  });

  it('says what is wrong with a key, a right, an answer', async () => {
    server.sims.push(simOf('sim-00', A));
    server.trouble = (response) => {
      response.writeHead(403).end('{"code":"SEM0001"}');
      return true;
    };
    expect((await refusal(ids())).code).toBe('forbidden');
    server.trouble = (response) => {
      response.writeHead(200).end('{"not":"a list"}');
      return true;
    };
    expect((await refusal(ids())).message).toContain('documented form');
    server.trouble = (response) => {
      response.writeHead(200, { 'x-soracom-next-key': 'again' }).end('[]');
      return true;
    };
    expect((await refusal(ids())).message).toContain('same page');
    account = { ...account, authKey: 'secret-wrong' };
    const { code, message } = await refusal(ids());
    expect(code).toBe('unauthenticated');
    expect(message).not.toContain('secret-wrong');
  });

  it('reads Retry-After as seconds or date, within bounds', () => {
    expect(retryAfter('3')).toBe(3000);
    expect(retryAfter('999999')).toBe(300_000);
    expect(retryAfter(new Date(NOW + 5000).toUTCString(), NOW)).toBe(5000);
    expect(retryAfter(new Date(NOW - 5000).toUTCString(), NOW)).toBe(0);
    expect(retryAfter('soon')).toBeUndefined();
  });
});
