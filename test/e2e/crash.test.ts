import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  Customer,
  INTERFACE,
  Lab,
  monthOf,
  removeLeftovers,
  Site,
  until,
} from '../../scripts/demo/index.mjs';
import { deliver, Simulation, type Prediction } from '../../src/simulate/index.js';

const isRoot = process.getuid?.() === 0;
if (!isRoot) console.warn('SKIPPED: without root there is no veth to count on');

/** Milliseconds between the service being ready and its next end: within an epoch, at its edge, after several. */
const LIVES = [300, 1_000, 2_600];
const FRAMES_PER_SECOND = 2_000;

interface UsageTotals {
  items: unknown[];
  totals: { octetsUp: string; octetsDown: string };
}

describe.skipIf(!isRoot)('a service that is killed while traffic flows', () => {
  const lab = new Lab();
  const site = new Site(lab, { kind: 'xdp' });
  const start = Date.now() - 60_000;
  const simulation = new Simulation({
    seed: 7,
    sims: 6,
    octets: 20e6,
    mtu: 65_535,
    postQuantum: false,
    start,
    span: 60_000,
  });
  let customer: Customer;
  let prediction: Prediction;

  beforeAll(async () => {
    await removeLeftovers();
    lab.makeFolder();
    await lab.makeNetwork();
    await lab.mountBpffs();
    await site.start();
    customer = new Customer(site.api, monthOf(Date.now()));
    const { realm, sims } = simulation.fleet;
    await customer.makeRealm(realm);
    for (const sim of sims) await site.api.post('/v1/sims', { id: sim.simId, nameConsent: sim.nameConsent });
    await customer.openSessions(realm.name, sims);
    await customer.untilLive();

    const sending = deliver(simulation.frames(), {
      kind: 'interface',
      name: INTERFACE,
      framesPerSecond: FRAMES_PER_SECOND,
      namespacePath: Lab.pathOf(lab.tx),
    });
    for (const life of LIVES) {
      await sleep(life);
      await site.crash();
    }
    await sending;
    prediction = simulation.prediction();
    await until('not every octet was seen', async () => {
      return Number((await customer.conservation()).seen.octets) >= prediction.sent.octets;
    });
  }, 180_000);

  afterAll(async () => {
    await site.stop();
    await lab.remove();
  }, 60_000);

  it('has seen every octet once', async () => {
    const { seen, accounts, difference, suspenseOctets } = await customer.conservation();
    expect(seen).toEqual({
      packets: String(prediction.sent.packets),
      octets: String(prediction.sent.octets),
    });
    expect([difference, suspenseOctets]).toEqual(['0', '0']);
    for (const [account, { octets }] of Object.entries(prediction.accounts)) {
      expect(accounts.find((row) => row.account === account)?.octets).toBe(String(octets));
    }
  });

  it('has every octet of every SIM in the ledger, once', async () => {
    for (const { simId } of simulation.fleet.sims) {
      const expected = prediction.usage.filter((usage) => usage.simId === simId);
      const { totals } = (await usageOf(simId)).usage;
      expect([simId, totals.octetsUp, totals.octetsDown]).toEqual([
        simId,
        String(expected.reduce((sum, usage) => sum + usage.octetsUp, 0)),
        String(expected.reduce((sum, usage) => sum + usage.octetsDown, 0)),
      ]);
    }
  });

  it('still knows the names that it had learnt before it was killed', async () => {
    for (const { simId, service, octetsUp, octetsDown } of sumByService(prediction)) {
      const query = service === null ? '' : `&serviceCode=${service}`;
      const { usage } = await usageOf(simId, query);
      if (service !== null)
        expect([simId, service, total(usage)]).toEqual([simId, service, octetsUp + octetsDown]);
    }
  });

  async function usageOf(simId: string, query = ''): Promise<{ usage: UsageTotals }> {
    const from = new Date(start - 3_600_000).toISOString();
    const to = new Date(Date.now() + 3_600_000).toISOString();
    const path = `/v1/usage?simId=${simId}&from=${from}&to=${to}${query}`;
    return { usage: (await site.api.get(path)) as UsageTotals };
  }
});

function total({ totals }: UsageTotals): number {
  return Number(totals.octetsUp) + Number(totals.octetsDown);
}

function sumByService({ usage }: Prediction) {
  const sums = new Map<
    string,
    { simId: string; service: string | null; octetsUp: number; octetsDown: number }
  >();
  for (const { simId, service, octetsUp, octetsDown } of usage) {
    const key = JSON.stringify([simId, service]);
    const sum = sums.get(key) ?? { simId, service, octetsUp: 0, octetsDown: 0 };
    sum.octetsUp += octetsUp;
    sum.octetsDown += octetsDown;
    sums.set(key, sum);
  }
  return [...sums.values()];
}
