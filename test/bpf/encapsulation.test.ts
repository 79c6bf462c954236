/** Every encapsulation and outcome through the XDP program and the user-space engine, to the octet. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { PACKET_RESULT, type RealmConfig } from '../../src/capture/index.js';
import {
  PrivateNetwork,
  conservation,
  openReplay,
  openUser,
  readEpoch,
  realm,
  tallies,
  type TestEngine,
} from './support/engines.js';
import { SIM, PEER, MIRROR, RECEIVER, SUBSCRIBERS, payload, inner4, type Case } from './support/cases.js';
import { headers, links } from './support/cases-headers.js';
import { fragmented, mirrors } from './support/cases-mirrors.js';
import { ETHERTYPE, PROTOCOL, ethernet, gre, ipv4 } from './support/frames.js';

let network: PrivateNetwork;
const engines: Record<string, () => TestEngine> = {};
let xdp: ReturnType<typeof openReplay>;

beforeAll(() => {
  network = new PrivateNetwork();
  xdp = openReplay(network);
  engines.xdp = () => xdp;
  engines.user = () => openUser();
});
afterAll(() => {
  xdp.close();
  network.dispose();
});

function run(engine: TestEngine, { mirror, frames, wireLength }: Case) {
  engine.configure([realm(mirror ?? { type: 'none' }, ...SUBSCRIBERS)]);
  frames.forEach((frame, index) => {
    const time = BigInt(index + 1) * 1_000_000_000n;
    const result = engine.testRun(frame, { time, ...(wireLength === undefined ? {} : { wireLength }) });
    expect(result).toBe(PACKET_RESULT.taken);
  });
  const epoch = readEpoch(engine);
  const kept = conservation(epoch);
  expect(kept.outcomes).toEqual(kept.seen);
  expect(kept.onRecords).toBe(kept.counted);
  return {
    flows: epoch.flows
      .map(
        (flow) =>
          `${flow.subscriber} ${flow.peer} ${flow.protocol} ${flow.up.join('/')} ${flow.down.join('/')}`,
      )
      .sort(),
    tallies: tallies(epoch.end.counters),
  };
}

for (const name of ['xdp', 'user']) {
  for (const [group, cases] of Object.entries({ links, headers, mirrors, fragmented })) {
    describe(`${name}: ${group}`, () => {
      it.each(cases)('$name', (given) => {
        expect(run(engines[name]!(), given)).toEqual({
          flows: [...(given.flows ?? [])].sort(),
          tallies: given.tallies,
        });
      });
    });
  }
}

describe('several realms at once', () => {
  it.each(['xdp', 'user'])('%s: the most specific mirror wins, and the same address counts apart', (name) => {
    const engine = engines[name]!();
    const config = (index: number, mirror: RealmConfig['mirror']): RealmConfig => ({
      index,
      name: `realm ${index}`,
      mirror,
      subscriberPrefixes: [`${SIM}/32`],
    });
    engine.configure([
      config(1, { type: 'gre' }),
      config(2, { type: 'gre', outerSource: MIRROR }),
      config(3, { type: 'gre', outerSource: MIRROR, outerDestination: RECEIVER, key: 5 }),
      config(4, { type: 'none' }),
    ]);
    const send = (source: string, key?: number) =>
      engine.testRun(
        ethernet(
          ETHERTYPE.ipv4,
          ipv4(source, RECEIVER, 47, gre(ETHERTYPE.ipv4, inner4, key === undefined ? {} : { key })),
        ),
        { time: 1n },
      );
    send('203.0.113.9');
    send(MIRROR);
    send(MIRROR, 6);
    send(MIRROR, 5);
    engine.testRun(ethernet(ETHERTYPE.ipv4, inner4), { time: 1n });
    const { flows } = readEpoch(engine);
    expect(flows.map((flow) => [flow.realm, flow.up[0]])).toEqual([
      [1, 1],
      [2, 2],
      [3, 1],
      [4, 1],
    ]);
  });

  it.each(['xdp', 'user'])('%s: many prefixes, each found', (name) => {
    const engine = engines[name]!();
    const prefixes = Array.from({ length: 256 }, (_, index) => `10.${index}.${(index * 7) & 255}.0/24`);
    engine.configure([{ index: 9, name: 'many', mirror: { type: 'none' }, subscriberPrefixes: prefixes }]);
    for (let index = 0; index < 256; index += 1) {
      const inside = `10.${index}.${(index * 7) & 255}.255`;
      const outside = `10.${index}.${((index * 7) & 255) ^ 1}.0`;
      for (const source of [inside, outside]) {
        engine.testRun(ethernet(ETHERTYPE.ipv4, ipv4(source, PEER, PROTOCOL.icmp, payload)), { time: 1n });
      }
    }
    const { flows, end } = readEpoch(engine);
    expect(flows).toHaveLength(256);
    expect(tallies(end.counters)).toEqual({ counted: [256, 256 * 120], not_subscriber: [256, 256 * 120] });
  });
});
