import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { prefixContains, parsePrefix } from '../shared/index.js';
import { makeFleet } from './fleet.js';
import type { Prediction } from './prediction.js';
import { Simulation, type SimulationOptions } from './simulation.js';
import { address } from './wire.js';

const options: SimulationOptions = {
  seed: 42,
  sims: 8,
  octets: 3e6,
  start: Date.UTC(2025, 9, 1),
  span: 60_000,
};

function play(changes: Partial<SimulationOptions> = {}): { frames: Buffer[]; prediction: Prediction } {
  const simulation = new Simulation({ ...options, ...changes });
  const frames = [...simulation.frames()].map(({ frame }) => frame);
  return { frames, prediction: simulation.prediction() };
}

function digest(frames: Buffer[]): string {
  const hash = createHash('sha256');
  for (const frame of frames) hash.update(frame);
  return hash.digest('hex');
}

const sumOfUsage = (prediction: Prediction) =>
  prediction.usage.reduce((sum, usage) => sum + usage.octetsUp + usage.octetsDown, 0);

describe('Simulation', () => {
  it('is the same for the same seed and another for another', () => {
    expect(digest(play().frames)).toBe(digest(play().frames));
    expect(digest(play().frames)).not.toBe(digest(play({ seed: 43 }).frames));
  });

  it('predicts every octet it sends, and no other', () => {
    const { prediction } = play();
    const { not_subscriber, not_ip } = prediction.accounts;
    expect(sumOfUsage(prediction) + not_subscriber.octets + not_ip.octets).toBe(prediction.sent.octets);
    expect(not_subscriber.octets).toBeGreaterThan(0);
  });

  it('predicts what the IP headers inside the tunnel say', () => {
    const { frames, prediction } = play();
    const bySim = new Map<string, number>();
    let foreign = 0;
    let arp = 0;
    const { sims } = makeFleet(8);
    for (const frame of frames) {
      if (frame.readUInt16BE(12) === 0x0806) {
        arp += frame.length - 14;
        continue;
      }
      expect(frame.readUInt16BE(14 + 20 + 2)).toBe(0x6558);
      const inner = frame.subarray(14 + 24 + 14);
      const [octets, ends] =
        inner.readUInt8(0) >> 4 === 4
          ? [inner.readUInt16BE(2), [inner.subarray(12, 16), inner.subarray(16, 20)]]
          : [40 + inner.readUInt16BE(4), [inner.subarray(8, 24), inner.subarray(24, 40)]];
      const holder = sims.find(({ prefixes }) =>
        prefixes.some((text) => ends.some((end) => holds(text, end))),
      );
      if (holder === undefined) foreign += octets;
      else bySim.set(holder.simId, (bySim.get(holder.simId) ?? 0) + octets);
    }
    const predicted = new Map<string, number>();
    for (const { simId, octetsUp, octetsDown } of prediction.usage) {
      predicted.set(simId, (predicted.get(simId) ?? 0) + octetsUp + octetsDown);
    }
    expect(bySim).toEqual(predicted);
    expect(foreign).toBe(prediction.accounts.not_subscriber.octets);
    expect(arp).toBe(prediction.accounts.not_ip.octets);
  });

  it('has each kind of traffic that identification must tell apart', () => {
    const { prediction } = play({ octets: 10e6 });
    const kinds = new Set(prediction.usage.map(({ service, evidence }) => `${service ?? '-'} ${evidence}`));
    expect([...kinds].sort()).toEqual([
      '- none',
      '- sni_unverified',
      'line prefix',
      'line sni',
      'line-calls prefix',
      'youtube sni',
    ]);
  });

  it('sends no inner packet above 1,500 octets', () => {
    const { frames } = play({ postQuantum: true });
    expect(Math.max(...frames.map((frame) => frame.length))).toBe(1538 + 14);
  });

  it('cuts the outer packet, not the inner one, where the path is narrow', () => {
    const whole = play();
    const cut = play({ mtu: 1500 });
    expect(cut.prediction).toEqual(whole.prediction);
    expect(cut.frames.length).toBeGreaterThan(whole.frames.length);
    expect(Math.max(...cut.frames.map((frame) => frame.length))).toBeLessThanOrEqual(1514);
    expect(digest(reassemble(cut.frames))).toBe(digest(whole.frames.map((frame) => frame.subarray(14))));
  });

  it('plays once', () => {
    const simulation = new Simulation(options);
    simulation.frames().next();
    expect(() => simulation.frames().next()).toThrow('plays once');
  });

  it('refuses an impossible fleet', () => {
    expect(() => new Simulation({ ...options, sims: 0 })).toThrow('1 to 100000');
  });

  it('gives every SIM of a large fleet its own addresses', () => {
    const prefixes = makeFleet(100_000).sims.flatMap((sim) => sim.prefixes);
    expect(new Set(prefixes).size).toBe(prefixes.length);
    const realm = makeFleet(1).realm.subscriberPrefixes.map((text) => parsePrefix(text));
    for (const text of prefixes.filter((_, index) => index % 997 === 0)) {
      const { family, bytes } = parsePrefix(text);
      expect(realm.some((prefix) => prefix.family === family && prefixContains(prefix, bytes))).toBe(true);
    }
  });
});

function holds(prefixText: string, end: Buffer): boolean {
  const prefix = parsePrefix(prefixText);
  const bytes = end.length === 4 ? address([...end].join('.')).bytes : end;
  return prefix.family === (end.length === 4 ? 4 : 6) && prefixContains(prefix, bytes);
}

/** Outer packets put together again from fragments that follow each other, their headers as if never cut. */
function reassemble(frames: Buffer[]): Buffer[] {
  const packets: Buffer[] = [];
  for (const frame of frames) {
    const packet = frame.subarray(14);
    const flags = frame.readUInt16BE(12) === 0x0800 ? packet.readUInt16BE(6) : 0;
    if ((flags & 0x1fff) === 0) packets.push(Buffer.from(packet));
    else packets.push(Buffer.concat([packets.pop()!, packet.subarray(20)]));
    const whole = packets.at(-1)!;
    if (flags === 0 || (flags & 0x2000) !== 0) continue;
    whole.writeUInt16BE(whole.length, 2);
    whole.writeUInt16BE(0, 6);
    whole.writeUInt16BE(0, 10);
    let sum = 0;
    for (let at = 0; at < 20; at += 2) sum += whole.readUInt16BE(at);
    sum = (sum & 0xffff) + (sum >> 16);
    whole.writeUInt16BE(~((sum & 0xffff) + (sum >> 16)) & 0xffff, 10);
  }
  return packets;
}
