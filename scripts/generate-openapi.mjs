#!/usr/bin/env node
// Writes docs/openapi.json from the built routes; with --check only compares (for CI).
import { readFile, writeFile } from 'node:fs/promises';

const page = new URL('../docs/openapi.json', import.meta.url);
const built = new URL('../dist/src/api/index.js', import.meta.url);

let wanted;
try {
  await import('reflect-metadata');
  wanted = (await import(built.href)).openApiText();
} catch (error) {
  console.error(`dist/ is missing or out of date: run "npm run build" first (${error.message})`);
  process.exit(2);
}

if (process.argv.includes('--check')) {
  const found = await readFile(page, 'utf8').catch(() => '');
  if (found !== wanted) {
    console.error('docs/openapi.json is out of date: run "node scripts/generate-openapi.mjs" and commit it');
    process.exit(1);
  }
} else {
  await writeFile(page, wanted);
}
