/** Two interfaces and several realms with the same addresses; realms change while packets come. */
import { execFileSync } from 'node:child_process';
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
import { insideNetworkNamespace, packFrames, PacketSender } from '../../src/capture/index.js';
import { ETHERTYPE, ethernet, gre, ipv4, udp } from '../bpf/support/frames.js';

const isRoot = process.getuid?.() === 0;
if (!isRoot) console.warn('SKIPPED: without root there is no veth to count on');

const SECOND = 'mirror1';
const ADDRESS = '10.0.0.1';
/** Each realm's packets have a length of their own, so that an octet in the wrong place shows. */
const REALMS = [
  { name: 'tokyo', source: '100.64.0.1', octets: 100 },
  { name: 'osaka', source: '100.64.0.5', octets: 217 },
  { name: 'nagoya', source: '100.64.0.9', octets: 331 },
];

describe.skipIf(!isRoot)('two interfaces, and realms with the same addresses', () => {
  const lab = new Lab();
  const site = new Site(lab, { kind: 'xdp' }, { COUNTFREE_CAPTURE_INTERFACES: `${INTERFACE},${SECOND}` });
  const senders: PacketSender[] = [];
  const sent = new Map(REALMS.map(({ name }) => [name, 0]));
  let customer: Customer;

  beforeAll(async () => {
    await removeLeftovers();
    lab.makeFolder();
    await lab.makeNetwork();
    const pair = ['link', 'add', SECOND, 'netns', lab.tx, 'type', 'veth', 'peer', 'name', SECOND];
    execFileSync('ip', [...pair, 'netns', lab.rx]);
    for (const namespace of [lab.tx, lab.rx])
      execFileSync('ip', ['-n', namespace, 'link', 'set', SECOND, 'mtu', '2000', 'arp', 'off', 'up']);
    await lab.mountBpffs();
    await site.start();
    customer = new Customer(site.api, monthOf(Date.now()));
    for (const { name, source } of REALMS) {
      const mirror = { source, destination: '100.64.0.2' };
      await customer.makeRealm({ name, mirror, subscriberPrefixes: ['10.0.0.0/24'], resolvers: [] });
      await site.api.post('/v1/sims', { id: name });
      await customer.openSessions(name, [{ simId: name, prefixes: [`${ADDRESS}/32`] }]);
    }
    await customer.untilLive();
    for (const name of [INTERFACE, SECOND])
      senders.push(insideNetworkNamespace(Lab.pathOf(lab.tx), () => new PacketSender(name)));
  }, 180_000);

  afterAll(async () => {
    for (const sender of senders) sender.close();
    await site.stop();
    await lab.remove();
  }, 60_000);

  function frameOf({ source, octets }: (typeof REALMS)[number]): Buffer {
    const inner = ipv4(ADDRESS, '198.51.100.7', 17, udp(1, 2, Buffer.alloc(octets - 28)));
    return ethernet(ETHERTYPE.ipv4, ipv4(source, '100.64.0.2', 47, gre(ETHERTYPE.ipv4, inner)));
  }

  /** So many packets of each realm, by turns, into each interface. */
  async function send(count: number): Promise<void> {
    const frames = packFrames(Array.from({ length: count }, () => REALMS.map(frameOf)).flat());
    for (const sender of senders) {
      expect(await sender.send(frames, 10_000)).toMatchObject({ frames: count * REALMS.length });
      for (const { name, octets } of REALMS) sent.set(name, sent.get(name)! + octets * count);
    }
  }

  async function expectAll(): Promise<void> {
    const all = [...sent.values()].reduce((sum, octets) => sum + octets, 0);
    await until('not every octet was seen', async () => {
      return Number((await customer.conservation()).seen.octets) >= all;
    });
    const { seen, difference, usageOctets } = await customer.conservation();
    expect([seen.octets, usageOctets, difference]).toEqual([String(all), String(all), '0']);
    const from = new Date(Date.now() - 7_200_000).toISOString();
    const to = new Date(Date.now() + 3_600_000).toISOString();
    for (const [name, octets] of sent) {
      const usage = (await site.api.get(`/v1/usage?simId=${name}&from=${from}&to=${to}`)) as {
        totals: { octetsUp: string };
      };
      expect([name, usage.totals.octetsUp]).toEqual([name, String(octets)]);
    }
  }

  it('are told apart, on both interfaces', async () => {
    await send(500);
    await expectAll();
    const { points, sources } = (await site.api.get('/v1/capture')) as {
      points: { name: string }[];
      sources: { source: string }[];
    };
    expect(points.map(({ name }) => name)).toEqual([`demo:${INTERFACE}`, `demo:${SECOND}`]);
    expect(sources.map(({ source }) => source).sort()).toEqual(points.map(({ name }) => name));
  });

  it('change their prefixes and come and go while packets come, without losing an octet', async () => {
    const over = new AbortController();
    const sending = (async () => {
      while (!over.signal.aborted) await send(50);
    })();
    for (let round = 0; round < 8; round += 1) {
      const mirror = { source: `100.64.1.${round}`, destination: '100.64.0.2' };
      await customer.makeRealm({
        name: `more-${round}`,
        mirror,
        subscriberPrefixes: ['10.0.0.0/24'],
        resolvers: [],
      });
      await site.api.call('PATCH', `/v1/realms/${REALMS[round % 3]!.name}`, {
        subscriberPrefixes: [`10.0.0.0/${17 + round}`, `10.${round + 1}.0.0/16`],
      });
      await customer.untilLive();
    }
    over.abort();
    await sending;
    expect(sent.get('tokyo')).toBeGreaterThan(500 * 2 * 100);
    await expectAll();
  });
});
