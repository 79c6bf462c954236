/**
 * Postgres and Redis hang, the disk of the spool is full, rings and tables are tiny: octets wait in the spool, the ring and the
 * kernel's tables, in memory they do not; what does not fit there is counted coarser, and in the end everything is there.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Customer, Lab, monthOf, removeLeftovers, Site, until } from '../../scripts/demo/index.mjs';
import {
  compare,
  FLEET,
  freeze,
  mountSmallSpool,
  pinTinyTables,
  REALM,
  Sender,
  serversOf,
  thaw,
  TINY_VARIABLES,
} from '../../scripts/soak/index.mjs';

const isRoot = process.getuid?.() === 0;
if (!isRoot) console.warn('SKIPPED: without root there is no veth to count on');

const FRAMES_PER_SECOND = 4000;
/** Long beside what spool, ring and tables hold here: a second or two each. */
const OUTAGE_MS = 6000;
const MEBI = 1024 ** 2;

interface Capture {
  points: { epochs: number; notes: Record<string, { packets: string }>; conservationFailures: number }[];
}

describe.skipIf(!isRoot)('an outage of Postgres and Redis beyond what the spool holds', () => {
  const lab = new Lab();
  const site = new Site(lab, { kind: 'xdp' }, TINY_VARIABLES);
  let customer: Customer;
  let faults: string[];
  let stalled: string | undefined;
  const memory: number[] = [];
  const epochs: number[] = [];
  let after: Capture['points'][number];

  const point = async () => ((await site.api.get('/v1/capture')) as Capture).points[0]!;
  const text = async (path: string) => (await site.api.send('GET', path)).text;
  const metric = async (name: string) =>
    [...(await text('/metrics')).matchAll(new RegExp(`^${name}(?:\\{[^}]*\\})? (\\S+)$`, 'gm'))].reduce(
      (sum, [, value]) => sum + Number(value),
      0,
    );

  beforeAll(async () => {
    await removeLeftovers();
    lab.makeFolder();
    await lab.makeNetwork();
    await lab.mountBpffs();
    await pinTinyTables(lab);
    await mountSmallSpool(lab, 1);
    await site.start();
    customer = new Customer(site.api, monthOf(Date.now()));
    await customer.makeRealm(REALM);
    for (const { simId, nameConsent } of FLEET) await site.api.post('/v1/sims', { id: simId, nameConsent });
    await customer.openSessions(REALM.name, FLEET);
    await customer.untilLive();

    const sender = new Sender(lab, 11, FRAMES_PER_SECOND);
    await sender.open();
    await until('nothing is counted', async () => (await point()).epochs > 2);
    const servers = [...serversOf(lab, 'postgres'), ...serversOf(lab, 'redis')];
    freeze(servers);
    try {
      stalled = await until('capture does not stall', async () => {
        return /"[^"]*is stalled: [^"]*"/.exec(await text('/readyz'))?.[0];
      });
      const measure = async () => {
        memory.push(await metric('process_resident_memory_bytes'));
        epochs.push(await metric('countfree_capture_packets_total'));
      };
      await measure();
      await sleep(OUTAGE_MS);
      await measure();
    } finally {
      thaw(servers);
    }
    await until('capture does not go on', async () => /"status":"ok"/.test(await text('/readyz')));
    await sender.stop();
    await until('not every octet was seen', async () => {
      return Number((await customer.conservation()).seen.octets) >= sender.sent.octets;
    });
    after = await point();
    ({ faults } = await compare(sender.sent, customer));
  }, 180_000);

  afterAll(async () => {
    await site.stop();
    await lab.remove();
  }, 60_000);

  it('says that the disk takes no more, and that records wait in the kernel', () => {
    expect(stalled).toMatch(/ENOSPC.*Records wait in the kernel/);
  });

  it('makes epochs longer instead of taking memory', () => {
    // No epoch ended while none could be moved.
    expect(epochs[1]).toBe(epochs[0]);
    expect(memory[1]! - memory[0]!).toBeLessThan(48 * MEBI);
  });

  it('counts coarser what the tables could not hold', () => {
    const coarser = ['step_address_pair', 'step_subscriber'].map((note) =>
      Number(after.notes[note]?.packets),
    );
    expect(Math.min(...coarser)).toBeGreaterThan(0);
    expect(Math.max(...coarser)).toBeGreaterThan(FRAMES_PER_SECOND);
  });

  it('has every octet in the end, on its SIM or its account, once', () => {
    expect(faults).toEqual([]);
    expect(after.conservationFailures).toBe(0);
  });
});
