import { randomUUID } from 'node:crypto';
import { fork, spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { Agent, request } from 'undici';
import { inTransaction } from '../../src/database/index.js';
import { TestRedis } from '../support/redis.js';
import { startWebhooksApp, type WebhooksApp } from '../support/webhooks-app.js';
import type { WorkerArguments } from '../support/webhooks-worker.js';
import { openPrivateDatabase, type PrivateDatabase } from './support/private-database.js';
import type { Row } from './support/table.js';
import type { Received } from './support/webhook-receiver-child.js';

const EVENTS = 20_000;
const SIMS = 20_000;
const STORM_EVENTS = 10_000;
const KILLS = 5;
const LOADER = ['--import', './test/support/typescript.mjs'];
const IN_FLIGHT = 64;

/**
 * Deliveries a second to a receiver on this machine, order kept per SIM, beside the same requests without anything
 * stored; and a storm: 30 % of answers fail and the worker is killed five times.
 */
export async function webhooks(runs: number): Promise<Row[]> {
  const bench = await WebhookBench.start();
  try {
    const [plain, delivered, stormed]: number[][] = [[], [], []];
    let repeated = 0;
    for (let run = 0; run < runs; run += 1) {
      plain!.push(await bench.plain());
      delivered!.push(await bench.deliver());
    }
    for (let run = 0; run < Math.min(runs, 3); run += 1) {
      const storm = await bench.storm();
      stormed!.push(storm.rate);
      repeated = Math.max(repeated, storm.repeated);
    }
    const part = `webhooks: ${EVENTS.toLocaleString('en')} events of ${SIMS.toLocaleString('en')} SIMs to one receiver`;
    const storm = `webhooks: ${STORM_EVENTS.toLocaleString('en')} events, 30 % of answers fail, worker killed ${KILLS} times`;
    return [
      { part, name: 'delivered and recorded', unit: '/s', values: delivered!, aim: '≥ 2,000' },
      { part, name: 'the same requests alone (undici)', unit: '/s', values: plain! },
      { part: storm, name: 'delivered and recorded, none lost', unit: '/s', values: stormed! },
      { part: storm, name: 'delivered more than once, most of a run', unit: 'messages', values: [repeated] },
    ];
  } finally {
    await bench.stop();
  }
}

class WebhookBench {
  private constructor(
    private readonly folder: string,
    private readonly database: PrivateDatabase,
    private readonly redis: TestRedis,
    private readonly receiver: ChildProcess,
    private readonly url: string,
    private readonly app: WebhooksApp,
    private readonly prefix: string,
  ) {}

  static async start(): Promise<WebhookBench> {
    const folder = await mkdtemp(join(tmpdir(), `countfree-test-${process.pid}-`));
    const database = await openPrivateDatabase();
    const redis = await TestRedis.start(join(folder, 'redis'));
    const receiver = fork('test/bench/support/webhook-receiver-child.ts', { execArgv: LOADER });
    const [{ port }] = (await once(receiver, 'message')) as [{ port: number }];
    const prefix = `test-${randomUUID()}`;
    const { dataSource } = database;
    const settings = { work: false };
    const app = await startWebhooksApp({ dataSource, redisUrl: redis.url, settings, queue: { prefix } });
    const url = `http://127.0.0.1:${port}/hook`;
    await app.endpoints.create({ url });
    return new WebhookBench(folder, database, redis, receiver, url, app, prefix);
  }

  async stop(): Promise<void> {
    this.receiver.disconnect();
    await this.app.app.close();
    await this.redis.stop();
    await this.database.close();
    await rm(this.folder, { recursive: true, force: true });
  }

  /** Requests a second of the same size, as many at once, with nothing stored. */
  async plain(): Promise<number> {
    const agent = new Agent({ connections: IN_FLIGHT });
    const body = Buffer.alloc(450, 0x20);
    let left = EVENTS;
    const started = performance.now();
    const send = async () => {
      while ((left -= 1) >= 0) {
        const headers = { 'webhook-id': String(left), 'content-type': 'application/json' };
        const answer = await request(this.url, { dispatcher: agent, method: 'POST', headers, body });
        await answer.body.dump();
      }
    };
    await Promise.all(Array.from({ length: IN_FLIGHT }, send));
    const seconds = (performance.now() - started) / 1000;
    await agent.close();
    await this.received();
    return EVENTS / seconds;
  }

  async deliver(): Promise<number> {
    await this.clear();
    const worker = await this.worker({});
    const started = performance.now();
    await this.append(EVENTS);
    await this.untilDelivered(EVENTS);
    const seconds = (performance.now() - started) / 1000;
    await kill(worker);
    const { ids, messages } = await this.received();
    if (ids !== EVENTS || messages !== EVENTS)
      throw new Error(`${ids} events arrived in ${messages} messages`);
    return EVENTS / seconds;
  }

  async storm(): Promise<{ rate: number; repeated: number }> {
    await this.clear();
    this.receiver.send({ fail: 0.3 });
    const settings = { timeoutMs: 1_000, claimMarginMs: 500, schedule: Array<number>(60).fill(20) };
    let worker = await this.worker(settings);
    const started = performance.now();
    await this.append(STORM_EVENTS);
    for (let kills = 1; kills <= KILLS; kills += 1) {
      await this.untilDelivered((STORM_EVENTS * kills) / (KILLS + 2));
      await kill(worker);
      worker = await this.worker(settings);
    }
    await this.untilDelivered(STORM_EVENTS);
    const seconds = (performance.now() - started) / 1000;
    await kill(worker);
    this.receiver.send({ fail: 0 });
    const { ids, accepted } = await this.received();
    if (ids !== STORM_EVENTS) throw new Error(`${ids} of ${STORM_EVENTS} events arrived`);
    return { rate: STORM_EVENTS / seconds, repeated: accepted - ids };
  }

  private async clear(): Promise<void> {
    await this.database.dataSource.query('TRUNCATE outbox_event, outbox_sequence CASCADE');
    await this.received();
  }

  private append(count: number) {
    const of = (n: number) => ({
      type: 'statement.finalized' as const,
      simId: `sim-${n % SIMS}`,
      data: {
        number: n,
        month: '2026-10',
        freeOctets: '123456789',
        billedOctets: '987654321',
        amount: '1078',
      },
      occurredAt: Date.now(),
    });
    return inTransaction(this.database.dataSource, (manager) =>
      this.app.outbox.appendMany(
        manager,
        Array.from({ length: count }, (_unused, n) => of(n)),
      ),
    );
  }

  private async untilDelivered(count: number): Promise<void> {
    for (;;) {
      const [row] = await this.database.dataSource.query<{ count: number }[]>(
        `SELECT count(*)::int AS count FROM webhook_delivery WHERE status = 'delivered'`,
      );
      if ((row?.count ?? 0) >= count) return;
      await delay(100);
    }
  }

  private received(): Promise<Received> {
    this.receiver.send('count');
    return once(this.receiver, 'message').then(([counts]) => counts as Received);
  }

  private async worker(settings: WorkerArguments['settings']): Promise<ChildProcess> {
    const given: WorkerArguments = {
      databaseUrl: this.database.url,
      redisUrl: this.redis.url,
      prefix: this.prefix,
      settings,
    };
    const child = spawn(
      process.execPath,
      [...LOADER, 'test/support/webhooks-worker.ts', JSON.stringify(given)],
      { stdio: ['ignore', 'pipe', 'inherit'] },
    );
    await once(child.stdout, 'data');
    child.stdout.resume();
    return child;
  }
}

async function kill(child: ChildProcess): Promise<void> {
  child.kill('SIGKILL');
  await once(child, 'exit');
}
