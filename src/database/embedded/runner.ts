import { readFile, stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import { Refusal } from '../../shared/index.js';

/** Whom the private server runs as. Postgres refuses to run as root. */
export interface Runner {
  user: string;
  uid: number;
  gid: number;
  /** True if this process must change to it. */
  change: boolean;
}

/** Tried in turn when this process is root. Made by the operator or by Debian; never made by us. */
const USERS = ['countfree', 'postgres', 'nobody'];

/**
 * This process's own user; for root the owner of an existing data folder (so that a user added later does not lock
 * us out of it), else the first of {@link USERS} that exists.
 */
export async function chooseRunner(dataFolder: string): Promise<Runner> {
  const uid = process.getuid?.() ?? 0;
  const gid = process.getgid?.() ?? 0;
  if (uid !== 0) return { user: String(uid), uid, gid, change: false };
  const users = await readUsers();
  const owner = (await stat(dataFolder).catch(() => undefined))?.uid ?? 0;
  const chosen =
    users.find((user) => owner !== 0 && user.uid === owner) ??
    USERS.map((name) => users.find((user) => user.user === name)).find((user) => user !== undefined);
  if (chosen !== undefined) return { ...chosen, change: true };
  throw new Refusal(
    'unavailable',
    'Postgres does not run as root and this machine has no user to run it as: run "useradd --system countfree", or set DATABASE_URL.',
  );
}

async function readUsers(): Promise<Omit<Runner, 'change'>[]> {
  const text = await readFile('/etc/passwd', 'utf8').catch(() => '');
  return text.split('\n').flatMap((line) => {
    const [user = '', , uid = '', gid = ''] = line.split(':');
    return /^\d+$/.test(uid) && /^\d+$/.test(gid) ? [{ user, uid: Number(uid), gid: Number(gid) }] : [];
  });
}

/** True if the runner may enter `folder`: every folder on the way gives it the x bit. */
export async function enterableBy(runner: Runner, folder: string): Promise<boolean> {
  if (!runner.change) return true;
  for (let path = folder; ; path = dirname(path)) {
    const { mode, uid, gid } = await stat(path);
    const bit = uid === runner.uid ? 0o100 : gid === runner.gid ? 0o010 : 0o001;
    if ((mode & bit) === 0) return false;
    if (path === dirname(path)) return true;
  }
}
