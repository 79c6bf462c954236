#!/usr/bin/env node
/** Builds the BPF object, the addon and the service; skips what is fresh. */
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import process from 'node:process';
import { fileURLToPath } from 'node:url';
import { filesUnder, hashOf, root } from './support/paths.mjs';
import { main, run, step } from './support/steps.mjs';

export async function build() {
  await step('XDP program and addon', buildNative);
  await step('Service', buildService);
}

async function buildNative() {
  const output = await run(process.execPath, ['scripts/build-native.mjs'], { cwd: root });
  return { note: output.trim().split('\n').at(-1) };
}

const SETTINGS = ['package-lock.json', 'nest-cli.json', 'tsconfig.json', 'tsconfig.build.json'];

async function buildService() {
  const sources = ['src', 'migrations'].flatMap((folder) =>
    filesUnder(folder, (name) => name.endsWith('.ts') && !name.endsWith('.spec.ts')),
  );
  const stamp = join(root, 'build/service.sha256');
  const hash = hashOf([...SETTINGS, ...sources]);
  if (existsSync(stamp) && existsSync(join(root, 'dist')) && readFileSync(stamp, 'utf8') === hash) {
    return { note: 'up to date' };
  }
  rmSync(stamp, { force: true });
  removeOrphans(sources);
  await run(process.execPath, ['node_modules/@nestjs/cli/bin/nest.js', 'build'], { cwd: root });
  mkdirSync(dirname(stamp), { recursive: true });
  writeFileSync(stamp, hash);
  return { note: 'built' };
}

/** What was compiled from a source that is gone would still be found, for example by the search for migrations. */
function removeOrphans(sources) {
  const present = new Set(sources.map((file) => file.replace(/\.ts$/, '')));
  for (const file of filesUnder('dist')) {
    const source = file.replace(/^dist\//, '').replace(/(\.d\.ts|\.js)(\.map)?$/, '');
    if (file.match(/\.(js|ts|map)$/) && !present.has(source)) rmSync(join(root, file));
  }
}

if (process.argv[1] === fileURLToPath(import.meta.url)) await main(build);
