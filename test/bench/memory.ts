/** 5. Memory of the built program with a million concurrent flows and 100,000 SIMs, kernel maps included. */
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, mkdtempSync, openSync, rmSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { packFlows, packHello, packKey } from '../support/capture-flows.js';
import { addressRecord, dnsAnswer, tlsHello } from '../support/hellos.js';
import { BenchLab } from './support/lab.js';
import type { Row } from './support/table.js';

const ROOT = join(import.meta.dirname, '../..');
const MEGA = 1e6;
const FLOWS = 1_000_000;
const SIMS = 100_000;
/** So many packets that hardly a flow is left out. */
const PACKETS = 10_000_000;
const NAMES = 20_000;
const FLOWS_PER_PART = 10_000;
const TIME = 1_700_000_000_000_000;

interface Measured {
  flows: number;
  resident: number;
  most: number;
}
interface KernelMeasured extends Measured {
  maps: number;
}
interface RecordsMeasured extends Measured {
  dnsEntries: number;
  sessions: number;
  /** Nanoseconds. */
  stall: number;
}

/** The child, and the lines that it says. */
class Child {
  private readonly process: ChildProcess;
  private readonly lines: AsyncIterator<string>;

  constructor(...args: string[]) {
    const script = ['--expose-gc', 'test/bench/memory-child.mjs', ...args];
    this.process = spawn(process.execPath, script, { cwd: ROOT, stdio: ['pipe', 'pipe', 'inherit'] });
    this.lines = createInterface({ input: this.process.stdout! })[Symbol.asyncIterator]();
  }

  async line(): Promise<string> {
    const { done, value } = await this.lines.next();
    if (done === true) throw new Error(`the child ended with ${this.process.exitCode}`);
    return value;
  }

  /** Resolves once the child is gone, so that nothing of it is held any more. */
  async ended(): Promise<void> {
    if (this.process.exitCode === null) await once(this.process, 'exit');
  }

  say(text: string): void {
    this.process.stdin!.write(`${text}\n`);
  }
}

function mapped(value: number): Uint8Array {
  const bytes = Buffer.from('00000000000000000000ffff00000000', 'hex');
  bytes.writeUInt32BE(value >>> 0, 12);
  return bytes;
}

const subscriberOf = (flow: number): Uint8Array => mapped(((10 << 24) | (128 << 16)) + (flow % SIMS));
const peerOf = (flow: number): number => (20 << 24) + flow;

/** For every flow the DNS answer that names its peer, a ClientHello with the name, and a record. */
function writeRecords(path: string): void {
  const file = openSync(path, 'w');
  const write = (kind: number, records: Buffer): void => {
    const head = Buffer.alloc(8);
    head.writeUInt32LE(kind);
    head.writeUInt32LE(records.length, 4);
    writeSync(file, head);
    writeSync(file, records);
  };
  const hellos = Array.from({ length: NAMES }, (_, i) => tlsHello(`host${i}.example.com`));
  for (let from = 0; from < FLOWS; from += FLOWS_PER_PART) {
    const numbers = Array.from({ length: FLOWS_PER_PART }, (_, i) => from + i);
    write(0, Buffer.concat(numbers.flatMap((flow) => [answerFor(flow), helloOf(flow, hellos)])));
    write(1, packFlows(numbers.map(recordOf)));
  }
  closeSync(file);
}

function answerFor(flow: number): Buffer {
  const name = `host${flow % NAMES}.example.com`;
  const address = peerOf(flow);
  const text = [address >>> 24, (address >> 16) & 255, (address >> 8) & 255, address & 255].join('.');
  const key = packKey({
    subscriber: subscriberOf(flow),
    peer: mapped(0x647f0035),
    subscriberPort: 4000,
    peerPort: 53,
    protocol: 17,
  });
  const payload = dnsAnswer(name, [addressRecord(name, text)]);
  return packHello({ kind: 'dns', uplink: false, time: TIME, key, payload });
}

const keyOf = (flow: number): Buffer =>
  packKey({
    subscriber: subscriberOf(flow),
    peer: mapped(peerOf(flow)),
    subscriberPort: 1024 + (flow % 60_000),
    peerPort: 443,
    protocol: 6,
  });

function helloOf(flow: number, hellos: readonly Buffer[]): Buffer {
  const payload = hellos[flow % NAMES]!;
  return packHello({ kind: 'tls', uplink: true, time: TIME, key: keyOf(flow), sequence: 1, payload });
}

function recordOf(flow: number) {
  return {
    key: keyOf(flow),
    octetsUp: 1200,
    octetsDown: 45_000,
    packetsUp: 10,
    packetsDown: 35,
    firstTime: TIME,
    lastTime: TIME + 9_000_000,
  };
}

async function measureKernel(): Promise<KernelMeasured> {
  const lab = new BenchLab();
  try {
    const child = new Child('kernel', lab.pinPath, lab.network.path);
    await child.line();
    await lab.cost('none', FLOWS, PACKETS, 1);
    child.say('counted');
    const measured = JSON.parse(await child.line()) as KernelMeasured;
    await child.ended();
    return measured;
  } finally {
    lab.dispose();
  }
}

async function measureRecords(path: string): Promise<RecordsMeasured> {
  const measured = JSON.parse(await new Child('records', path).line()) as RecordsMeasured;
  const { flows, dnsEntries, sessions } = measured;
  if (flows !== FLOWS || dnsEntries !== FLOWS || sessions !== SIMS)
    throw new Error(`${flows} flows, ${dnsEntries} DNS entries, ${sessions} sessions are held`);
  return measured;
}

async function times<T>(runs: number, measure: () => Promise<T>): Promise<T[]> {
  const measured: T[] = [];
  for (let run = 0; run < runs; run += 1) measured.push(await measure());
  return measured;
}

function rowsOf(part: string) {
  return (name: string, unit: string, values: number[], aim?: string): Row => ({
    part,
    name,
    unit,
    values,
    ...(aim === undefined ? {} : { aim }),
  });
}

export async function memory(runs: number): Promise<Row[]> {
  return [...(await kernelRows(runs)), ...(await recordRows(runs))];
}

async function kernelRows(runs: number): Promise<Row[]> {
  const measured = await times(runs, measureKernel);
  const least = Math.min(...measured.map(({ flows }) => flows));
  const row = rowsOf(`Memory, ${least.toLocaleString('en')} flows of the kernel, 100,000 SIMs`);
  const mega = (pick: (one: KernelMeasured) => number): number[] => measured.map((one) => pick(one) / MEGA);
  return [
    row(
      'kernel maps',
      'MB',
      mega(({ maps }) => maps),
    ),
    row(
      'process, after a collection',
      'MB',
      mega(({ resident }) => resident),
    ),
    row(
      'process, at the most',
      'MB',
      mega(({ most }) => most),
    ),
    row(
      'maps and process',
      'MB',
      mega(({ maps, resident }) => maps + resident),
      '≤ 600',
    ),
  ];
}

async function recordRows(runs: number): Promise<Row[]> {
  const folder = mkdtempSync(join(tmpdir(), 'countfree-memory-'));
  try {
    const path = join(folder, 'records');
    writeRecords(path);
    const measured = await times(runs, () => measureRecords(path));
    const row = rowsOf(
      'Memory, 1,000,000 flows with a ClientHello each, 1,000,000 DNS entries, 100,000 SIMs',
    );
    return [
      row(
        'process, after a collection',
        'MB',
        measured.map(({ resident }) => resident / MEGA),
        '≤ 800',
      ),
      row(
        'process, at the most',
        'MB',
        measured.map(({ most }) => most / MEGA),
      ),
      row(
        'longest stall of the event loop',
        'ms',
        measured.map(({ stall }) => stall / MEGA),
        '≤ 50',
      ),
    ];
  } finally {
    rmSync(folder, { recursive: true });
  }
}
