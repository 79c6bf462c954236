#!/usr/bin/env node
// Writes docs/openapi.json from the built routes, and the types of the client from that; with --check only compares (for CI).
import { readFile, writeFile } from 'node:fs/promises';
import openapiTypeScript, { astToString } from 'openapi-typescript';

const page = new URL('../docs/openapi.json', import.meta.url);
const client = new URL('../clients/typescript/src/schema.ts', import.meta.url);
const built = new URL('../dist/src/api/index.js', import.meta.url);

let document;
try {
  await import('reflect-metadata');
  document = (await import(built.href)).openApiText();
} catch (error) {
  console.error(`dist/ is missing or out of date: run "npm run build" first (${error.message})`);
  process.exit(2);
}

const head = '// Generated from docs/openapi.json by scripts/generate-openapi.mjs: do not edit.\n';
const files = [
  [page, document],
  [client, `${head}${astToString(await openapiTypeScript(JSON.parse(document), { silent: true }))}`],
];

for (const [file, wanted] of files) {
  if (!process.argv.includes('--check')) await writeFile(file, wanted);
  else if ((await readFile(file, 'utf8').catch(() => '')) !== wanted) {
    const name = file.pathname.split('/').slice(-1)[0];
    console.error(`${name} is out of date: run "node scripts/generate-openapi.mjs" and commit what changed`);
    process.exitCode = 1;
  }
}
