import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  Customer,
  INTERFACE,
  Lab,
  monthOf,
  readStatement,
  removeLeftovers,
  Site,
  until,
  type ReadStatement,
} from '../../scripts/demo/index.mjs';
import { CaptureMirror, deliver, type SimplePlan } from '../../src/simulate/index.js';
import { CAPTURES, haveCaptures } from '../support/capture-flows.js';

const isRoot = process.getuid?.() === 0;
if (!haveCaptures) console.warn(`SKIPPED: there is no line.pcap in ${CAPTURES}`);
if (!isRoot) console.warn('SKIPPED: without root there is no veth to mirror over');

/** Of all IP packets in line.pcap, as tshark counts them. */
const OCTETS = 58_956;
const SUBSCRIBERS = ['10.0.2.15', '10.200.3.125'];

const plain: SimplePlan = {
  code: 'nothing-free',
  name: 'Nothing is free',
  baseFee: 500,
  includedOctets: 0,
  unitOctets: 1000,
  unitPrice: 1,
  freeServices: [],
  taxPercent: 0,
};
const lineFree: SimplePlan = {
  ...plain,
  code: 'line-free',
  name: 'LINE is free',
  freeServices: ['line', 'line-calls'],
};

/** Two VPGs with the same addresses mirror to one host; the SIMs of one have LINE free. */
const REALMS = [
  { name: 'free', plan: lineFree, source: '100.64.0.1' },
  { name: 'plain', plan: plain, source: '100.64.0.5' },
];

describe.skipIf(!haveCaptures || !isRoot)('line.pcap as a GRE mirror over a veth', () => {
  const lab = new Lab();
  const site = new Site(lab, { kind: 'xdp' });
  let statements: ReadStatement[] = [];
  let customer: Customer;

  beforeAll(async () => {
    await removeLeftovers();
    lab.makeFolder();
    await lab.makeNetwork();
    await lab.mountBpffs();
    await site.start();
    customer = new Customer(site.api, monthOf(Date.now()));
    for (const { name, plan, source } of REALMS) {
      const mirror = { source, destination: '100.64.0.2' };
      await customer.makeRealm({ name, mirror, subscriberPrefixes: ['10.0.0.0/8'], resolvers: [] });
      await customer.makePlan(plan);
      const sims = SUBSCRIBERS.map((address) => ({
        simId: `${name}-${address}`,
        prefixes: [`${address}/32`],
      }));
      for (const sim of sims) await customer.makeSim({ ...sim, nameConsent: true }, plan.code);
      await customer.openSessions(name, sims);
    }
    await customer.untilLive();
    for (const { source } of REALMS) await sendMirrored(source);
    await until('not every octet was seen', async () => {
      return Number((await customer.conservation()).seen.octets) >= 2 * OCTETS;
    });
    await customer.closeMonth();
    await until('the month is not closed', () => customer.isClosed());
    statements = (await customer.statements()).map(readStatement);
  }, 180_000);

  afterAll(async () => {
    await site.stop();
    await lab.remove();
  }, 60_000);

  async function sendMirrored(source: string): Promise<void> {
    const tunnel = { source, destination: '100.64.0.2' };
    const path = `${CAPTURES}line.pcap`;
    const mirror = new CaptureMirror({ path, subscriberPrefixes: ['10.0.0.0/8'], tunnel, mtu: 2000 });
    const namespacePath = Lab.pathOf(lab.tx);
    await deliver(mirror.frames(), {
      kind: 'interface',
      name: INTERFACE,
      framesPerSecond: 5000,
      namespacePath,
    });
    expect(mirror.prediction().sent.octets).toBe(OCTETS);
  }

  const sumOf = (realm: string, field: 'totalOctets' | 'freeOctets' | 'billedOctets') =>
    statements
      .filter(({ simId }) => simId.startsWith(`${realm}-`))
      .reduce((sum, statement) => sum + statement[field], 0);

  it('puts every octet on a statement', () => {
    expect(statements).toHaveLength(4);
    expect(REALMS.map(({ name }) => sumOf(name, 'totalOctets'))).toEqual([OCTETS, OCTETS]);
  });

  it('makes all of it free where LINE and its calls are free', () => {
    expect([sumOf('free', 'freeOctets'), sumOf('free', 'billedOctets')]).toEqual([OCTETS, 0]);
    expect(statements.filter(({ simId }) => simId.startsWith('free-')).map(({ charge }) => charge)).toEqual([
      500, 500,
    ]);
  });

  it('bills the same octets where they are not', () => {
    expect([sumOf('plain', 'freeOctets'), sumOf('plain', 'billedOctets')]).toEqual([0, OCTETS]);
  });

  it('leaves nothing elsewhere', async () => {
    const { difference, suspenseOctets, accounts } = await customer.conservation();
    expect([difference, suspenseOctets]).toEqual(['0', '0']);
    expect(accounts.filter(({ octets }) => octets !== '0')).toEqual([]);
  });
});
