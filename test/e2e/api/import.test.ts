import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import { afterAll, expect, it } from 'vitest';
import { importCsv } from '../../../src/cli/import.js';
import { useApi } from './support.js';

const api = useApi();
const folder = mkdtempSync(join(tmpdir(), 'countfree-import-'));
afterAll(() => rmSync(folder, { recursive: true }));

it('`countfree import` takes good rows and names bad ones', async () => {
  const file = join(folder, 'sims.csv');
  writeFileSync(file, 'id,nameConsent\nsim-1,true\nsim 2,true\nsim-3,perhaps\n');
  const [out, err] = [new PassThrough(), new PassThrough()];
  const environment = { COUNTFREE_API_KEY: await api.key('ingest') };
  const options = { what: 'sims', file, url: api.origin };
  expect(await importCsv(options, environment, { out, err })).toBe(2);
  expect(String(out.read())).toMatch(/^row 2 invalid: id: .+\nrow 3 invalid: nameConsent: .+\n$/);
  expect(String(err.read())).toBe('sims: 1 created, 0 updated, 0 unchanged, 2 refused\n');
  expect((await api.get('/v1/sims/sim-1')).body.nameConsent).toBe(true);

  await expect(importCsv(options, {})).rejects.toThrow(/COUNTFREE_API_KEY/);
  await expect(importCsv({ ...options, what: 'plans' }, environment)).rejects.toThrow(/sims or sessions/);
  await expect(importCsv({ ...options, file: `${file}x` }, environment)).rejects.toThrow(/cannot be read/);
  await expect(importCsv(options, { COUNTFREE_API_KEY: 'cfk_wrong' })).rejects.toThrow(
    /refused the file \(401\)/,
  );
});
