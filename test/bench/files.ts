/** 4. A capture file → flows with names, against reading the file alone and against other tools where they are installed. */
import { execFileSync, spawn, spawnSync } from 'node:child_process';
import { createReadStream, createWriteStream, existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { pipeline } from 'node:stream/promises';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { deliver, Simulation, type TimedFrame } from '../../src/simulate/index.js';
import type { Row } from './support/table.js';

const ROOT = join(import.meta.dirname, '../..');
/** Some 1.4 million packets. */
const OCTETS = 720e6;
const SIMS = 2_000;
/** A tool that takes longer waits for something, and is left out. */
const LONGEST_MS = 120_000;
/** Ethernet, IPv4 without options, GRE of four octets (docs/junction.md). */
const TUNNEL = 14 + 20 + 4;
const [ETHERTYPE_AT, IPV4, PROTOCOL_AT, GRE] = [12, 0x0800, 14 + 9, 47];

/** So often the packets of the file stand in the stream that is to need no more memory than the file: some 10 GB. */
const REPEATS = 12;
const PCAP_HEADER = 24;
const COPY_OCTETS = 1 << 20;

/** Each as it reads a file to its end and does its work; `{file}` and `{folder}` are put in. */
const TOOLS: Record<string, { what: string; command: string[] }> = {
  'tcpdump -w /dev/null': { what: 'reading alone', command: ['tcpdump', '-r', '{file}', '-w', '/dev/null'] },
  'capinfos -c': { what: 'reading alone', command: ['capinfos', '-c', '{file}'] },
  softflowd: {
    what: 'flows, no names',
    command: [
      'softflowd',
      '-d',
      '-r',
      '{file}',
      '-m',
      '1000000',
      '-n',
      '127.0.0.1:9995',
      '-v',
      '9',
      '-p',
      '{folder}/pid',
      '-c',
      'none',
    ],
  },
  nfpcapd: { what: 'flows, no names', command: ['nfpcapd', '-r', '{file}', '-l', '{folder}'] },
  ndpiReader: { what: 'names', command: ['ndpiReader', '-q', '-i', '{file}'] },
  suricata: {
    what: 'names',
    command: ['suricata', '-r', '{file}', '-l', '{folder}', '-k', 'none', '--set', 'stream.midstream=true'],
  },
  pmacctd: {
    what: 'subscribers; sleeps 2 s at the end',
    command: ['pmacctd', '-I', '{file}', '-P', 'print', '-c', 'src_host,dst_host', '-o', '/dev/null'],
  },
};

export async function files(runs: number): Promise<Row[]> {
  const folder = mkdtempSync(join(tmpdir(), 'countfree-bench-files-'));
  try {
    const file = join(folder, 'mix.pcap');
    const packets = await makeFile(file);
    const replay = [process.execPath, join(ROOT, 'bin/countfree.js'), 'replay', file, '--json'];
    replay.push('--subscribers', '10.128.0.0/9,2001:db8::/32');
    const commands: [name: string, command: string[]][] = [['countfree replay (names and SIMs)', replay]];
    for (const [name, { what, command }] of Object.entries(TOOLS)) {
      const filled = command.map((part) => part.replace('{file}', file).replace('{folder}', folder));
      if (isInstalled(filled[0] ?? '')) commands.push([`${name} (${what})`, filled]);
      else console.log(`not installed, so not measured: ${filled[0]} (${what})`);
    }
    return [
      ...measure(commands, packets, runs),
      row('peak memory, the file', 'MB', await peaks(replay, runs, undefined)),
      row(`peak memory, ${REPEATS} times its packets in a pipe`, 'MB', await peaks(replay, runs, file)),
    ];
  } finally {
    rmSync(folder, { recursive: true });
  }
}

function row(name: string, unit: string, values: number[]): Row {
  return { part: 'Capture file: resident memory of replay', name, unit, values };
}

/** Peak resident memory of whole processes in MB. `repeated`: the file whose packets the process gets by a pipe instead. */
async function peaks(
  command: readonly string[],
  runs: number,
  repeated: string | undefined,
): Promise<number[]> {
  const values: number[] = [];
  for (let run = 0; run < runs; run += 1) values.push((await peakOf(command, repeated)) / 1e6);
  return values;
}

async function peakOf(
  [program = '', ...args]: readonly string[],
  repeated: string | undefined,
): Promise<number> {
  const pipe = `${repeated ?? ''}.pipe`;
  if (repeated !== undefined) execFileSync('mkfifo', [pipe]);
  const given = args.map((arg) => (arg === repeated ? pipe : arg));
  const child = spawn(program, given, { stdio: ['ignore', 'ignore', 'inherit'] });
  const ended = new Promise<number | null>((resolve) => child.on('close', resolve));
  let peak = 0;
  const timer = setInterval(() => (peak = Math.max(peak, highWater(child.pid))), 20);
  try {
    if (repeated !== undefined) await writeRepeated(repeated, pipe);
    if ((await ended) !== 0) throw new Error(`${program} failed`);
    return peak;
  } finally {
    clearInterval(timer);
    rmSync(pipe, { force: true });
  }
}

/** Octets; 0 once the process has gone. */
function highWater(pid: number | undefined): number {
  try {
    const [, kilobytes] = /VmHWM:\s+(\d+) kB/.exec(readFileSync(`/proc/${pid ?? 0}/status`, 'utf8')) ?? [];
    return Number(kilobytes ?? 0) * 1024;
  } catch {
    return 0;
  }
}

/** One header, then the packets again and again: the same flows, however long. */
async function writeRepeated(path: string, pipe: string): Promise<void> {
  async function* stream(): AsyncGenerator<Buffer> {
    for (let repeat = 0; repeat < REPEATS; repeat += 1) {
      const start = repeat === 0 ? 0 : PCAP_HEADER;
      for await (const chunk of createReadStream(path, { start, highWaterMark: COPY_OCTETS }))
        yield chunk as Buffer;
    }
  }
  await pipeline(stream, createWriteStream(pipe));
}

/** By turns, so that what else the machine does falls on all alike. */
function measure(commands: [string, string[]][], packets: number, runs: number): Row[] {
  const values = new Map<string, number[]>(commands.map(([name]) => [name, []]));
  for (let run = 0; run < runs; run += 1) {
    for (const [name, command] of commands) {
      const seconds = time(command);
      if (seconds === undefined) values.delete(name);
      else values.get(name)?.push(packets / seconds / 1000);
    }
  }
  return [...values].map(([name, list]) => {
    const row: Row = {
      part: `Capture file of ${packets.toLocaleString('en')} packets`,
      name,
      unit: 'kpps',
      values: list,
    };
    return name.startsWith('countfree') ? { ...row, aim: '≥ 2,500' } : row;
  });
}

/** Seconds of the whole process; undefined where it fails, which is said. */
function time([program = '', ...args]: string[]): number | undefined {
  const start = performance.now();
  const result = spawnSync(program, args, { stdio: 'ignore', timeout: LONGEST_MS });
  if (result.status === 0) return (performance.now() - start) / 1000;
  console.log(
    `failed, so not measured: ${program} (${result.error?.message ?? result.signal ?? result.status})`,
  );
  return undefined;
}

async function makeFile(path: string): Promise<number> {
  const start = Date.now() - 3_600_000;
  const simulation = new Simulation({
    seed: 11,
    sims: SIMS,
    octets: OCTETS,
    mtu: 65_535,
    postQuantum: true,
    start,
    span: 600_000,
  });
  return (await deliver(unmirrored(simulation.frames()), { kind: 'file', path })).frames;
}

/** Without the tunnel: other tools would take a mirror for one flow. */
function* unmirrored(frames: Iterable<TimedFrame>): Generator<TimedFrame> {
  for (const { at, frame } of frames) {
    const isMirrored = frame.readUInt16BE(ETHERTYPE_AT) === IPV4 && frame[PROTOCOL_AT] === GRE;
    yield { at, frame: isMirrored ? frame.subarray(TUNNEL) : frame };
  }
}

function isInstalled(program: string): boolean {
  const folders = `${process.env.PATH ?? ''}${delimiter}/usr/sbin`.split(delimiter);
  return folders.some((folder) => existsSync(join(folder, program)));
}
