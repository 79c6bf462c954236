/** From engine to ledger: nothing is lost and nothing doubled, wherever a process stops. */
import { mkdtempSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  LiveSource,
  Spool,
  SpoolReader,
  UserEngine,
  readHellos,
  type CaptureBatch,
  type EpochSums,
  type PacketEngine,
} from '../../src/capture/index.js';
import { openUser, realm, SMALL } from './support/engines.js';
import { clientHello, ETHERTYPE, ethernet, ipv4, tcp } from './support/frames.js';
import {
  HOUR,
  QUICK,
  count,
  delivered,
  handClock,
  octetsByHour,
  totalOctets,
  useLive,
} from './support/live.js';

const { closing, folder, openSpool } = useLive();

function newEngine(): UserEngine {
  const engine = openUser({ fullTable: 'coarsen' });
  engine.configure([realm({ type: 'none' }, '10.0.0.0/8')]);
  closing(engine);
  return engine;
}

function hello(engine: UserEngine): void {
  const ip = ipv4('10.0.0.1', '198.51.100.7', 6, tcp(4000, 443, clientHello(300)));
  expect(engine.testRun(ethernet(ETHERTYPE.ipv4, ip), { time: 1_700_000_000_000_000_000n })).toBe(0);
}

async function until(condition: () => boolean): Promise<void> {
  const deadline = Date.now() + 20_000;
  while (!condition()) {
    if (Date.now() > deadline) throw new Error('waited for 20 s');
    await new Promise((resolve) => setTimeout(resolve, 2));
  }
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
    closing(engine);
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
          const place = mkdtempSync(join(folder(), 'case-'));
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
