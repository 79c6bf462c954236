import { readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { join } from 'node:path';
import process from 'node:process';
import { Stop } from '../support/steps.mjs';

const NAMES = { postgres: /^postgres$/, redis: /^(redis|valkey)-/ };

/** The processes of a private server: they work in a folder of the run's own. */
export function serversOf(lab, kind) {
  const data = join(lab.folder, 'data');
  const found = readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .filter((pid) => isServer(pid, NAMES[kind], data));
  if (found.length === 0) throw new Stop(`No ${kind} works below ${data}.`);
  return found.map(Number);
}

function isServer(pid, name, folder) {
  try {
    const command = readFileSync(`/proc/${pid}/comm`, 'utf8').trim();
    return name.test(command) && readlinkSync(`/proc/${pid}/cwd`).startsWith(`${folder}/`);
  } catch {
    return false; // It has ended since.
  }
}

export function send(pids, signal) {
  for (const pid of pids) {
    try {
      process.kill(pid, signal);
    } catch (error) {
      if (error.code !== 'ESRCH') throw error;
    }
  }
}

export const freeze = (pids) => send(pids, 'SIGSTOP');
export const thaw = (pids) => send(pids, 'SIGCONT');
