#!/usr/bin/env node
/** Builds build/countfree.bpf.o (clang) and build/countfree.node (node-gyp) from bpf/ and native/; skips what is fresh. */
import { spawnSync } from 'node:child_process';
import { copyFileSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import process from 'node:process';
import { addonBuildArguments } from './support/addon.mjs';
import { filesUnder, hashOf, root } from './support/paths.mjs';

const PACKAGES = 'clang llvm libbpf-dev libelf-dev zlib1g-dev linux-libc-dev g++ make python3';
const HEADERS = [
  '/usr/include/bpf/libbpf.h',
  '/usr/include/libelf.h',
  '/usr/include/zlib.h',
  '/usr/include/linux/bpf.h',
];

class BuildError extends Error {}

function run(command, args, options = {}) {
  const result = spawnSync(command, args, { cwd: root, encoding: 'utf8', ...options });
  if (result.error || result.status !== 0) {
    const said = result.error ? result.error.message : `${result.stdout}\n${result.stderr}`.trim();
    throw new BuildError(`${command} failed:\n${said}`);
  }
  return result.stdout.trim();
}

function has(command) {
  return spawnSync(command, ['--version'], { stdio: 'ignore' }).status === 0;
}

function checkTools() {
  const missing = [
    ...['clang', 'g++', 'make', 'python3'].filter((command) => !has(command)),
    ...HEADERS.filter((header) => !existsSync(header)),
  ];
  if (missing.length > 0) {
    throw new BuildError(
      `The build needs ${missing.join(', ')}. As root:\n\n  apt-get install -y --no-install-recommends ${PACKAGES}\n`,
    );
  }
}

/** Runs `make` unless `target` was made from these very inputs before. Returns whether it ran. */
function once(target, inputs, versions, make) {
  const stamp = join(root, `${target}.sha256`);
  const hash = `${hashOf(inputs)} ${versions}`;
  if (existsSync(join(root, target)) && existsSync(stamp) && readFileSync(stamp, 'utf8') === hash)
    return false;
  rmSync(stamp, { force: true });
  mkdirSync(join(root, 'build'), { recursive: true });
  make();
  writeFileSync(stamp, hash);
  return true;
}

function buildObject() {
  const machine = run('uname', ['-m']);
  run('clang', [
    ...['-O2', '-g', '-Wall', '-Werror', '-target', 'bpf', '-mcpu=v3'],
    // The folder of asm/types.h, which a compiler for another target does not look into.
    ...['-I', `/usr/include/${machine}-linux-gnu`],
    ...['-c', 'bpf/countfree.bpf.c', '-o', 'build/countfree.bpf.o'],
  ]);
}

function buildAddon() {
  const args = addonBuildArguments('native');
  if (args === undefined) throw new BuildError('node-gyp is missing. Run: npm ci');
  run(process.execPath, args);
  // Removed first: overwriting the file in place would pull it from under processes that have it loaded.
  rmSync(join(root, 'build/countfree.node'), { force: true });
  copyFileSync(join(root, 'native/build/Release/countfree.node'), join(root, 'build/countfree.node'));
}

function main() {
  const own = ['scripts/build-native.mjs'];
  const shared = filesUnder('bpf', (name) => name.endsWith('.h') || name.endsWith('.c'));
  const native = filesUnder('native', (name) => /\.(cc|h|gyp)$/.test(name)).filter(
    (file) => !file.startsWith('native/build/'),
  );
  const missingTarget = ['build/countfree.bpf.o', 'build/countfree.node'].some(
    (file) => !existsSync(join(root, file)),
  );
  if (missingTarget) checkTools();
  const versions = `${process.version} ${process.arch}`;
  const made = [
    once('build/countfree.bpf.o', [...own, ...shared], versions, () => {
      checkTools();
      buildObject();
    }) && 'BPF object',
    once(
      'build/countfree.node',
      [...own, 'scripts/support/addon.mjs', ...shared, ...native],
      versions,
      () => {
        checkTools();
        buildAddon();
      },
    ) && 'addon',
  ].filter(Boolean);
  console.log(made.length > 0 ? `built ${made.join(' and ')}` : 'up to date');
}

try {
  main();
} catch (error) {
  if (!(error instanceof BuildError)) throw error;
  console.error(error.message);
  process.exit(1);
}
