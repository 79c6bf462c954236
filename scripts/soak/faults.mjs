import { execFile } from 'node:child_process';
import { open, rm } from 'node:fs/promises';
import { Buffer } from 'node:buffer';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import { INTERFACE } from '../demo/lab.mjs';
import { until } from '../demo/stages.mjs';
import { freeze, send, serversOf, thaw } from './servers.mjs';

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
    const servers = serversOf(lab, 'postgres');
    freeze(servers);
    await sleep(1000 + random.below(3000));
    thaw(servers);
    await site.service.ready(() => site.api.isUp('/readyz'));
  },
  'service killed while Postgres is stopped': async ({ site, lab, random }) => {
    const servers = serversOf(lab, 'postgres');
    freeze(servers);
    await sleep(500 + random.below(1500));
    await site.service.kill();
    thaw(servers);
    await site.startService();
  },
  'Postgres killed, then the service': async ({ site, lab, random }) => {
    send(serversOf(lab, 'postgres'), 'SIGKILL');
    await sleep(500 + random.below(2000));
    await site.crash();
  },
  'Postgres and Redis killed under the service': async ({ site, lab }) => {
    send([...serversOf(lab, 'postgres'), ...serversOf(lab, 'redis')], 'SIGKILL');
    await sleep(500);
    await site.service.ready(() => site.api.isUp('/readyz'));
  },
  'disk of the spool full while Postgres is stopped': async ({ site, lab, random }) => {
    const servers = serversOf(lab, 'postgres');
    const ballast = join(lab.folder, 'data/spool/ballast');
    freeze(servers);
    await fill(ballast);
    await sleep(1500 + random.below(1500));
    await rm(ballast);
    thaw(servers);
    await site.service.ready(() => site.api.isUp('/readyz'));
  },
  'interface down and up': async ({ lab, sender }) => {
    await sender.whileQuiet(async () => {
      for (const state of ['down', 'up']) {
        await exec('ip', ['-n', lab.rx, 'link', 'set', INTERFACE, state]);
        await sleep(200);
      }
    });
  },
  'interface removed and back under the service': async ({ site, lab, sender }) => {
    await sender.whileQuiet(async () => {
      await exec('ip', ['-n', lab.rx, 'link', 'delete', INTERFACE]);
      await sleep(500);
      await lab.makePair();
      const isBack = async () => {
        const [point] = (await site.api.get('/v1/capture')).points;
        return point.mode !== null && point.warnings.every(({ kind }) => kind !== 'interface_gone');
      };
      await until('the service does not attach again', isBack);
      sender.reconnect();
    });
  },
  'interface replaced, then the service killed': async ({ site, lab, sender }) => {
    await sender.whileQuiet(async () => {
      await exec('ip', ['-n', lab.rx, 'link', 'delete', INTERFACE]);
      await lab.makePair();
      await site.crash();
      sender.reconnect();
    });
  },
};

/** Said with every run, so that no one takes it for tested. */
export const LEFT_OUT = [
  'frames in flight while an interface goes down (the wire loses them before anyone counts): traffic pauses for it',
  'steps of the wall clock, which no namespace has of its own: tests set a clock by hand instead',
];

/** Writes until the disk takes no more. */
async function fill(path) {
  const file = await open(path, 'w');
  try {
    for (;;) await file.write(Buffer.alloc(1 << 16));
  } catch (error) {
    if (error.code !== 'ENOSPC') throw error;
  } finally {
    await file.close();
  }
}
