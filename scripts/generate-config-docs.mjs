// Writes docs/configuration.md from the built configuration schema; with --check only compares (for CI).
import { readFile, writeFile } from 'node:fs/promises';

const page = new URL('../docs/configuration.md', import.meta.url);
const built = new URL('../dist/src/config/index.js', import.meta.url);

let configurationPage;
try {
  ({ configurationPage } = await import(built.href));
} catch (error) {
  console.error(`dist/ is missing or out of date: run "npm run build" first (${error.message})`);
  process.exit(2);
}

const wanted = configurationPage();
if (process.argv.includes('--check')) {
  const found = await readFile(page, 'utf8').catch(() => '');
  if (found !== wanted) {
    console.error(
      'docs/configuration.md is out of date: run "node scripts/generate-config-docs.mjs" and commit it',
    );
    process.exit(1);
  }
} else {
  await writeFile(page, wanted);
}
