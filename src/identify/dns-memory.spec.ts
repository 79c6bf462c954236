import { describe, expect, it } from 'vitest';
import { DnsMemory } from './dns-memory.js';

const SECOND = 1_000_000;
const OPTIONS = {
  maxEntries: 1000,
  maxPerScope: 100,
  sharedFactor: 4,
  grace: 10 * SECOND,
  minTtl: 60 * SECOND,
  maxTtl: 3600 * SECOND,
};

function ip(n: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(n);
  return bytes;
}
const mapped = (n: number): Buffer => Buffer.concat([Buffer.alloc(10), Buffer.from([255, 255]), ip(n)]);
function names(memory: DnsMemory, scope: number, n: number, time: number): string[] {
  return [...memory.find(scope, mapped(n), 0, false, time)];
}

describe('resolved names', () => {
  it('live for their TTL, within limits, and a grace', () => {
    const memory = new DnsMemory(OPTIONS, 42);
    memory.learn(1, ip(1), 'a.example', 300, 0);
    memory.learn(1, ip(2), 'b.example', 1, 0);
    memory.learn(1, ip(3), 'c.example', 2 ** 31 - 1, 0);
    expect(names(memory, 1, 1, 309 * SECOND)).toEqual(['a.example']);
    expect(names(memory, 1, 1, 310 * SECOND)).toEqual([]);
    expect(names(memory, 1, 2, 69 * SECOND)).toEqual(['b.example']);
    expect(names(memory, 1, 3, 3610 * SECOND)).toEqual([]);
  });

  it('are the SIM’s own, the newest last, four at most', () => {
    const memory = new DnsMemory(OPTIONS, 42);
    for (const name of ['a', 'b', 'c', 'd', 'e', 'c']) memory.learn(1, ip(1), name, 60, 0);
    expect(names(memory, 1, 1, 0)).toEqual(['b', 'd', 'e', 'c']);
    expect(names(memory, 2, 1, 0)).toEqual([]);
  });

  it('of IPv6 addresses are kept apart', () => {
    const memory = new DnsMemory(OPTIONS, 42);
    memory.learn(1, Buffer.alloc(16, 1), 'six.example', 60, 0);
    expect(memory.find(1, Buffer.alloc(16, 1), 0, true, 0)).toHaveLength(1);
    expect(memory.find(1, Buffer.alloc(16, 1), 0, false, 0)).toHaveLength(0);
  });

  it('are bounded per SIM: the newest half of its share stays', () => {
    const memory = new DnsMemory(OPTIONS, 42);
    for (let n = 0; n < 10_000; n += 1) {
      memory.learn(1, ip(n), 'a.example', 60, 0);
      expect(memory.size).toBeLessThanOrEqual(101);
    }
    for (let n = 9_950; n < 10_000; n += 1) expect(names(memory, 1, n, 0)).toEqual(['a.example']);
  });

  it('are bounded in all: SIMs that asked lately keep theirs', () => {
    const memory = new DnsMemory(OPTIONS, 42);
    for (let scope = 1; scope < 5_000; scope += 1) {
      for (let n = 0; n < 3; n += 1) memory.learn(scope, ip(n), 'a.example', 60, 0);
      memory.learn(7_777, ip(1), 'busy.example', 60, 0);
      expect(memory.size).toBeLessThanOrEqual(1_010);
    }
    expect(names(memory, 7_777, 1, 0)).toEqual(['busy.example']);
    expect(names(memory, 4_999, 1, 0)).toEqual(['a.example']);
    expect(names(memory, 1, 1, 0)).toEqual([]);
    expect(memory.evicted).toBeGreaterThan(10_000);
  });

  it('count right through generations', () => {
    const memory = new DnsMemory(OPTIONS, 42);
    for (let round = 0; round < 3_000; round += 1)
      memory.learn(round % 37, ip(round % 211), `n${round % 7}`, 60, 0);
    for (let scope = 0; scope < 37; scope += 1) memory.forget(scope);
    expect(memory.size).toBe(0);
  });
});
