import fc from 'fast-check';
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

  it('are those of a plain map, whatever the scope and family, while none is evicted', () => {
    const scope = fc.constantFrom(1, 2, -1, -7, 2 ** 31, 2 ** 40 + 1, 2 ** 40 + 2);
    const address = fc.constantFrom(ip(1), ip(2), Buffer.alloc(16, 1), Buffer.alloc(16, 0xff), mapped(1));
    const step = fc.record({ scope, address, name: fc.constantFrom('a', 'b'), forget: fc.nat(9) });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
        const memory = new DnsMemory({ ...OPTIONS, maxEntries: 64 }, 42);
        const model = new Map<number, Map<string, Set<string>>>();
        for (const { scope: of, address: bytes, name, forget } of steps) {
          if (forget === 0) {
            memory.forget(of);
            model.delete(of);
            continue;
          }
          memory.learn(of, bytes, name, 60, 0);
          const known = model.get(of) ?? new Map<string, Set<string>>();
          const key = bytes.toString('hex');
          model.set(of, known.set(key, (known.get(key) ?? new Set<string>()).add(name)));
        }
        expect(memory.size).toBe([...model.values()].reduce((sum, known) => sum + known.size, 0));
        for (const [of, known] of model)
          for (const [key, wanted] of known) {
            const bytes = Buffer.from(key, 'hex');
            const six = bytes.length === 16;
            const found = six
              ? memory.find(of, bytes, 0, true, 0)
              : memory.find(of, mapped(bytes.readUInt32BE(0)), 0, false, 0);
            expect(new Set(found)).toEqual(wanted);
          }
      }),
    );
  });

  it('never grow, and never lose count, by any addresses of any scopes', () => {
    const memory = new DnsMemory({ ...OPTIONS, maxEntries: 50, maxPerScope: 8, sharedFactor: 2 }, 42);
    for (let n = 0; n < 20_000; n += 1) {
      const scope = ((n * 31) % 23) - 11;
      const bytes = n % 3 === 0 ? Buffer.alloc(16, n % 200) : ip((n * 7919) % 300);
      memory.learn(scope, bytes, `n${n % 5}`, 60, n);
      expect(memory.size).toBeLessThanOrEqual(50);
      expect(
        memory.find(scope, bytes.length === 16 ? bytes : mapped(bytes.readUInt32BE(0)), 0, n % 3 === 0, n),
      ).toContain(`n${n % 5}`);
    }
    for (let scope = -11; scope < 12; scope += 1) memory.forget(scope);
    expect(memory.size).toBe(0);
  });
});
