#!/usr/bin/env node
/**
 * Feeds hostile bytes to the native code under AddressSanitizer and UndefinedBehaviorSanitizer (libFuzzer), and damaged spools to
 * the spool's reader, which is TypeScript.
 *
 *   npm run fuzz -- SECONDS [TARGET…]   each target in turn, the seconds divided among them
 *   npm run fuzz -- --keep SECONDS      and then keep in test/fuzz/corpus the least inputs that reach as much
 *
 * What it finds lies in build/fuzz/found; `build/fuzz/TARGET FILE` runs one input again; for the spool's reader the seed that is printed.
 */
import { existsSync, mkdirSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import process from 'node:process';
import { parseArgs } from 'node:util';
import { root } from './support/paths.mjs';
import { bold, dim, main, run, step, Stop } from './support/steps.mjs';

/** Sources below native/ that a target needs besides test/fuzz/TARGET_fuzz.cc, and the longest input worth trying. */
const TARGETS = {
  user_engine: { sources: ['user_engine.cc', 'engine.cc', 'ring.cc'], longest: 4096 },
  capture_parser: {
    sources: ['capture_parser.cc', 'capture_pcapng.cc', 'capture_format.cc', 'capture_link.cc'],
    longest: 4096,
  },
  spool_reader: { script: 'test/fuzz/spool_reader_fuzz.ts' },
};
const FLAGS = [
  ...['-std=c++17', '-g', '-O1', '-fno-omit-frame-pointer'],
  ...['-fsanitize=fuzzer,address,undefined', '-fno-sanitize-recover=all'],
];
const DEFAULT_SECONDS = 60;
/** An input that takes longer is a fault of its own. */
const SLOWEST_SECONDS = 5;

const build = join(root, 'build/fuzz');
const corpusOf = (target) => join(root, 'test/fuzz/corpus', target);
const grownOf = (target) => join(build, 'corpus', target);

async function compile(target) {
  const sources = TARGETS[target].sources.map((name) => join(root, 'native', name));
  await run(
    'clang++',
    [...FLAGS, '-I', join(root, 'native'), join(root, `test/fuzz/${target}_fuzz.cc`), ...sources].concat([
      '-o',
      join(build, target),
    ]),
    { advice: 'libFuzzer comes with clang: apt-get install -y clang libclang-rt-14-dev' },
  );
}

/** Makes its own damage from seeds, each another one: it has no corpus. */
async function runScript(target, seconds) {
  const loader = ['--import', './test/support/typescript.mjs'];
  const args = [...loader, TARGETS[target].script, String(seconds), join(build, 'found')];
  const output = await run(process.execPath, args, {
    cwd: root,
    advice: `The damaged spool is in build/fuzz/found; make it again with: node ${args.slice(0, 3).join(' ')} 1 /tmp SEED`,
  });
  return { note: `${triedOf(output).toLocaleString('en')} inputs` };
}

function triedOf(output) {
  return Number(/stat::number_of_executed_units:\s*(\d+)/.exec(output)?.[1] ?? 0);
}

/** Runs one target. Gives how many inputs it tried. */
async function fuzz(target, seconds) {
  const found = join(build, 'found/');
  mkdirSync(found, { recursive: true });
  mkdirSync(grownOf(target), { recursive: true });
  const output = await runAndRead(join(build, target), [
    ...[`-max_total_time=${seconds}`, `-max_len=${TARGETS[target].longest}`, `-timeout=${SLOWEST_SECONDS}`],
    ...['-rss_limit_mb=2048', '-print_final_stats=1', `-artifact_prefix=${found}${target}-`],
    ...[grownOf(target), corpusOf(target)],
  ]);
  const tried = triedOf(output);
  // One that only runs what it has is no fuzzing: say so, rather than pass.
  if (tried <= readdirSync(corpusOf(target)).length) {
    throw new Stop(`${target} tried ${tried} inputs in ${seconds} s, no more than its corpus holds.`);
  }
  return { note: `${tried.toLocaleString('en')} inputs` };
}

/** libFuzzer tells on standard error. */
function runAndRead(command, args) {
  return run('sh', ['-c', 'exec "$0" "$@" 2>&1', command, ...args], {
    advice: `The input that shows it is in build/fuzz/found; run it again with ${command} FILE.`,
  });
}

/** Replaces the kept corpus by the least part of all inputs that reaches as much code. */
async function keep(target) {
  const merged = join(build, 'merged', target);
  rmSync(merged, { recursive: true, force: true });
  mkdirSync(merged, { recursive: true });
  await runAndRead(join(build, target), [
    '-merge=1',
    '-use_counters=0',
    merged,
    corpusOf(target),
    grownOf(target),
  ]);
  rmSync(corpusOf(target), { recursive: true, force: true });
  mkdirSync(corpusOf(target), { recursive: true });
  await run('cp', ['-r', `${merged}/.`, corpusOf(target)]);
  return { note: `${readdirSync(corpusOf(target)).length} inputs` };
}

function readOptions() {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: { keep: { type: 'boolean', default: false } },
  });
  const [seconds = String(DEFAULT_SECONDS), ...names] = positionals;
  const targets = names.length > 0 ? names : Object.keys(TARGETS);
  const unknown = targets.filter((name) => TARGETS[name] === undefined);
  if (!(Number(seconds) >= targets.length) || unknown.length > 0) {
    throw new Stop(
      `npm run fuzz -- [--keep] SECONDS [TARGET…]: at least a second for each of ${Object.keys(TARGETS).join(', ')}.`,
    );
  }
  return { each: Math.floor(Number(seconds) / targets.length), targets, keep: values.keep };
}

await main(async () => {
  const options = readOptions();
  console.log(bold('Fuzzing'));
  mkdirSync(build, { recursive: true });
  for (const target of options.targets) {
    if (TARGETS[target].script !== undefined) {
      await step(`${target}: ${options.each} s`, () => runScript(target, options.each));
      continue;
    }
    if (!existsSync(corpusOf(target))) mkdirSync(corpusOf(target), { recursive: true });
    await step(`${target}: build`, () => compile(target));
    await step(`${target}: ${options.each} s`, () => fuzz(target, options.each));
    if (options.keep) await step(`${target}: corpus`, () => keep(target));
  }
  console.log(dim('  found nothing'));
});
