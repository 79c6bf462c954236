import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { once } from 'node:events';
import { parseSoracomSettings, type SoracomAccount } from '../../src/integrations/soracom/settings.js';

export interface FakeEvent {
  event: 'Created' | 'Modified' | 'Deleted';
  time: number;
  imsi?: string;
  ueIpAddress?: string;
  vpgId?: string;
  dns0?: string;
  dns1?: string;
  sessionId?: string;
  createdTime?: number;
  cell?: { mcc: number; mnc?: number };
}

export interface FakeDay {
  /** UNIX seconds of the start of the UTC day. */
  unixtime: number;
  date: string;
  dataTrafficStatsMap: Record<
    string,
    {
      uploadByteSizeTotal: number;
      downloadByteSizeTotal: number;
      uploadPacketSizeTotal: number;
      downloadPacketSizeTotal: number;
    }
  >;
}

type Trouble = (response: ServerResponse, request: IncomingMessage) => boolean;

/** Serves SORACOM's documented shapes from memory: auth, lists in pages, and whatever trouble a test asks for. */
export class SoracomServer {
  readonly sims: object[] = [];
  readonly events = new Map<string, FakeEvent[]>();
  readonly addresses = new Map<string, object[]>();
  /** Air statistics of a SIM by day; `from` and `to` of a request are UNIX seconds. */
  readonly stats = new Map<string, FakeDay[]>();
  readonly requests: string[] = [];
  logins = 0;
  /** Items on one page, whatever is asked for. */
  pageSize = 2;
  /** Looked at before each answer but that to /v1/auth; true = it has answered. */
  trouble: Trouble | undefined;
  authTrouble: Trouble | undefined;
  private token = '';
  private readonly server: Server = createServer((request, response) => this.serve(request, response));

  async start(): Promise<string> {
    this.server.listen(0, '127.0.0.1');
    await once(this.server, 'listening');
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}`;
  }

  async stop(): Promise<void> {
    this.server.closeAllConnections();
    await new Promise((resolve) => this.server.close(resolve));
  }

  /** Tokens given so far are refused from now on. */
  expireToken(): void {
    this.token = 'none';
  }

  private serve(request: IncomingMessage, response: ServerResponse): void {
    const url = new URL(request.url ?? '', 'http://server');
    const json = (status: number, body: unknown, headers: Record<string, string> = {}) => {
      response.writeHead(status, { 'content-type': 'application/json', ...headers });
      response.end(JSON.stringify(body));
    };
    if (url.pathname === '/v1/auth') {
      if (this.authTrouble?.(response, request) === true) return;
      this.login(request, json);
      return;
    }
    this.requests.push(`${url.pathname}${url.search}`);
    if (this.trouble?.(response, request) === true) return;
    if (
      request.headers['x-soracom-token'] !== this.token ||
      request.headers['x-soracom-api-key'] !== 'api-key'
    ) {
      json(401, { code: 'AUM0004', message: 'Invalid token' });
      return;
    }
    const stats = /^\/v1\/stats\/air\/sims\/([^/]+)$/.exec(url.pathname);
    if (stats !== null) {
      this.serveStats(url, stats[1] ?? '', json);
      return;
    }
    const found = this.find(url.pathname);
    if (found === undefined) json(404, { code: 'SIM0001', message: 'Not found' });
    else if (Array.isArray(found)) this.page(url, found, json);
    else json(200, found);
  }

  private login(request: IncomingMessage, json: (status: number, body: unknown) => void): void {
    let text = '';
    request.on('data', (chunk: Buffer) => (text += chunk.toString()));
    request.on('end', () => {
      const body = JSON.parse(text) as { authKeyId?: string; authKey?: string };
      if (body.authKeyId !== 'keyId-test' || body.authKey !== 'secret-test') {
        json(401, { code: 'AUM0001', message: 'Authentication failed' });
        return;
      }
      this.logins += 1;
      this.token = `token-${this.logins}`;
      json(200, { apiKey: 'api-key', token: this.token, operatorId: 'OP0000000000', userName: 'countfree' });
    });
  }

  private serveStats(url: URL, simId: string, json: (status: number, body: unknown) => void): void {
    const known = this.sims.some((one) => (one as { simId?: string }).simId === simId);
    const [from, to] = ['from', 'to'].map((name) => Number(url.searchParams.get(name)));
    if (!known) json(404, { code: 'SIM0001', message: 'Not found' });
    else if (!from || !to || url.searchParams.get('period') !== 'day') json(400, { code: 'STT0001' });
    else
      json(
        200,
        (this.stats.get(simId) ?? []).filter(({ unixtime }) => unixtime >= from && unixtime <= to),
      );
  }

  private find(path: string): object | object[] | undefined {
    if (path === '/v1/sims') return this.sims;
    const map = /^\/v1\/virtual_private_gateways\/([^/]+)\/ip_address_map$/.exec(path);
    if (map !== null) return this.addresses.get(map[1] ?? '');
    const events = /^\/v1\/sims\/([^/]+)\/events\/sessions$/.exec(path);
    if (events !== null) return this.events.get(events[1] ?? '') ?? [];
    const sim = /^\/v1\/sims\/([^/]+)$/.exec(path);
    return sim === null ? undefined : this.sims.find((one) => (one as { simId?: string }).simId === sim[1]);
  }

  private page(
    url: URL,
    all: object[],
    json: (status: number, body: unknown, headers?: Record<string, string>) => void,
  ): void {
    const from = Number(url.searchParams.get('from') ?? 0);
    const to = Number(url.searchParams.get('to') ?? Number.MAX_SAFE_INTEGER);
    const kept = all.filter((item) => {
      const { time } = item as { time?: number };
      return time === undefined || (time >= from && time <= to);
    });
    const start = Number(url.searchParams.get('last_evaluated_key') ?? 0);
    const end = start + this.pageSize;
    const headers: Record<string, string> = end < kept.length ? { 'x-soracom-next-key': String(end) } : {};
    json(200, kept.slice(start, end), headers);
  }
}

/** A SIM as SORACOM's API shows it; `status` is its `sessionStatus`. */
export function simOf(
  simId: string,
  imsi: string,
  status: object = { online: false, lastUpdatedAt: Date.UTC(2026, 1, 12) },
  more = {},
) {
  return {
    simId,
    operatorId: 'OP0000000000',
    status: 'active',
    speedClass: 's1.standard',
    tags: { name: `SIM ${simId}` },
    profiles: {
      [`89811000000000000${simId.slice(-2)}`]: {
        iccid: `89811000000000000${simId.slice(-2)}`,
        primaryImsi: imsi,
        subscribers: { [imsi]: { imsi, msisdn: '81801111000' + simId.slice(-1) } },
      },
    },
    sessionStatus: status,
    previousSession: null,
    ...more,
  };
}

/** The one account of the server, whose VPG `vpg-a` is the realm `vpg-1`. */
export function soracomAccount(baseUrl: string): SoracomAccount {
  const text = JSON.stringify({
    accounts: [{ baseUrl, authKeyId: 'keyId-test', authKey: 'secret-test', vpgs: { 'vpg-a': 'vpg-1' } }],
  });
  const [account] = parseSoracomSettings(text, 'soracom.json').accounts;
  if (account === undefined) throw new Error('the settings name no account');
  return account;
}
