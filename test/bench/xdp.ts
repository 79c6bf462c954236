/** What the XDP program costs a packet, alone and on a wire, and how fast its records come out of the kernel. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  FLOW_RECORD_BYTES,
  FlowRecords,
  LiveSource,
  Spool,
  type XdpEngine,
} from '../../src/capture/index.js';
import { systemClock } from '../../src/shared/index.js';
import { BenchLab, type Mirror } from './support/lab.js';
import { hasBcc } from './support/per-packet.js';
import { median, type Row } from './support/table.js';

const REPEAT = 1_000_000;
/** More than the random flows, so that none is counted coarser. */
const TABLE = 1 << 21;
const MILLION = 1_000_000;
const MIRRORS: readonly Mirror[] = ['none', 'gre', 'vxlan', 'gtpu'];
const CASES: readonly [mirror: Mirror, flows: number, prefixes: number][] = [
  ...MIRRORS.map((mirror): [Mirror, number, number] => [mirror, 1, 1]),
  ['gre', 1, 16],
  ['gre', 1, 256],
  ...MIRRORS.map((mirror): [Mirror, number, number] => [mirror, 100_000, 1]),
  ...MIRRORS.map((mirror): [Mirror, number, number] => [mirror, MILLION, 1]),
];
const AIMS: Record<string, string> = { 'gre 1 1': '≤ 45', [`gre ${MILLION} 1`]: '≤ 300' };

/** 1. ns a packet over an empty program, by BPF_PROG_TEST_RUN while attached. */
export async function costs(runs: number): Promise<Row[]> {
  const rows: Row[] = [];
  const part = 'XDP program, over an empty one';
  const hot = new Map<Mirror, number>();
  for (const [mirror, flows, prefixes] of CASES) {
    const lab = new BenchLab();
    const engine = lab.openEngine(mirror, prefixes, { flows: TABLE });
    try {
      const rounds = await lab.cost(mirror, flows, REPEAT, runs);
      checkCounted(engine, REPEAT * runs);
      const name = `${mirror}, ${flows.toLocaleString('en')} flows, ${prefixes} prefixes`;
      const over = (column: number) => rounds.map((ns) => (ns[column] ?? 0) - (ns[0] ?? 0));
      const aim = AIMS[`${mirror} ${flows} ${prefixes}`];
      rows.push({ part, name, unit: 'ns', values: over(2), ...(aim === undefined ? {} : { aim }) });
      if (prefixes === 1 && flows === 1) hot.set(mirror, median(over(2)));
      if (flows > 1) {
        const misses = over(2).map((ns) => (100 * (ns - (hot.get(mirror) ?? 0))) / ns);
        rows.push({ part, name: '  of it beyond a hot flow: memory', unit: '%', values: misses });
      }
      rows.push({ part, name: '  beside it: one counter per address', unit: 'ns', values: over(1) });
    } finally {
      engine.detach();
      engine.close();
      lab.dispose();
    }
  }
  return rows;
}

/** A frame that the program lets pass uncounted would look very fast. */
function checkCounted(engine: XdpEngine, atLeast: number): void {
  const { seen, outcomes, notes } = engine.counters();
  const coarse = notes.step_address_pair.packets + notes.step_subscriber.packets + notes.step_global.packets;
  if (outcomes.counted.packets !== seen.packets || seen.packets < atLeast || coarse > 0)
    throw new Error(
      `not every packet was counted on a flow of its own: ${JSON.stringify({ seen, outcomes, coarse })}`,
    );
}

/** What is sent: how many flows, how the packets are spread over them, and how long an epoch lasts. */
interface Load {
  name: string;
  flows: number;
  skewed: boolean;
  packets: number;
  epochSeconds: number;
}
const EVEN: Load = {
  name: '2,000 flows alike',
  flows: 2_000,
  skewed: false,
  packets: 4_000_000,
  epochSeconds: 1,
};
/** Some five seconds: one epoch of half the usual length. */
const MIX: Load = {
  name: '20,000 flows, 1 % of them with 16 % of the packets',
  flows: 20_000,
  skewed: true,
  packets: 20_000_000,
  epochSeconds: 5,
};

/** Each packet wakes somebody, so that more take minutes. */
const HEARD = 200_000;

interface LiveRun {
  rate: number;
  lost: number;
}

/** 2. Frames made in the kernel, over a veth: rate, loss, and what the capture side of the service costs meanwhile. */
export async function live(runs: number): Promise<Row[]> {
  const rows: Row[] = [];
  if (!hasBcc())
    console.log('python3-bpfcc is not installed: no program beside it that hears of each packet.');
  for (const load of [EVEN, MIX]) rows.push(...(await liveRows(load, runs)));
  return rows;
}

async function liveRows(load: Load, runs: number): Promise<Row[]> {
  const values: Record<string, number[]> = {};
  const add = (name: string, value: number) => (values[name] ??= []).push(value);
  for (let run = 0; run < runs; run += 1) {
    const empty = await against('empty', load);
    const hash = await against('count_hash', load);
    const counted = await againstService(load);
    add('an empty program that drops', empty.rate);
    add('one counter per address', hash.rate);
    add('Countfree, records to the spool', counted.rate);
    add('ratio to the empty program', counted.rate / empty.rate);
    add('packets lost', counted.lost);
    add('processor of the service', counted.share);
    add('packets per record', counted.packetsPerRecord);
    const heard = load === EVEN && hasBcc() ? await againstPerPacket({ ...load, packets: HEARD }) : null;
    if (heard === null) continue;
    add('BCC and Python, an event for each packet', heard.rate);
    add('  packets that it did not count', heard.lost);
    add('  its processor', heard.share);
  }
  const units: Record<string, [string, string?]> = {
    'ratio to the empty program': ['', '≥ 0.85'],
    'packets lost': ['packets', '0'],
    'processor of the service': ['of one core', '≤ 0.25'],
    'packets per record': ['', '≥ 200'],
    '  packets that it did not count': ['packets'],
    '  its processor': ['of one core'],
  };
  return Object.entries(values).map(([name, list]) => {
    const [unit, aim] = units[name] ?? ['packets/s'];
    const row: Row = { part: `Live veth, native, ${load.name}`, name, unit, values: list };
    return aim === undefined ? row : { ...row, aim };
  });
}

async function against(program: 'empty' | 'count_hash', load: Load): Promise<LiveRun> {
  const lab = new BenchLab();
  try {
    await lab.attach(program);
    return await send(lab, load);
  } finally {
    lab.detach();
    lab.dispose();
  }
}

/** What it hears of is counted in its process; the share is of the time until it has counted what waited. */
async function againstPerPacket(load: Load): Promise<(LiveRun & { share: number }) | null> {
  const lab = new BenchLab();
  try {
    const demo = await lab.startPerPacket('gre');
    if (demo === null) return null;
    const start = performance.now();
    const run = await send(lab, load);
    const { events, processor } = await demo.stop();
    const seconds = (performance.now() - start) / 1000;
    return { rate: run.rate, lost: load.packets - events, share: processor / seconds };
  } finally {
    lab.dispose();
  }
}

async function send(lab: BenchLab, { flows, packets, skewed }: Load): Promise<LiveRun> {
  const before = lab.received();
  const seconds = await lab.send('gre', flows, packets, skewed);
  const received = lab.received() - before;
  return { rate: received / seconds, lost: packets - received };
}

/** Counted and moved to a spool on disk as in `countfree serve`; the share holds the last epoch's end too. */
async function againstService(load: Load): Promise<LiveRun & { share: number; packetsPerRecord: number }> {
  const lab = new BenchLab();
  const engine = lab.openEngine('gre', 1, { flows: 1 << 18 });
  const folder = mkdtempSync(join(tmpdir(), 'countfree-bench-spool-'));
  const spool = await Spool.open({ folder });
  let records = 0;
  let failures = 0;
  const source = new LiveSource(engine, spool, systemClock, {
    name: 'bench:in0',
    epochSeconds: load.epochSeconds,
    observer: {
      batch: ({ flows }) => (records += flows.length / FLOW_RECORD_BYTES),
      conservationFailed: () => (failures += 1),
    },
  });
  try {
    await source.start();
    const before = process.cpuUsage();
    const start = performance.now();
    const run = await send(lab, load);
    await source.stop();
    const { user, system } = process.cpuUsage(before);
    const share = (user + system) / 1000 / (performance.now() - start);
    const { totals } = source.status();
    if (failures > 0 || totals.outcomes.counted.packets !== load.packets)
      throw new Error(`counted ${totals.outcomes.counted.packets} of ${load.packets} packets`);
    return { ...run, share, packetsPerRecord: load.packets / records };
  } finally {
    await source.stop();
    await spool.close();
    rmSync(folder, { recursive: true });
    engine.detach();
    engine.close();
    lab.dispose();
  }
}

const DRAINED = 500_000;

/** 3. Flow records from a closed epoch into JavaScript, each one's octets read. */
export async function drain(runs: number): Promise<Row[]> {
  const lab = new BenchLab();
  const engine = lab.openEngine('none', 1, { flows: TABLE });
  const values: number[] = [];
  try {
    for (let run = 0; run < runs; run += 1) {
      await lab.cost('none', DRAINED, 2 * MILLION, 1);
      engine.closeEpoch();
      const before = process.cpuUsage();
      const records = readAll(engine);
      const { user, system } = process.cpuUsage(before);
      values.push(records / ((user + system) / 1e6));
    }
  } finally {
    engine.detach();
    engine.close();
    lab.dispose();
  }
  const name = 'ring → JavaScript, processor time';
  return [{ part: 'Drain', name, unit: 'records/s', values, aim: '≥ 1,000,000' }];
}

function readAll(engine: XdpEngine): number {
  let records = 0;
  let octets = 0;
  for (;;) {
    if (engine.draining) engine.drain(16_384);
    const peek = engine.peekFlows(4 << 20);
    if (peek === null) throw new Error('the epoch has no end');
    const flows = new FlowRecords(peek.records);
    for (let index = 0; index < flows.length; index += 1)
      octets += flows.octetsUp(index) + flows.octetsDown(index);
    records += flows.length;
    engine.releaseFlows(peek.end);
    if (peek.epochEnd === null) continue;
    if (octets !== peek.epochEnd.counters.outcomes.counted.octets) throw new Error('octets are missing');
    return records;
  }
}
