import { spawn, type ChildProcess } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Redis } from 'ioredis';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Customer, until, type Api } from '../../scripts/demo/index.mjs';
import { deliver, Simulation } from '../../src/simulate/index.js';
import { createTestDatabase, type TestDatabase } from '../support/database.js';
import { TestRedis } from '../support/redis.js';
import { WebhookReceiver } from '../support/webhook-receiver.js';

const ROOT = join(import.meta.dirname, '../..');
/** Traffic of one fleet on two days, one for each capture node: both add to the accounts of the same SIMs. */
const MONTH = { name: '2026-10', start: Date.parse('2026-10-01T00:00:00+09:00') };
const simulations = ['2026-10-05T00:30:00Z', '2026-10-07T12:30:00Z'].map(
  (start) =>
    new Simulation({
      seed: 11,
      sims: 8,
      octets: 4e6,
      mtu: 65_535,
      postQuantum: false,
      start: Date.parse(start),
      span: 600_000,
    }),
);
/** SIMs on the plan without usage, so that a closing takes several batches. */
const IDLE = 6_000;
const CLOSE = { force: true, asOf: '2026-11-05T00:00:00Z' };
const PLAN = {
  code: 'line-free',
  name: 'LINE is free',
  baseFee: 980,
  includedOctets: 100_000,
  unitOctets: 10_000,
  unitPrice: 3,
  freeServices: ['line', 'line-calls'],
  taxPercent: 10,
};

/** REST, each call at the next of several processes. */
class Rest implements Api {
  private calls = 0;
  constructor(
    private readonly origins: readonly string[],
    private readonly key: string,
  ) {}

  get(path: string): Promise<unknown> {
    return this.call('GET', path);
  }
  post(path: string, body: unknown): Promise<unknown> {
    return this.call('POST', path, body);
  }
  async list(path: string): Promise<unknown[]> {
    return ((await this.get(`${path}&limit=100`)) as { items: unknown[] }).items;
  }
  async send(method: string, path: string, body?: unknown): Promise<{ status: number; text: string }> {
    const origin = this.origins[this.calls++ % this.origins.length] ?? '';
    const response = await fetch(origin + path, {
      method,
      headers: { authorization: `Bearer ${this.key}`, 'content-type': 'application/json' },
      ...(body !== undefined && { body: JSON.stringify(body) }),
    });
    return { status: response.status, text: await response.text() };
  }
  async call(method: string, path: string, body?: unknown): Promise<unknown> {
    const { status, text } = await this.send(method, path, body);
    if (status >= 400) throw new Error(`${method} ${path}: ${status} ${text}`);
    return text === '' ? undefined : JSON.parse(text);
  }
}

interface Outcome {
  usage: unknown[];
  accounts: unknown[];
  statements: string[];
  delivered: string[];
}

/** One installation: processes over a Postgres and a Redis of its own. */
class Installation {
  private readonly processes: { roles: string; child: ChildProcess }[] = [];
  private readonly secretKey = randomBytes(32).toString('base64');

  private constructor(
    private readonly folder: string,
    private readonly database: TestDatabase,
    private readonly redis: TestRedis,
    private readonly receiver: WebhookReceiver,
  ) {}

  static async open(): Promise<Installation> {
    const folder = await mkdtemp(join(tmpdir(), `countfree-test-${process.pid}-`));
    const database = await createTestDatabase();
    const redis = await TestRedis.start(join(folder, 'redis'));
    return new Installation(folder, database, redis, await WebhookReceiver.start());
  }

  async close(): Promise<void> {
    await Promise.all(
      this.processes
        .filter(({ child }) => child.exitCode === null && child.signalCode === null)
        .map(({ child }) => {
          const ended = once(child, 'exit');
          child.kill('SIGTERM');
          return ended;
        }),
    );
    await this.receiver.stop();
    await this.redis.stop();
    await this.database.drop();
    await rm(this.folder, { recursive: true, force: true });
  }

  /**
   * From an empty database to delivered statements. `layout` names the roles of each process that is there from the
   * beginning; `captures` gives each further one the files that it reads.
   */
  async run(
    layout: readonly string[],
    captures: readonly string[][],
    meanwhile: (api: Rest) => Promise<void> = () => Promise.resolve(),
  ): Promise<Outcome> {
    const origins: string[] = [];
    for (const roles of layout) {
      const origin = await this.serve(roles, {});
      if (roles.includes('api')) origins.push(origin);
    }
    const api = new Rest(origins, await this.makeKey());
    const customer = new Customer(api, MONTH);
    await this.makeFleet(customer);
    await customer.subscribeWebhook(this.receiver.url);
    for (const [index, files] of captures.entries()) {
      await this.serve('capture', {
        COUNTFREE_SOURCE_NAME: `node-${index}`,
        COUNTFREE_CAPTURE_FILES: files.join(','),
      });
    }
    const sent = simulations.reduce((sum, one) => sum + one.prediction().sent.octets, 0);
    await until(
      'not every octet was seen',
      async () => Number((await customer.conservation()).seen.octets) >= sent,
    );
    expect((await customer.conservation()).difference).toBe('0');
    await this.order(api);
    await meanwhile(api);
    await until('the month is not closed', () => customer.isClosed());
    const statements = await this.rows<{ number: string; document: string }>(
      'SELECT number, document FROM statement ORDER BY number',
    );
    await until(
      () => `${this.finalized().length} of ${statements.length} statements were told of`,
      () => this.finalized().length >= statements.length,
    );
    return {
      usage: await this.usage(),
      accounts: await this.rows(
        `SELECT hour, account, sum(packets)::text AS packets, sum(octets)::text AS octets FROM account_bucket
         GROUP BY hour, account ORDER BY hour, account`,
      ),
      statements: statements.map(({ document }) => document),
      delivered: this.finalized(),
    };
  }

  /** Orders the closing, at two processes of the API at once where there are two. */
  async order(api: Rest): Promise<void> {
    await Promise.all([1, 2].map(() => api.post(`/v1/periods/${MONTH.name}/close`, CLOSE)));
  }

  /** Waits until so many statements are final; more than `IDLE` there must not be: the closing is still under way. */
  async untilClosed(count: number): Promise<number> {
    let closed = 0;
    await until(
      () => `${closed} statements are final`,
      async () => {
        const [row] = await this.rows<{ count: string }>('SELECT count(*) FROM statement');
        closed = Number(row?.count);
        return closed >= count;
      },
      5,
    );
    expect(closed).toBeLessThanOrEqual(IDLE);
    return closed;
  }

  async emptyRedis(): Promise<void> {
    const redis = new Redis(this.redis.url.replace('unix://', ''));
    await redis.flushall();
    await redis.quit();
  }

  async killWorkers(): Promise<void> {
    const workers = this.processes.filter(({ roles }) => roles === 'worker');
    await Promise.all(
      workers.map(({ child }) => {
        const ended = once(child, 'exit');
        child.kill('SIGKILL');
        return ended;
      }),
    );
  }

  private async makeFleet(customer: Customer): Promise<void> {
    const { realm, sims } = simulations[0]!.fleet;
    await customer.makeRealm(realm);
    await customer.makePlan(PLAN);
    for (const sim of sims) await customer.makeSim(sim, PLAN.code);
    await customer.openSessions(realm.name, sims);
    await this.rows(
      `WITH made AS (
         INSERT INTO sim (sim_id, name_consent, status, tags, version, created_at, updated_at)
         SELECT 'idle-' || n, false, 'active', '{}', 1, now(), now() FROM generate_series(1, $1::int) n RETURNING sim_key)
       INSERT INTO subscription (sim_key, plan_key, starts_at, version, created_at, updated_at)
       SELECT sim_key, plan_key, $2, 1, now(), now() FROM made, plan`,
      [IDLE, new Date(MONTH.start)],
    );
    await customer.untilLive();
  }

  /** Different ids of the statements' events that arrived. */
  private finalized(): string[] {
    const events = this.receiver.messages.map(
      ({ id, body }) => [id, JSON.parse(body) as { type: string; data: { hash: string } }] as const,
    );
    const of = new Map(events.filter(([, { type }]) => type === 'statement.finalized'));
    return [...of.values()].map(({ data }) => data.hash).sort();
  }

  private usage(): Promise<unknown[]> {
    return this.rows(
      `SELECT m.sim_id, b.hour, v.service_code, r.claimed_service_code, r.evidence, r.rule, r.name, r.agreed,
              b.octets_up, b.octets_down, b.packets_up, b.packets_down
       FROM usage_bucket b JOIN sim m USING (sim_key) JOIN usage_reason r ON r.id = b.reason_id
       LEFT JOIN service_version v ON v.id = r.service_version_id
       WHERE (b.octets_up, b.octets_down, b.packets_up, b.packets_down) <> (0, 0, 0, 0)
       ORDER BY 1, 2, 3, 4, 5, 6, 7, 8`,
    );
  }

  private rows<Row>(sql: string, parameters: unknown[] = []): Promise<Row[]> {
    return this.database.dataSource.query<Row[]>(sql, parameters);
  }

  private async makeKey(): Promise<string> {
    const child = this.spawn(['api-key', 'create', '--name', 'test', '--scopes', 'admin'], {});
    let output = '';
    child.stdout?.setEncoding('utf8').on('data', (text: string) => (output += text));
    await once(child, 'close');
    const key = /cfk_[\w-]+/.exec(output)?.[0];
    if (key === undefined) throw new Error(`no API key: ${output}`);
    return key;
  }

  /** Starts a process and waits until it is ready. Gives its origin. */
  async serve(roles: string, more: Record<string, string>): Promise<string> {
    const port = await freePort();
    const child = this.spawn(['serve'], {
      COUNTFREE_ROLES: roles,
      COUNTFREE_LISTEN: `127.0.0.1:${port}`,
      COUNTFREE_DATA_DIR: join(this.folder, `data-${port}`),
      COUNTFREE_WEBHOOK_ALLOW_HTTP: 'true',
      COUNTFREE_WEBHOOK_ALLOW_PRIVATE: '127.0.0.0/8',
      COUNTFREE_LOG_LEVEL: 'warn',
      ...more,
    });
    let said = '';
    child.stdout?.setEncoding('utf8').on('data', (text: string) => (said = (said + text).slice(-4_000)));
    this.processes.push({ roles, child });
    const origin = `http://127.0.0.1:${port}`;
    await until(
      () => `${roles} is not ready: ${said}`,
      async () => {
        if (child.exitCode !== null) throw new Error(`${roles} ended: ${said}`);
        return (await fetch(`${origin}/readyz`).catch(() => undefined))?.ok ?? false;
      },
    );
    return origin;
  }

  private spawn(args: readonly string[], variables: Record<string, string>): ChildProcess {
    return spawn(process.execPath, ['bin/countfree.js', ...args], {
      cwd: ROOT,
      stdio: ['ignore', 'pipe', 'inherit'],
      env: {
        PATH: process.env['PATH'] ?? '',
        DATABASE_URL: this.database.url,
        REDIS_URL: this.redis.url,
        COUNTFREE_SECRET_KEY: this.secretKey,
        ...variables,
      },
    });
  }
}

function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', reject).listen(0, '127.0.0.1', () => {
      const { port } = server.address() as AddressInfo;
      server.close(() => resolve(port));
    });
  });
}

describe('two processes of each role on one Postgres and one Redis', () => {
  let folder: string;
  let files: string[];
  let alone: Outcome;
  let shared: Outcome;
  let disturbed: Outcome;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), `countfree-test-${process.pid}-`));
    files = simulations.map((_, index) => join(folder, `${index}.pcap`));
    for (const [index, simulation] of simulations.entries())
      await deliver(simulation.frames(), { kind: 'file', path: files[index] ?? '' });
    alone = await installed((one) => one.run(['worker,api'], [files]));
    shared = await installed((several) =>
      several.run(
        ['api', 'api', 'worker', 'worker'],
        files.map((file) => [file]),
      ),
    );
    disturbed = await installed((several) =>
      several.run(
        ['api', 'api', 'worker', 'worker'],
        files.map((file) => [file]),
        (api) => disturb(several, api),
      ),
    );
  }, 600_000);
  afterAll(() => rm(folder, { recursive: true, force: true }));

  async function installed(work: (installation: Installation) => Promise<Outcome>): Promise<Outcome> {
    const installation = await Installation.open();
    try {
      return await work(installation);
    } finally {
      await installation.close();
    }
  }

  /** Redis forgets the closing under way, so that both workers have it; then they die, and Redis forgets all again. */
  async function disturb(several: Installation, api: Rest): Promise<void> {
    const some = await several.untilClosed(1);
    await several.emptyRedis();
    await several.order(api);
    await several.untilClosed(some + 1);
    await several.killWorkers();
    await several.emptyRedis();
    await several.untilClosed(some + 1);
    for (const roles of ['worker', 'worker']) await several.serve(roles, {});
  }

  it('count the same octets on the same accounts', () => {
    expect(alone.usage.length).toBeGreaterThan(8);
    expect(shared.usage).toEqual(alone.usage);
    expect(shared.accounts).toEqual(alone.accounts);
  });

  it('write the same statements, byte for byte, each SIM one', () => {
    expect(alone.statements).toHaveLength(8 + IDLE);
    expect(shared.statements).toEqual(alone.statements);
  });

  it('tell of each statement', () => {
    expect(alone.delivered).toHaveLength(8 + IDLE);
    expect(shared.delivered).toEqual(alone.delivered);
  });

  it('do so as well where Redis is emptied and both workers are killed in the middle of a closing that both have', () => {
    expect(disturbed).toEqual(alone);
  });
});
