#!/usr/bin/env node
/**
 * Everything that must hold: form, types, generated files, tests, the demo.
 *
 *   npm test                    all of it
 *   npm test -- eslint unit     only these
 *
 * Writes the count to build/test-summary.txt, where .ci/run reads it.
 */
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { spawn } from 'node:child_process';
import { join } from 'node:path';
import process from 'node:process';
import { setup } from './setup.mjs';
import { filesUnder, root } from './support/paths.mjs';
import { bold, dim, green, main, red, run, seconds, step, Stop, yellow } from './support/steps.mjs';

const bin = (name) => join(root, 'node_modules/.bin', name);
const node = (...args) => run(process.execPath, args, { cwd: root });
const native = () =>
  ['bpf', 'native'].flatMap((folder) => filesUnder(folder, (name) => /\.(c|cc|h)$/.test(name)));

/** Checks that pass or fail as a whole. */
const CHECKS = {
  eslint: () => run(bin('eslint'), ['.', '--max-warnings=0'], { cwd: root }),
  prettier: () =>
    run(bin('prettier'), ['--check', '--log-level=warn', '.'], {
      cwd: root,
      advice: 'Run `npm run format`.',
    }),
  'clang-format': () =>
    run('clang-format', ['--dry-run', '-Werror', ...native()], {
      cwd: root,
      advice: 'Run `npm run format`.',
    }),
  types: () => run(bin('tsc'), ['--noEmit', '-p', 'tsconfig.json'], { cwd: root }),
  'configuration page': () => node('scripts/generate-config-docs.mjs', '--check'),
  openapi: () => node('scripts/generate-openapi.mjs', '--check'),
  'openapi rules': () =>
    run(bin('redocly'), ['lint', 'docs/openapi.json'], {
      cwd: root,
      env: { REDOCLY_TELEMETRY: 'off', REDOCLY_SUPPRESS_UPDATE_NOTICE: 'true' },
    }),
  fuzz: () => node('scripts/fuzz.mjs', '20'),
  sanitizers: () => node('scripts/sanitize.mjs'),
};

/** Vitest projects (vitest.config.ts), in runs that follow each other: what measures or attaches runs alone. */
const TESTS = {
  unit: ['unit'],
  scenarios: ['scenarios'],
  database: ['database'],
  bpf: ['bpf'],
  e2e: ['e2e'],
};

const count = { passed: 0, failed: 0, skipped: 0 };
const failures = [];
const skips = [];

async function runCheck(name, work) {
  try {
    await step(name, async () => void (await work()));
    count.passed += 1;
  } catch (error) {
    count.failed += 1;
    failures.push(name);
    console.log(error instanceof Stop ? error.message : error);
  }
}

/** The real results of a run, from vitest's own report. */
async function runVitest(name, projects) {
  console.log(bold(`\n${name}`));
  const report = join(root, `build/vitest-${name}.json`);
  rmSync(report, { force: true });
  const args = ['run', ...projects.flatMap((project) => ['--project', project])];
  const reporters = ['--reporter=default', '--reporter=json', `--outputFile.json=${report}`];
  const code = await inherit(bin('vitest'), [...args, ...reporters]);
  if (!existsSync(report)) return fail(`${name}: vitest ended with ${code} and left no report`);
  const results = JSON.parse(readFileSync(report, 'utf8'));
  count.passed += results.numPassedTests;
  for (const file of results.testResults) readFile(name, file);
  if (results.numPassedTests + results.numFailedTests === 0) fail(`${name}: no test ran`);
  else if (code !== 0 && results.success)
    fail(`${name}: vitest ended with ${code}: an error outside of the tests`);
}

function readFile(name, file) {
  if (file.status === 'failed' && file.assertionResults.every(({ status }) => status !== 'failed')) {
    fail(`${name}: ${file.name} could not be run`);
  }
  for (const { status, fullName } of file.assertionResults) {
    if (status === 'failed') fail(`${name}: ${fullName}`);
    else if (status !== 'passed') skip(`${name}: ${fullName}`);
  }
}

/** A script that shows what it does and whose exit code is the result. */
async function runProgram(name, ...args) {
  console.log(bold(`\n${name}`));
  const code = await inherit(process.execPath, args);
  if (code === 0) count.passed += 1;
  else fail(`${name}: ended with ${code}`);
}

function skip(what) {
  count.skipped += 1;
  skips.push(what);
}

function fail(what) {
  count.failed += 1;
  failures.push(what);
}

function inherit(command, args) {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, { cwd: root, stdio: ['ignore', 'inherit', 'inherit'] });
    child.on('error', reject);
    child.on('close', (code, signal) => resolve(code ?? signal));
  });
}

function wanted() {
  const names = process.argv.slice(2);
  const known = [...Object.keys(CHECKS), ...Object.keys(TESTS), 'demo', 'soak'];
  const unknown = names.filter((name) => !known.includes(name));
  if (unknown.length > 0) {
    throw new Stop(`There is no check called ${unknown.join(', ')}. There are: ${known.join(', ')}.`);
  }
  return (name) => names.length === 0 || names.includes(name);
}

await main(async () => {
  const started = Date.now();
  const isWanted = wanted();
  mkdirSync(join(root, 'build'), { recursive: true });
  rmSync(join(root, 'build/test-summary.txt'), { force: true });
  console.log(bold('Set up'));
  await setup('test');
  console.log(bold('\nChecks'));
  for (const [name, work] of Object.entries(CHECKS)) if (isWanted(name)) await runCheck(name, work);
  for (const [name, projects] of Object.entries(TESTS)) if (isWanted(name)) await runVitest(name, projects);
  if (isWanted('demo')) await runProgram('demo', 'scripts/demo.mjs');
  if (isWanted('soak')) {
    if (process.getuid?.() === 0) await runProgram('soak', 'scripts/soak.mjs', '1');
    else skip('soak: needs root');
  }
  report(started);
});

function report(started) {
  console.log('');
  for (const name of skips) console.log(yellow(`SKIPPED  ${name}`));
  for (const name of failures) console.log(red(`FAILED   ${name}`));
  if (failures.length === 0) console.log(green('everything that ran passed'));
  const skipped = count.skipped > 0 ? `, ${count.skipped} skipped` : '';
  const line = `${count.passed} passed, ${count.failed} failed${skipped}`;
  writeFileSync(join(root, 'build/test-summary.txt'), `${line}\n`);
  console.log(bold(`${line} ${dim(`in ${seconds(Date.now() - started)}`)}`));
  process.exitCode = count.failed === 0 ? 0 : 1;
}
