/**
 * Runs the parts of the benchmark that are named (all without a name), prints their tables, writes JSON: see
 * docs/benchmarks.md. `run.ts RUNS FILE [PART…]`, started by scripts/bench.mjs.
 */
import { writeFileSync } from 'node:fs';
import { cpus, release } from 'node:os';
import { api } from './api.js';
import { closing } from './closing.js';
import { files } from './files.js';
import { identify } from './identify.js';
import { ledger } from './ledger.js';
import { memory } from './memory.js';
import { rating } from './rating.js';
import { render, type Row } from './support/table.js';
import { webhooks } from './webhooks.js';
import { costs, drain, live } from './xdp.js';

const PARTS: Record<string, (runs: number) => Promise<Row[]>> = {
  cost: costs,
  live,
  drain,
  files,
  memory,
  identify,
  ledger,
  rating,
  closing,
  webhooks,
  api,
};

const [runsText, path, ...names] = process.argv.slice(2);
const runs = Number(runsText);
if (!(runs >= 1) || path === undefined) throw new Error('run.ts RUNS FILE [PART…]');
const rows: Row[] = [];
for (const [name, measure] of Object.entries(PARTS)) {
  if (names.length > 0 && !names.includes(name)) continue;
  const made = await measure(runs);
  for (const part of new Set(made.map((row) => row.part))) {
    console.log(`\n${part}\n${render(made.filter((row) => row.part === part))}`);
  }
  rows.push(...made);
}
const machine = { kernel: release(), node: process.version, processors: cpus().map(({ model }) => model) };
writeFileSync(path, `${JSON.stringify({ at: new Date().toISOString(), runs, machine, rows }, null, 2)}\n`);
