/** What the XDP program costs a packet, alone and on a wire, and how fast its records come out of the kernel. */
import { FlowRecords, type XdpEngine } from '../../src/capture/index.js';
import { BenchLab, takeEpoch, type Mirror } from './support/lab.js';
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

const LIVE_PACKETS = 4_000_000;
const LIVE_FLOWS = 2_000;
const EPOCH_MS = 1000;

interface LiveRun {
  rate: number;
  lost: number;
}

/** 2. Frames made in the kernel, over a veth: rate, loss, and what the reader costs meanwhile. */
export async function live(runs: number): Promise<Row[]> {
  const values: Record<string, number[]> = {};
  const add = (name: string, value: number) => (values[name] ??= []).push(value);
  for (let run = 0; run < runs; run += 1) {
    const empty = await against('empty');
    const hash = await against('count_hash');
    const counted = await againstEngine();
    add('an empty program that drops', empty.rate);
    add('one counter per address', hash.rate);
    add('Countfree, read once a second', counted.rate);
    add('ratio to the empty program', counted.rate / empty.rate);
    add('packets lost', counted.lost);
    add('processor of the reader', counted.share);
    add('packets per record', counted.packetsPerRecord);
  }
  const units: Record<string, [string, string?]> = {
    'ratio to the empty program': ['', '≥ 0.85'],
    'packets lost': ['packets', '0'],
    'processor of the reader': ['of one core', '≤ 0.25'],
    'packets per record': ['', '≥ 200'],
  };
  return Object.entries(values).map(([name, list]) => {
    const [unit, aim] = units[name] ?? ['packets/s'];
    const row: Row = { part: 'Live veth, native', name, unit, values: list };
    return aim === undefined ? row : { ...row, aim };
  });
}

async function against(program: 'empty' | 'count_hash'): Promise<LiveRun> {
  const lab = new BenchLab();
  try {
    await lab.attach(program);
    return await send(lab);
  } finally {
    lab.detach();
    lab.dispose();
  }
}

async function send(lab: BenchLab): Promise<LiveRun> {
  const before = lab.received();
  const seconds = await lab.send('gre', LIVE_FLOWS, LIVE_PACKETS);
  const received = lab.received() - before;
  return { rate: received / seconds, lost: LIVE_PACKETS - received };
}

async function againstEngine(): Promise<LiveRun & { share: number; packetsPerRecord: number }> {
  const lab = new BenchLab();
  const engine = lab.openEngine('gre', 1, { flows: 1 << 18 });
  let records = 0;
  const timer = setInterval(() => (records += takeEpoch(engine)), EPOCH_MS);
  try {
    const counted = () => engine.counters().seen.packets;
    const before = process.cpuUsage();
    const start = performance.now();
    const run = await send(lab);
    const { user, system } = process.cpuUsage(before);
    const share = (user + system) / 1000 / (performance.now() - start);
    const last = counted();
    clearInterval(timer);
    records += last > 0 ? takeEpoch(engine) : 0;
    return { ...run, share, packetsPerRecord: LIVE_PACKETS / records };
  } finally {
    clearInterval(timer);
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
