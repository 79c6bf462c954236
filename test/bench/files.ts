/** 4. A capture file → flows with names, against reading the file alone and against other tools where they are installed. */
import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
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
      '127.0.0.1:9',
      '-p',
      '{folder}/pid',
      '-c',
      '{folder}/ctl',
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
    return measure(commands, packets, runs);
  } finally {
    rmSync(folder, { recursive: true });
  }
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
