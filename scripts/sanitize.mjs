#!/usr/bin/env node
/**
 * Runs the addon, built with AddressSanitizer and UndefinedBehaviorSanitizer, inside node (test/sanitize/exercise.ts):
 *
 *   npm run sanitize
 *
 * Any report of the two ends the run. Of leaks only those count that have a frame of the addon in their stack: node
 * and V8 leave much on purpose when they end. A list of suppressions could not say that, as it matches any frame, and
 * every call into the addon comes from node.
 */
import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import process from 'node:process';
import { addonBuildArguments } from './support/addon.mjs';
import { filesUnder, hashOf, root } from './support/paths.mjs';
import { bold, main, run, step, Stop } from './support/steps.mjs';

const FLAGS = '-g -fno-omit-frame-pointer -fsanitize=address,undefined -fno-sanitize-recover=undefined';
const folder = join(root, 'build/sanitize');
const addon = join(folder, 'native/build/Release/countfree.node');
const logs = join(folder, 'reports');

async function buildAddon() {
  const isSource = (name) => /\.(cc|c|h|gyp)$/.test(name);
  const files = ['bpf', 'native'].flatMap((name) => filesUnder(name, isSource));
  const sources = files.filter((file) => !file.startsWith('native/build/'));
  const stamp = join(folder, 'sha256');
  const hash = `${hashOf(sources)} ${process.version} ${FLAGS}`;
  if (existsSync(addon) && existsSync(stamp) && readFileSync(stamp, 'utf8') === hash)
    return { note: 'up to date' };
  rmSync(folder, { recursive: true, force: true });
  // A copy, so that the addon that the service uses is left alone.
  for (const file of sources) cpSync(join(root, file), join(folder, file));
  const args = addonBuildArguments(join(folder, 'native'));
  if (args === undefined) throw new Stop('node-gyp is missing. Run: npm ci');
  await run(process.execPath, args, { cwd: root, env: { CXXFLAGS: FLAGS, LDFLAGS: FLAGS } });
  writeFileSync(stamp, hash);
  return { note: 'built' };
}

/** The sanitizer's library must be there before node's own allocations. */
async function sanitizerLibrary() {
  const path = (await run('g++', ['-print-file-name=libasan.so'])).trim();
  if (!path.startsWith('/')) throw new Stop('g++ has no libasan.so: install libgcc-N-dev of its version.');
  return path;
}

async function exercise(...more) {
  rmSync(logs, { recursive: true, force: true });
  mkdirSync(logs, { recursive: true });
  const log = `log_path=${join(logs, 'report')}`;
  const loader = ['--expose-gc', '--import', './test/support/typescript.mjs'];
  const output = await run(process.execPath, [...loader, 'test/sanitize/exercise.ts', addon, ...more], {
    cwd: root,
    env: {
      LD_PRELOAD: await sanitizerLibrary(),
      // Leaks are told apart below.
      ASAN_OPTIONS: `detect_leaks=1:malloc_context_size=40:${log}`,
      LSAN_OPTIONS: `exitcode=0:${log}`,
      UBSAN_OPTIONS: `print_stacktrace=1:${log}`,
    },
    advice: `What the sanitizers said is in ${logs}.`,
  });
  return { note: output.trim().split('\n').join('; ') };
}

function readReports() {
  const texts = readdirSync(logs).map((name) => readFileSync(join(logs, name), 'utf8'));
  const all = texts.join('\n');
  if (/ERROR: AddressSanitizer|runtime error:/.test(all))
    throw new Stop(`The sanitizers reported (${logs}):\n${all.slice(0, 6000)}`);
  const leaks = all.split(/\n(?=(?:Direct|Indirect) leak of)/).slice(1);
  return { leaks, ours: leaks.filter((leak) => leak.includes('countfree::')) };
}

/** Whether a leak of the addon would be seen here at all (it needs ptrace of one's own process, for example). */
async function control() {
  await exercise('control');
  const { ours } = readReports();
  if (ours.length === 0) {
    throw new Stop(`A leak made on purpose was not seen: leaks cannot be looked for here (${logs}).`);
  }
  return { note: 'seen' };
}

function checkLeaks() {
  const { leaks, ours } = readReports();
  if (ours.length > 0)
    throw new Stop(`The addon leaks (${logs}):\n${ours.slice(0, 5).join('\n').slice(0, 6000)}`);
  return { note: `of ${leaks.length} of node, none is the addon's` };
}

await main(async () => {
  console.log(bold('Sanitizers'));
  await step('Addon with address and undefined behaviour sanitizer', buildAddon);
  await step('A leak made on purpose', control);
  await step('Engines, capture reader, packet sender and socket', exercise);
  await step('Leaks', checkLeaks);
});
