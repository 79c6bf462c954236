import { execFile } from 'node:child_process';
import { readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { join } from 'node:path';
import process from 'node:process';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import { INTERFACE } from '../demo/lab.mjs';
import { Stop } from '../support/steps.mjs';

const exec = promisify(execFile);

/** What a soak does to the service, by name. Each ends with everything up again. */
export const FAULTS = {
  'service killed': async ({ site }) => {
    await site.crash();
  },
  'service killed twice in a row': async ({ site, random }) => {
    const starting = site.crash();
    starting.catch(() => undefined);
    await sleep(300 + random.below(2000));
    // In the middle of its start, wherever that is.
    await site.service.kill();
    await starting.catch(() => undefined);
    await site.startService();
  },
  'Postgres stopped for seconds': async ({ site, lab, random }) => {
    const servers = postgresOf(lab);
    for (const pid of servers) send(pid, 'SIGSTOP');
    await sleep(1000 + random.below(3000));
    for (const pid of servers) send(pid, 'SIGCONT');
    await site.service.ready(() => site.api.isUp('/readyz'));
  },
  'service killed while Postgres is stopped': async ({ site, lab, random }) => {
    const servers = postgresOf(lab);
    for (const pid of servers) send(pid, 'SIGSTOP');
    await sleep(500 + random.below(1500));
    await site.service.kill();
    for (const pid of servers) send(pid, 'SIGCONT');
    await site.startService();
  },
  'Postgres killed, then the service': async ({ site, lab, random }) => {
    for (const pid of postgresOf(lab)) send(pid, 'SIGKILL');
    await sleep(500 + random.below(2000));
    await site.crash();
  },
  'interface down and up': async ({ lab, sender }) => {
    await sender.whileQuiet(async () => {
      for (const state of ['down', 'up']) {
        await exec('ip', ['-n', lab.rx, 'link', 'set', INTERFACE, state]);
        await sleep(200);
      }
    });
  },
  'interface replaced, then the service killed': async ({ site, lab, sender }) => {
    await sender.whileQuiet(async () => {
      await exec('ip', ['-n', lab.rx, 'link', 'delete', INTERFACE]);
      await lab.makePair();
      // The service attaches to an interface that came back at its next start.
      await site.crash();
      sender.reconnect();
    });
  },
};

/** Said with every run, so that no one takes it for tested. */
export const LEFT_OUT = [
  'frames in flight while an interface goes down (the wire loses them before anyone counts): traffic pauses for it',
  'an interface that comes back under a running service: the service attaches to it at its next start',
];

/** The processes of the private Postgres: they work in a folder of the run's own. */
function postgresOf(lab) {
  const data = join(lab.folder, 'data');
  const found = readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .filter((pid) => isPostgres(pid, data));
  if (found.length === 0) throw new Stop(`No Postgres works below ${data}.`);
  return found.map(Number);
}

function isPostgres(pid, folder) {
  try {
    const name = readFileSync(`/proc/${pid}/comm`, 'utf8').trim();
    return name === 'postgres' && readlinkSync(`/proc/${pid}/cwd`).startsWith(`${folder}/`);
  } catch {
    return false; // It has ended since.
  }
}

function send(pid, signal) {
  try {
    process.kill(pid, signal);
  } catch (error) {
    if (error.code !== 'ESRCH') throw error;
  }
}
