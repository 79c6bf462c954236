/** Spools and engines that a test closes by itself, and what came through them. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect } from 'vitest';
import {
  FlowRecords,
  Spool,
  SpoolReader,
  sumFlows,
  type CaptureBatch,
  type LiveSourceOptions,
} from '../../../src/capture/index.js';
import type { Clock } from '../../../src/shared/index.js';
import type { TestEngine } from './engines.js';
import { ETHERTYPE, ethernet, ipv4, udp } from './frames.js';

export const HOUR = 3_600_000;

/** A packet of `octets` L3 octets on flow number `flow`. */
export function count(
  engine: TestEngine,
  flow: number,
  octets = 128,
  time = 1_700_000_000_000_000_000n,
): void {
  const ip = ipv4(
    `10.0.${flow >> 8}.${flow & 255}`,
    '198.51.100.7',
    17,
    udp(1, 2, Buffer.alloc(octets - 28)),
  );
  expect(engine.testRun(ethernet(ETHERTYPE.ipv4, ip), { time })).toBe(0);
}

/** Wall time by hand, timers by the real clock. */
export function handClock(start = HOUR * 500_000 + 1000): Clock & { time: number } {
  const clock = { time: start, now: () => clock.time };
  return clock;
}

export const QUICK: LiveSourceOptions = { name: 'test:eth0', epochSeconds: 0.2, pollMs: 5 };

/** Everything in a spool, as the ledger would see it: each batch once, by its name. */
export async function delivered(spool: Spool): Promise<CaptureBatch[]> {
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

export function totalOctets(batches: readonly CaptureBatch[]): number {
  const names = batches.map((batch) => `${batch.generation} ${batch.sequence}`);
  expect(new Set(names).size).toBe(names.length);
  return batches.reduce((sum, batch) => sum + sumFlows(batch.flows).octets, 0);
}

/** Octets by the hour that their records begin in, as the ledger takes them. */
export function octetsByHour(batches: readonly CaptureBatch[]): Record<number, number> {
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

export function useLive() {
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

  return {
    folder: () => folder,
    /** Closes it after the test. */
    closing: <Closable extends { close(): unknown }>(one: Closable): Closable => {
      open.push(one);
      return one;
    },
    openSpool: async (options: Partial<Parameters<typeof Spool.open>[0]> = {}): Promise<Spool> => {
      const spool = await Spool.open({ folder, ...options });
      open.push(spool);
      return spool;
    },
  };
}
