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
import { CaptureMirror, deliver } from '../../src/simulate/index.js';
import { CAPTURES, haveCaptures } from '../support/capture-flows.js';

const isRoot = process.getuid?.() === 0;
if (!haveCaptures) console.warn(`SKIPPED: there is no line.pcap in ${CAPTURES}`);
if (!isRoot) console.warn('SKIPPED: without root there is no veth to mirror over');

/** Of all IP packets in line.pcap, as tshark counts them. */
const OCTETS = 58_956;
const WITHIN_MS = 3_000;

describe.skipIf(!haveCaptures || !isRoot)('a packet that crosses a threshold', () => {
  const lab = new Lab();
  const site = new Site(lab, { kind: 'xdp' });
  const tunnel = { source: '100.64.0.1', destination: '100.64.0.2' };

  beforeAll(async () => {
    await removeLeftovers();
    lab.makeFolder();
    await lab.makeNetwork();
    await lab.mountBpffs();
    await site.start();
    const customer = new Customer(site.api, monthOf(Date.now()));
    await customer.makeRealm({
      name: 'vpg',
      mirror: tunnel,
      subscriberPrefixes: ['10.0.0.0/8'],
      resolvers: [],
    });
    // A pass of the capture is a bit less than a third of the quota: the second crosses 50 percent, the third 80.
    await customer.makePlan({
      code: 'small',
      name: 'Small',
      baseFee: 500,
      includedOctets: 3 * OCTETS + 1,
      unitOctets: 1000,
      unitPrice: 1,
      freeServices: [],
      taxPercent: 0,
    });
    await customer.makeSim({ simId: 'sim-1', nameConsent: false }, 'small');
    await customer.openSessions('vpg', [{ simId: 'sim-1', prefixes: ['10.0.0.0/8'] }]);
    const endpoint = (await site.api.post('/v1/webhook-endpoints', {
      url: site.hookUrl,
      eventTypes: ['usage.threshold_reached', 'usage.cap_exceeded'],
    })) as { secret: string };
    site.receiver.secret = endpoint.secret;
    await customer.untilLive();
  }, 180_000);

  afterAll(async () => {
    await site.stop();
    await lab.remove();
  }, 60_000);

  /** Sends the capture once; gives when its last packet was on the wire. */
  async function send(): Promise<number> {
    const path = `${CAPTURES}line.pcap`;
    const mirror = new CaptureMirror({ path, subscriberPrefixes: ['10.0.0.0/8'], tunnel, mtu: 2000 });
    await deliver(mirror.frames(), {
      kind: 'interface',
      name: INTERFACE,
      framesPerSecond: 20_000,
      namespacePath: Lab.pathOf(lab.tx),
    });
    expect(mirror.prediction().sent.octets).toBe(OCTETS);
    return performance.now();
  }

  const told = () =>
    site.receiver.events.map(({ type, simId, data }) => {
      const { kind, threshold } = data as Record<string, string>;
      return [type, simId, kind, threshold];
    });

  it('is told of within three seconds, by a signed webhook, once', async () => {
    const reached = (threshold: string) => ['usage.threshold_reached', 'sim-1', 'quota', threshold];
    await send();
    const took: number[] = [];
    for (const wanted of [['50%'], ['50%', '80%']]) {
      const sent = await send();
      await until('no event came', () => site.receiver.events.length >= wanted.length, 5);
      took.push(performance.now() - sent);
      expect(told()).toEqual(wanted.map(reached));
    }
    console.log(
      `thresholds were told of ${took.map((ms) => `${Math.round(ms)} ms`).join(' and ')} after the packets`,
    );
    expect(Math.max(...took)).toBeLessThan(WITHIN_MS);
    expect(site.receiver.refused).toBe(0);
  }, 60_000);
});
