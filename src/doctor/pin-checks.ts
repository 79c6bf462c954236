import type { Finding, PinFacts, SpoolFacts } from './types.js';

const MEBI = 1024 ** 2;
/** The least that COUNTFREE_SPOOL_MAX_BYTES takes. */
const LEAST_SPOOL_BYTES = 16 * MEBI;

/** Checks of an interface's pin folder: may a start take it over? Pure. */
export function checkPins({ path, owner, refusal }: PinFacts, interfaceName: string): Finding[] {
  const findings: Finding[] = [];
  if (owner) {
    const who =
      owner.pid === 0 ? 'a process of another container' : `process ${owner.pid} (${owner.command})`;
    findings.push({
      check: 'other instance',
      status: 'warn',
      found: `${who} counts with the pins in ${path}`,
      meaning: 'One process counts for one interface; a second one on the same pins is refused.',
      remedy: owner.pid === 0 ? 'stop the other container' : `kill ${owner.pid}`,
    });
  }
  if (refusal === undefined) return findings;
  if (refusal === null) {
    findings.push({ check: 'pins', status: 'ok', found: path });
  } else {
    findings.push({
      check: 'pins',
      status: 'fail',
      found: refusal,
      meaning:
        'What an earlier version counted and nobody read yet is in these pins; this version cannot read it. Detaching gives it up.',
      remedy: `countfree detach --interface ${interfaceName}`,
    });
  }
  return findings;
}

/** Checks whether the disk holds what the spool may become. Pure. */
export function checkSpool({ folder, freeBytes, usedBytes, maxBytes }: SpoolFacts): Finding {
  const room = freeBytes + usedBytes;
  const found = `${mebi(room)} for up to ${mebi(maxBytes)} in ${folder}`;
  if (room >= maxBytes) return { check: 'spool', status: 'ok', found };
  const fitting = Math.floor((room * 0.8) / MEBI);
  const enough = fitting * MEBI >= LEAST_SPOOL_BYTES;
  return {
    check: 'spool',
    status: enough ? 'warn' : 'fail',
    found,
    meaning:
      'In an outage of Postgres the disk is full before the spool is; records then wait in the kernel, and other programs want for space too.',
    remedy: enough
      ? `COUNTFREE_SPOOL_MAX_BYTES=${fitting}MiB   # or make room on that disk`
      : `df -h ${folder}   # make room, or let COUNTFREE_DATA_DIR name a folder on a larger disk`,
  };
}

function mebi(bytes: number): string {
  return `${Math.floor(bytes / MEBI)} MiB`;
}
