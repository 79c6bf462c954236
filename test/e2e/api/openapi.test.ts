import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { describe, expect, it } from 'vitest';
import { expectProblem, useApi } from './support.js';

const api = useApi();
const root = new URL('../../../', import.meta.url).pathname;

describe('the served document', () => {
  it('passes redocly without a remark', async () => {
    const { stderr } = await promisify(execFile)(
      'node_modules/.bin/redocly',
      ['lint', '--max-problems', '50'],
      {
        cwd: root,
        env: {
          ...process.env,
          REDOCLY_TELEMETRY: 'off',
          REDOCLY_SUPPRESS_UPDATE_NOTICE: 'true',
          NO_COLOR: '1',
        },
      },
    );
    expect(stderr).toContain('Your API description is valid');
    expect(stderr).not.toMatch(/\d+ warning/);
  });

  it('is what /openapi.json gives to anyone', async () => {
    const answer = await api.get('/openapi.json', { key: null });
    expect(answer.status).toBe(200);
    expect(answer.headers.get('content-type')).toBe('application/json; charset=utf-8');
    expect(answer.body.openapi).toBe('3.1.0');
  });
});

describe('/docs', () => {
  it('holds only files of this host, under a policy that allows no other', async () => {
    const page = await api.get('/docs', { key: null });
    expect(page.headers.get('content-type')).toBe('text/html; charset=utf-8');
    expect(page.headers.get('content-security-policy')).toContain("default-src 'none'; script-src 'self';");
    expect(page.text).not.toMatch(/https?:|\/\/\w/);
    const files = [...page.text.matchAll(/(?:src|href)="(\/docs\/[^"]+)"/g)].map((match) => match[1]!);
    expect(files).toHaveLength(4);
    for (const file of files) {
      const answer = await api.get(file, { key: null });
      expect(answer.status, file).toBe(200);
      expect(answer.text.length, file).toBeGreaterThan(100);
    }
    expect((await api.get('/docs/start.js')).text).toContain('validatorUrl: null');
  });

  it('gives no other file', async () => {
    expectProblem(await api.get('/docs/package.json', { key: null }), 400, 'invalid');
    expectProblem(await api.get('/docs/..%2f..%2fpackage.json', { key: null }), 400, 'invalid');
  });
});
