import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { useApi } from './support.js';

const api = useApi();
const root = new URL('../../../', import.meta.url).pathname;
const source = join(root, 'clients/typescript');
const run = promisify(execFile);

/** What a project that depends on the package gets along with it, and the types that a project for Node has. */
const BESIDE = ['openapi-fetch', 'openapi-typescript-helpers', '@types/node', 'undici-types'];
const STRICT = {
  target: 'es2022',
  module: 'nodenext',
  strict: true,
  noUncheckedIndexedAccess: true,
  exactOptionalPropertyTypes: true,
  skipLibCheck: false,
  types: ['node'],
};

describe('the package of the client, in an empty project', () => {
  let project: string;

  beforeAll(async () => {
    project = await mkdtemp(join(tmpdir(), 'countfree-test-'));
    const { stdout } = await run('npm', ['pack', '--json', '--silent', '--pack-destination', project], {
      cwd: source,
    });
    const [{ filename }] = JSON.parse(stdout.slice(stdout.indexOf('['))) as [{ filename: string }];
    const folder = join(project, 'node_modules/@countfree/client');
    await mkdir(folder, { recursive: true });
    await mkdir(join(project, 'node_modules/@types'));
    await run('tar', ['-xzf', join(project, filename), '-C', folder, '--strip-components=1']);
    for (const name of BESIDE)
      await symlink(join(root, 'node_modules', name), join(project, 'node_modules', name));
    await writeFile(join(project, 'package.json'), '{ "type": "module" }');
    await writeFile(join(project, 'tsconfig.json'), JSON.stringify({ compilerOptions: STRICT }));
    const readme = await readFile(join(folder, 'README.md'), 'utf8');
    const examples = [...readme.matchAll(/```ts\n([\s\S]*?)```/g)].map(([, text]) => text!);
    expect(examples).toHaveLength(2);
    const requests = examples[0]!.replace('http://127.0.0.1:8080', api.origin);
    expect(requests).toContain(api.origin);
    await writeFile(join(project, 'requests.ts'), requests);
    await writeFile(join(project, 'receiver.ts'), examples[1]!);
    await run(process.execPath, [join(root, 'node_modules/typescript/bin/tsc'), '-p', project], {
      cwd: project,
    });
  }, 120_000);

  afterAll(() => rm(project, { recursive: true, force: true }));

  it('needs nothing at run time but what it names', async () => {
    const { dependencies, license, engines } = JSON.parse(
      await readFile(join(project, 'node_modules/@countfree/client/package.json'), 'utf8'),
    ) as Record<string, unknown>;
    expect({ dependencies, license, engines }).toMatchObject({
      dependencies: { 'openapi-fetch': expect.any(String) as string },
      license: 'Apache-2.0',
      engines: { node: '>=20.19' },
    });
    expect(Object.keys(dependencies as object)).toHaveLength(1);
  });

  it('runs the example of requests', async () => {
    const env = { PATH: process.env['PATH'], COUNTFREE_API_KEY: api.adminKey };
    await run(process.execPath, ['requests.js'], { cwd: project, env });
    expect((await api.get('/v1/sims/sim-1')).status).toBe(200);
  });

  it('has what the example of a receiver imports', async () => {
    const { stdout } = await run(
      process.execPath,
      [
        '-e',
        "import('@countfree/client/webhooks').then((all) => console.log(Object.keys(all).sort().join()))",
      ],
      { cwd: project },
    );
    expect(stdout.trim()).toBe('WebhookVerificationError,verifyWebhook');
  });
});
