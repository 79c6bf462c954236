#!/usr/bin/env node
/**
 * Measures, side by side in one run, and prints tables with their spread (docs/benchmarks.md says what each number means):
 *
 *   npm run bench                                     everything, five runs
 *   npm run bench -- [--runs N] [--json FILE] PART…   some of the parts below
 */
import { mkdirSync } from 'node:fs';
import { spawn } from 'node:child_process';
import { dirname, join, resolve } from 'node:path';
import process from 'node:process';
import { parseArgs } from 'node:util';
import { setup } from './setup.mjs';
import { root } from './support/paths.mjs';
import { bold, dim, main, run, step, Stop } from './support/steps.mjs';

/** Measured by test/bench/run.ts. Those that count in the kernel need root. */
const IN_KERNEL = ['cost', 'live', 'drain', 'memory'];
const MEASURED = [...IN_KERNEL, 'files', 'identify', 'ledger', 'rating', 'closing', 'webhooks', 'api'];
/** Programs of their own, which print what they measure. */
const PRINTED = ['sims-bulk'];
const LEAST_RUNS = 1;
const MOST_RUNS = 100;
const folder = join(root, 'build/bench');

async function buildHelper() {
  mkdirSync(folder, { recursive: true });
  const machine = (await run('uname', ['-m'])).trim();
  const headers = ['-I', `/usr/include/${machine}-linux-gnu`];
  const object = ['-c', 'test/bench/xdp/bench.bpf.c', '-o', join(folder, 'bench.bpf.o')];
  const flags = ['-O2', '-g', '-Wall', '-Werror', '-target', 'bpf', '-mcpu=v3'];
  await run('clang', [...flags, ...headers, ...object], { cwd: root });
  const program = ['test/bench/xdp/xdp_bench.c', '-o', join(folder, 'xdp_bench')];
  await run('cc', ['-O2', '-Wall', ...program, '-lbpf', '-lelf', '-lz'], { cwd: root });
}

function readOptions() {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      runs: { type: 'string', default: '5' },
      json: { type: 'string', default: join(folder, 'bench.json') },
    },
  });
  const all = [...MEASURED, ...PRINTED];
  const unknown = positionals.filter((name) => !all.includes(name));
  const runs = Number(values.runs);
  if (unknown.length > 0 || !Number.isInteger(runs) || runs < LEAST_RUNS || runs > MOST_RUNS) {
    throw new Stop(`npm run bench -- [--runs N] [--json FILE] [PART…], of ${all.join(', ')}.`);
  }
  const parts = positionals.length > 0 ? positionals : all;
  const needsRoot = parts.filter((name) => IN_KERNEL.includes(name));
  if (process.getuid?.() !== 0 && needsRoot.length > 0) {
    throw new Stop(`${needsRoot.join(', ')} count in the kernel: run them as root, or name other parts.`);
  }
  return { runs, json: resolve(values.json), parts, inKernel: needsRoot.length > 0 };
}

/** A program of test/bench on its own, its output shown. */
function bench(file, ...args) {
  const loader = ['--expose-gc', '--import', './test/support/typescript.mjs'];
  return new Promise((done, reject) => {
    const child = spawn(process.execPath, [...loader, `test/bench/${file}`, ...args], {
      cwd: root,
      stdio: 'inherit',
    });
    child.on('error', reject);
    child.on('close', (code) => (code === 0 ? done() : reject(new Stop(`${file} ended with ${code}`))));
  });
}

await main(async () => {
  const { runs, json, parts, inKernel } = readOptions();
  console.log(bold('Benchmark'));
  await setup('demo');
  if (inKernel) await step('What it is measured against', buildHelper);
  const measured = parts.filter((name) => MEASURED.includes(name));
  if (measured.length > 0) {
    // Before hours of measuring, not after them.
    mkdirSync(dirname(json), { recursive: true });
    await bench('run.ts', String(runs), json, ...measured);
    console.log(dim(`\nwritten to ${json}`));
  }
  for (const name of parts.filter((part) => PRINTED.includes(part))) {
    console.log(bold(`\n${name}`));
    await bench(`${name}.bench.ts`);
  }
});
