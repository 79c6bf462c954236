import { expect, it } from 'vitest';
import { flowsAndHellos, type TestPacket } from '../../test/support/capture-flows.js';
import { seedSnapshot } from '../catalogue/index.js';
import { Identifier } from '../identify/index.js';
import type { Session } from '../sims/index.js';
import { Simulation } from './simulation.js';

const START = Date.UTC(2025, 9, 3);

/** The IP packets of subscribers inside the tunnel. */
function subscriberPackets(simulation: Simulation): TestPacket[] {
  const packets: TestPacket[] = [];
  for (const { at, frame } of simulation.frames()) {
    if (frame.readUInt16BE(12) !== 0x0800) continue;
    const ip = frame.subarray(14 + 24 + 14);
    const foreign = ip[0] === 0x45 && [ip.readUInt16BE(12), ip.readUInt16BE(16)].includes(0xac10);
    if (!foreign) packets.push({ time: at, ip });
  }
  return packets;
}

it.each([false, true])('is identified as it predicts (post-quantum: %s)', (postQuantum) => {
  const options = { seed: 3, sims: 8, octets: 8e6, start: START, span: 30_000, postQuantum };
  const simulation = new Simulation(options);
  const packets = subscriberPackets(simulation);
  const { hellos, records } = flowsAndHellos(packets);

  const { realm, sims } = simulation.fleet;
  const sessions = sims.flatMap(({ prefixes, nameConsent, sessionComesLater }, simKey) =>
    sessionComesLater
      ? []
      : prefixes.map((prefix): Session => ({
          id: simKey * 10 + (prefix.includes(':') ? 1 : 0),
          simKey,
          realmIndex: 1,
          prefix,
          startTime: START - 1000,
          endTime: null,
          dnsServers: [],
          nameConsent,
        })),
  );
  const identifier = new Identifier();
  identifier.updateCatalogue(seedSnapshot());
  identifier.updateSessions({
    revision: 1,
    realms: [{ index: 1, name: realm.name, resolvers: realm.resolvers }],
    upserted: sessions,
    deletedIds: [],
  });
  identifier.observe(hellos);

  const found = new Map<string, number>();
  const add = (map: Map<string, number>, key: string, octets: number) =>
    map.set(key, (map.get(key) ?? 0) + octets);
  for (const { account, decision, octetsUp, octetsDown } of identifier.identify({ flows: records })) {
    const newcomer = sims.findIndex(({ sessionComesLater }) => sessionComesLater);
    const sim = sims[account.kind === 'sim' ? account.simKey : newcomer];
    add(found, `${sim?.simId} ${decision.serviceCode} ${decision.evidence}`, octetsUp + octetsDown);
  }
  const expected = new Map<string, number>();
  for (const { simId, service, evidence, octetsUp, octetsDown } of simulation.prediction().usage) {
    add(expected, `${simId} ${service} ${evidence}`, octetsUp + octetsDown);
  }
  const inOrder = (map: Map<string, number>) => [...map].sort();
  expect(inOrder(found)).toEqual(inOrder(expected));
});
