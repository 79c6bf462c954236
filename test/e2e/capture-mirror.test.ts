import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { CaptureMirror } from '../../src/simulate/index.js';
import { CAPTURES, haveCaptures } from '../support/capture-flows.js';

if (!haveCaptures) console.warn(`SKIPPED: there are no reference captures in ${CAPTURES}`);

/** Broken on purpose: tshark names flows in headers that contradict themselves. */
const BROKEN = new Set(['fuzz-2006-09-29-28586.pcap']);

describe.skipIf(!haveCaptures)('a capture that is mirrored again', () => {
  it('holds the octets of IP packets that tshark finds in the file', async () => {
    const found: Record<string, number> = {};
    const expected: Record<string, number> = {};
    for (const line of readFileSync(`${CAPTURES}flows.tsv`, 'utf8').split('\n')) {
      const columns = line.split('\t');
      const [file = '', octetsAB, octetsBA] = [columns[0], Number(columns[7]), Number(columns[9])];
      if (file !== '' && !BROKEN.has(file)) expected[file] = (expected[file] ?? 0) + octetsAB + octetsBA;
    }
    for (const file of readdirSync(CAPTURES).filter((name) => name in expected)) {
      const tunnel = { source: '192.0.2.1', destination: '192.0.2.2' };
      const mirror = new CaptureMirror({ path: CAPTURES + file, subscriberPrefixes: ['10.0.0.0/8'], tunnel });
      let wrapped = 0;
      for await (const { frame } of mirror.frames()) wrapped += frame.length;
      expect(wrapped).toBeGreaterThan(mirror.prediction().sent.octets);
      const { sent, notIp } = mirror.prediction();
      found[file] = sent.octets - notIp.octets;
    }
    expect(found).toEqual(expected);
    expect(Object.keys(found).length).toBeGreaterThan(40);
  });
});
