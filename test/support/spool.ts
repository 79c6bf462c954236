/** Spools of a folder of their own for each test, and records whose content tells their number. */
import { execFileSync } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect } from 'vitest';
import { FLOW_RECORD_BYTES } from '../../src/capture/layout.js';
import { Spool, SpoolReader, type SpoolOptions, type SpoolRecord } from '../../src/capture/spool/index.js';
import type { CaptureBatch } from '../../src/capture/types.js';

export const GENERATION = '0123456789abcdef0123456789abcdef';

/** A record whose flow bytes tell its number. */
export function record(
  number: number,
  options: Partial<CaptureBatch> = {},
  generation = GENERATION,
): SpoolRecord {
  const batch: CaptureBatch = {
    source: 'node:eth0',
    generation,
    sequence: BigInt(number),
    hellos: Buffer.alloc(0),
    flows: Buffer.alloc(FLOW_RECORD_BYTES * 2, number & 0xff),
    ...options,
  };
  return {
    batch,
    flowsEnd: BigInt(number * 10),
    hellosEnd: BigInt(number),
    epochFlows: { packets: number, octets: number * 100 },
  };
}

export const hellosOf = (text: string) => ({ hellos: Buffer.from(text), flows: Buffer.alloc(0) });

/** Delivers until the spool is empty, then stops. */
export async function deliverAll(
  spool: Spool,
  reader = new SpoolReader(spool, { retryMs: 1 }),
  handler: (batch: CaptureBatch) => void = () => undefined,
): Promise<bigint[]> {
  const stop = new AbortController();
  const got: bigint[] = [];
  const done = reader.run((batch) => {
    handler(batch);
    got.push(batch.sequence);
    return Promise.resolve();
  }, stop.signal);
  expect(await reader.waitUntilDelivered(10_000)).toBe(true);
  stop.abort();
  await done;
  return got;
}

/** A reader that stands behind what a ledger has of {@link GENERATION}. */
export async function placed(spool: Spool, committed: bigint): Promise<SpoolReader> {
  const reader = new SpoolReader(spool, { retryMs: 1 });
  await reader.start(new Map([[GENERATION, committed]]));
  return reader;
}

export function useSpools() {
  let folder: string;
  let open: Spool[] = [];
  let mounted = false;

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'countfree-spool-'));
  });

  afterEach(async () => {
    for (const spool of open) await spool.close();
    open = [];
    if (mounted) execFileSync('umount', [folder]);
    mounted = false;
    await rm(folder, { recursive: true, force: true });
  });

  return {
    folder: () => folder,
    openSpool: async (options: Partial<SpoolOptions> = {}): Promise<Spool> => {
      const spool = await Spool.open({ folder, ...options });
      open.push(spool);
      return spool;
    },
    /** Puts a small file system of its own on the folder; false where that is not allowed. */
    mountSmall: (size: string): boolean => {
      const options = ['-t', 'tmpfs', '-o', `size=${size}`, 'countfree-test', folder];
      try {
        execFileSync('mount', options, { stdio: 'pipe' });
        mounted = true;
      } catch {
        return false;
      }
      return true;
    },
  };
}
