/** From engine to ledger: nothing is lost and nothing doubled, wherever a process stops. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import fc from 'fast-check';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import {
  FlowRecords,
  LiveSource,
  PacketSender,
  Spool,
  SpoolReader,
  UserEngine,
  XdpEngine,
  packFrames,
  readHellos,
  sumFlows,
  type CaptureBatch,
  type EpochSums,
  type LiveSourceOptions,
  type PacketEngine,
} from '../../src/capture/index.js';
import type { Clock } from '../../src/shared/index.js';
import { openUser, PrivateNetwork, realm, SMALL, sh, type TestEngine } from './support/engines.js';
import { clientHello, ETHERTYPE, ethernet, ipv4, tcp, udp } from './support/frames.js';

const ROOT = join(import.meta.dirname, '../..');
const HOUR = 3_600_000;

let folder: string;
let open: { close(): unknown }[] = [];

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'countfree-live-'));
});
afterEach(async () => {
  for (const one of open.reverse()) await one.close();
  open = [];
  rmSync(folder, { recursive: true, force: true });
});

function newEngine(): UserEngine {
  const engine = openUser({ fullTable: 'coarsen' });
  engine.configure([realm({ type: 'none' }, '10.0.0.0/8')]);
  open.push(engine);
  return engine;
}

async function openSpool(options: Partial<Parameters<typeof Spool.open>[0]> = {}): Promise<Spool> {
  const spool = await Spool.open({ folder, ...options });
  open.push(spool);
  return spool;
}

/** A packet of `octets` L3 octets on flow number `flow`. */
function count(engine: TestEngine, flow: number, octets = 128, time = 1_700_000_000_000_000_000n): void {
  const ip = ipv4(
    `10.0.${flow >> 8}.${flow & 255}`,
    '198.51.100.7',
    17,
    udp(1, 2, Buffer.alloc(octets - 28)),
  );
  expect(engine.testRun(ethernet(ETHERTYPE.ipv4, ip), { time })).toBe(0);
}

function hello(engine: UserEngine): void {
  const ip = ipv4('10.0.0.1', '198.51.100.7', 6, tcp(4000, 443, clientHello(300)));
  expect(engine.testRun(ethernet(ETHERTYPE.ipv4, ip), { time: 1_700_000_000_000_000_000n })).toBe(0);
}

/** Wall time by hand, timers by the real clock. */
function handClock(start = HOUR * 500_000 + 1000): Clock & { time: number } {
  const clock = { time: start, now: () => clock.time };
  return clock;
}

const QUICK: LiveSourceOptions = { name: 'test:eth0', epochSeconds: 0.2, pollMs: 5 };

async function until(condition: () => boolean): Promise<void> {
  const deadline = Date.now() + 20_000;
  while (!condition()) {
    if (Date.now() > deadline) throw new Error('waited for 20 s');
    await new Promise((resolve) => setTimeout(resolve, 2));
  }
}

/** Everything in a spool, as the ledger would see it: each batch once, by its name. */
async function delivered(spool: Spool): Promise<CaptureBatch[]> {
  const stop = new AbortController();
  const batches: CaptureBatch[] = [];
  const reader = new SpoolReader(spool);
  const done = reader.run((batch) => {
    batches.push(batch);
    return Promise.resolve();
  }, stop.signal);
  expect(await reader.waitUntilDelivered(20_000)).toBe(true);
  stop.abort();
  await done;
  return batches;
}

function totalOctets(batches: readonly CaptureBatch[]): number {
  const names = batches.map((batch) => `${batch.generation} ${batch.sequence}`);
  expect(new Set(names).size).toBe(names.length);
  return batches.reduce((sum, batch) => sum + sumFlows(batch.flows).octets, 0);
}

/** Octets by the hour that their records begin in, as the ledger takes them. */
function octetsByHour(batches: readonly CaptureBatch[]): Record<number, number> {
  const octets: Record<number, number> = {};
  for (const { flows } of batches) {
    const records = new FlowRecords(flows);
    for (let index = 0; index < records.length; index += 1) {
      const time = records.firstTime(index) / 1000;
      const hour = time - (time % HOUR);
      octets[hour] = (octets[hour] ?? 0) + records.octetsUp(index);
    }
  }
  return octets;
}

describe('LiveSource', () => {
  it('hands every octet on, hellos before the flows of their epoch, and ends the last epoch when stopped', async () => {
    const engine = newEngine();
    const spool = await openSpool();
    const source = new LiveSource(engine, spool, handClock(), QUICK);
    await source.start();
    for (let flow = 0; flow < 500; flow += 1) count(engine, flow);
    hello(engine);
    await source.stop();
    const status = source.status();
    expect(status).toMatchObject({ state: 'stopped', epochs: 1, conservationFailures: 0 });
    const batches = await delivered(spool);
    expect(totalOctets(batches)).toBe(status.totals.seen.octets);
    expect(status.totals.outcomes.counted.packets).toBe(501);
    const hellosAt = batches.findIndex((batch) => batch.hellos.length > 0);
    const flowsAt = batches.findIndex((batch) => batch.flows.length > 0);
    expect(hellosAt).toBeGreaterThanOrEqual(0);
    expect(hellosAt).toBeLessThan(flowsAt);
    expect([...readHellos(batches[hellosAt]!.hellos)].map((one) => one.kind)).toEqual(['tls']);
    expect(batches.at(-1)?.epochEnd?.counters.seen.octets).toBe(status.totals.seen.octets);
  });

  it('tells with the end of an epoch what the packet socket dropped since the one before, once', async () => {
    const engine = newEngine();
    const spool = await openSpool();
    let dropped = 3;
    const clock = handClock();
    const source = new LiveSource(engine, spool, clock, { ...QUICK, drops: () => dropped });
    await source.start();
    for (const [epoch, drops] of [3, 3, 10].entries()) {
      dropped = drops;
      count(engine, epoch);
      clock.time += 1000;
      await until(() => source.status().epochs === epoch + 1);
    }
    await source.stop();
    const ends = (await delivered(spool)).flatMap(({ epochEnd }) => epochEnd ?? []);
    expect(ends.map(({ socketDrops }) => socketDrops)).toEqual([3, undefined, 7, undefined]);
    // The engine looks at sequence numbers, and what it found is in the spool though no packet had any.
    expect(ends.map(({ sequences }) => sequences?.numbered)).toEqual([0, 0, 0, 0]);
  });

  it('closes an epoch when its time is up, at an hour edge before that, and when the clock steps back', async () => {
    const clock = handClock();
    const engine = newEngine();
    const source = new LiveSource(engine, await openSpool(), clock, { ...QUICK, epochSeconds: 600 });
    await source.start();
    count(engine, 1);
    clock.time += 599_000;
    await new Promise((resolve) => setTimeout(resolve, 50));
    expect(source.status().epochs).toBe(0);
    clock.time += 1000;
    await until(() => source.status().epochs === 1);
    clock.time = Math.ceil(clock.time / HOUR) * HOUR - 1;
    await until(() => source.status().epochs === 2);
    clock.time += 1;
    await until(() => source.status().epochs === 3);
    clock.time -= 10_000;
    await until(() => source.status().epochs === 4);
    await source.stop();
    expect(source.status().epochs).toBe(5);
  });

  it('keeps every octet in its hour when the clock is set or the host sleeps, and tells what lies in two', async () => {
    const clock = handClock();
    // Sixteen flows, an address pair and a subscriber; what else comes is known by its realm alone.
    const engine = openUser({ live: true, sizes: { ...SMALL, flows: 16 } });
    engine.configure([realm({ type: 'none' }, '10.0.0.0/8')]);
    open.push(engine);
    const spool = await openSpool();
    const ends: EpochSums[] = [];
    const source = new LiveSource(engine, spool, clock, {
      ...QUICK,
      observer: { epochEnded: (_end, sums) => ends.push(sums) },
    });
    // Nobody is there to close the epoch while it goes over the edge of an hour.
    const edge = (Math.floor(Date.now() / HOUR) + 1) * HOUR;
    const at = (time: number, flow: number) => count(engine, flow, 100, BigInt(time) * 1_000_000n);
    for (const flow of [1, 2, 3, 4, 5, 6, 7, 8]) {
      at(edge - 5000, flow);
      at(edge + 5000, flow);
    }
    at(edge + 6000, 9);
    at(edge + 6000, 10);
    at(edge - 4000, 11);
    at(edge + 900, 12); // within what it takes to close an epoch at the edge
    at(edge + 5000, 12);
    clock.time = edge + 7000;
    await source.start();
    await until(() => source.status().epochs === 1);
    expect(ends[0]).toMatchObject({ packetsUp: 21, blurredOctets: 300 });
    // The clock is set by hours, there and back: epochs end at once, records stay whole.
    for (const step of [3 * HOUR + 1234, -7 * HOUR, 4 * HOUR]) {
      const { epochs } = source.status();
      at(edge - 3000, 4);
      clock.time += step;
      await until(() => source.status().epochs > epochs);
    }
    await source.stop();
    expect(source.status()).toMatchObject({
      blurredOctets: 300,
      conservationFailures: 0,
      totals: { seen: { packets: 24, octets: 2400 } },
    });
    const batches = await delivered(spool);
    expect(totalOctets(batches)).toBe(2400);
    expect(octetsByHour(batches)).toEqual({ [edge - HOUR]: 800 + 300 + 300, [edge]: 800 + 200 });
  });

  it('leaves records where they are while the spool is full, says so, and loses nothing', async () => {
    const engine = newEngine();
    const spool = await openSpool({ maxBytes: 120_000, segmentBytes: 8000, keepBytes: 0 });
    const states: string[] = [];
    const refusals: string[] = [];
    const source = new LiveSource(
      engine,
      spool,
      { now: () => Date.now() },
      {
        ...QUICK,
        observer: { stateChanged: (state) => states.push(state), refused: (reason) => refusals.push(reason) },
      },
    );
    await source.start();
    let sent = 0;
    for (let flow = 0; source.status().state !== 'stalled'; flow += 1) {
      count(engine, flow % 900, 100);
      sent += 100;
      if (flow % 50 === 0) await new Promise((resolve) => setTimeout(resolve, 1));
    }
    expect(refusals).toContain('bound');
    expect(source.status().error).toContain('is full');
    for (let flow = 0; flow < 800; flow += 1) count(engine, flow, 100);
    sent += 80_000;
    const stop = new AbortController();
    const batches: CaptureBatch[] = [];
    const reader = new SpoolReader(spool);
    const done = reader.run((batch) => {
      batches.push(batch);
      return Promise.resolve();
    }, stop.signal);
    await until(() => source.status().state === 'running');
    await source.stop();
    expect(await reader.waitUntilDelivered(10_000)).toBe(true);
    stop.abort();
    await done;
    expect(totalOctets(batches)).toBe(sent);
    expect(states).toEqual(['running', 'stalled', 'running', 'stopped']);
    expect(source.status().conservationFailures).toBe(0);
  });

  it('raises the alarm when flow records and counters of an epoch disagree', async () => {
    const engine = newEngine();
    const failures: unknown[] = [];
    const source = new LiveSource(engine, await openSpool(), handClock(), {
      ...QUICK,
      epochSeconds: 600,
      observer: { conservationFailed: (failure) => failures.push(failure) },
    });
    for (let flow = 0; flow < 10; flow += 1) count(engine, flow, 100);
    engine.closeEpoch();
    engine.drain(5);
    const peek = engine.peekFlows(96)!;
    engine.releaseFlows(peek.end); // one record goes missing
    await source.start();
    await source.stop();
    expect(failures).toEqual([
      {
        epoch: 1,
        onFlows: { packets: 9, octets: 900 },
        counted: { packets: 10, octets: 1000 },
      },
    ]);
    expect(source.status()).toMatchObject({ state: 'stopped', conservationFailures: 1, epochs: 2 });
  });

  it('fails without losing anything when the spool breaks, and a new one goes on', async () => {
    const engine = newEngine();
    for (let flow = 0; flow < 50; flow += 1) count(engine, flow, 100);
    const broken = await openSpool();
    const source = new LiveSource(engine, broken, handClock(), QUICK);
    await source.start();
    await broken.close();
    await source.stop();
    expect(source.status()).toMatchObject({ state: 'failed', error: 'the spool is closed' });
    const spool = await openSpool();
    const next = new LiveSource(engine, spool, handClock(), QUICK);
    await next.start();
    await next.stop();
    expect(next.status()).toMatchObject({ state: 'stopped', conservationFailures: 0 });
    expect(totalOctets(await delivered(spool))).toBe(5000);
  });

  it('neither loses nor doubles an octet, whichever call is the last before a crash', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.tuple(fc.integer({ min: 1, max: 120 }), fc.integer({ min: 1, max: 25 })), {
          minLength: 1,
          maxLength: 6,
        }),
        async (runs) => {
          const place = mkdtempSync(join(folder, 'case-'));
          // A ring that holds 40 records, so that an epoch takes several drains and moves.
          const engine = new UserEngine({ sizes: { ...SMALL, flowRingBytes: 4096, helloRingBytes: 4096 } });
          engine.configure([realm({ type: 'none' }, '10.0.0.0/8')]);
          let sent = 0;
          let failures = 0;
          for (const [flows, calls] of runs) {
            for (let flow = 0; flow < flows; flow += 1) count(engine, flow, 100);
            sent += flows * 100;
            const spool = await Spool.open({ folder: place, segmentBytes: 4000 });
            const source = new LiveSource(crashAfter(engine, calls), spool, handClock(), QUICK);
            await source
              .start()
              .catch((error: unknown) => expect(error).toMatchObject({ message: 'killed' }));
            await source.stop();
            failures += source.status().conservationFailures;
            await spool.close();
          }
          const spool = await Spool.open({ folder: place });
          const last = new LiveSource(engine, spool, handClock(), QUICK);
          await last.start();
          await last.stop();
          expect(last.status()).toMatchObject({ state: 'stopped', conservationFailures: 0 });
          expect(failures).toBe(0);
          expect(spool.status().faults).toEqual({ torn: 0, corrupt: 0, corruptBytes: 0 });
          expect(totalOctets(await delivered(spool))).toBe(sent);
          await spool.close();
          engine.close();
        },
      ),
      {
        numRuns: 60,
        examples: [
          [
            [
              [37, 13],
              [1, 1],
            ],
          ],
        ],
      },
    );
  });
});

/** The engine, whose caller dies at its n-th call of those that move records: the call itself is not made. */
function crashAfter(engine: PacketEngine, calls: number): PacketEngine {
  let left = calls;
  const fatal = new Set(['closeEpoch', 'drain', 'peekFlows', 'releaseFlows', 'peekHellos', 'releaseHellos']);
  return new Proxy(engine, {
    get(target, property) {
      const value: unknown = Reflect.get(target, property, target);
      if (typeof value !== 'function') return value;
      return (...args: unknown[]) => {
        if (fatal.has(String(property))) {
          left -= 1;
          if (left < 0) throw new Error('killed');
        }
        return Reflect.apply(value, target, args) as unknown;
      };
    },
  });
}

describe('live interface', () => {
  let bpffs: string;
  let network: PrivateNetwork;
  beforeAll(() => {
    bpffs = mkdtempSync(join(tmpdir(), 'countfree-bpffs-'));
    sh('mount', '-t', 'bpf', 'bpf', bpffs);
    network = new PrivateNetwork();
  });
  afterAll(() => {
    network.dispose();
    sh('umount', bpffs);
    rmSync(bpffs, { recursive: true });
  });

  async function startChild() {
    const child = spawn(
      process.execPath,
      [
        '--import',
        './test/support/typescript.mjs',
        'test/bpf/support/live-child.ts',
        join(bpffs, 'pins'),
        network.path,
        folder,
      ],
      { cwd: ROOT, stdio: ['pipe', 'pipe', 'inherit'] },
    );
    const lines = createInterface(child.stdout)[Symbol.asyncIterator]();
    const line = async () => JSON.parse(String((await lines.next()).value)) as unknown;
    expect(await line()).toBe('counting');
    return { child, line };
  }

  it('finds octets in their hours, however many went by while no process was there', async () => {
    const pinPath = join(bpffs, 'hours');
    const edge = HOUR * 500_000;
    const counting = () => {
      const engine = XdpEngine.open({ pinPath, sizes: SMALL, replay: true });
      engine.configure([realm({ type: 'none' }, '10.0.0.0/8')]);
      network.run(() => engine.attach('in0', 'native'));
      return engine;
    };
    const before = counting();
    for (let flow = 0; flow < 100; flow += 1) {
      count(before, flow, 100, BigInt(edge - 600_000) * 1_000_000n);
      count(before, flow, 101, BigInt(edge + 1000) * 1_000_000n);
    }
    before.close();
    const after = counting();
    expect(after.adopted).toBe(true);
    for (let flow = 0; flow < 100; flow += 1) {
      count(after, flow, 102, BigInt(edge + 2000) * 1_000_000n);
      count(after, flow, 103, BigInt(edge + 3 * HOUR) * 1_000_000n);
    }
    const spool = await openSpool();
    const source = new LiveSource(after, spool, handClock(edge + 3 * HOUR + 1000), QUICK);
    await source.start();
    await source.stop();
    expect(source.status()).toMatchObject({ conservationFailures: 0, blurredOctets: 0 });
    expect(octetsByHour(await delivered(spool))).toEqual({
      [edge - HOUR]: 10_000,
      [edge]: 20_300,
      [edge + 3 * HOUR]: 10_300,
    });
    after.detach();
    after.close();
  });

  it('counts every octet once over a veth, though the process is killed again and again', async () => {
    const frames = packFrames(
      Array.from({ length: 3000 }, (_, index) =>
        ethernet(
          ETHERTYPE.ipv4,
          ipv4(`10.0.${index >> 8}.${index & 255}`, '198.51.100.7', 17, udp(1, 2, Buffer.alloc(72))),
        ),
      ),
    );
    const sender = network.run(() => new PacketSender('out0'));
    open.push(sender);
    let sent = 0;
    for (let round = 0; round < 5; round += 1) {
      const { child } = await startChild();
      const until = Date.now() + 300 + 150 * round;
      while (Date.now() < until) sent += (await sender.send(frames)).frames;
      child.kill('SIGKILL');
      await once(child, 'exit');
      // The kernel counts on without a process.
      sent += (await sender.send(frames)).frames;
    }
    const { child, line } = await startChild();
    child.stdin.write('stop\n');
    const status = (await line()) as { state: string; conservationFailures: number };
    expect(status).toMatchObject({ state: 'stopped', conservationFailures: 0 });
    await once(child, 'exit');
    const batches = await delivered(await openSpool());
    expect(totalOctets(batches)).toBe(sent * 100);
    expect(new Set(batches.map((batch) => batch.generation)).size).toBe(1);
  }, 120_000);
});
