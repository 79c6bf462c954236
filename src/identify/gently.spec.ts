import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { packFlows, packHello } from '../../test/support/capture-flows.js';
import { tlsHello } from '../../test/support/hellos.js';
import { Bench, key, LINE_ADDRESS, session, T0 } from '../../test/support/identify.js';
import { HELLOS_PER_STEP, RECORDS_PER_STEP } from './identifier.js';
import { SESSIONS_PER_STEP } from './session-index.js';

const STEPS = 5;

/** Every look at the clock is a second later, so that the event loop gets a turn after every step. */
beforeEach(() => {
  let now = 0;
  vi.spyOn(performance, 'now').mockImplementation(() => (now += 1000));
});
afterEach(() => vi.restoreAllMocks());

/** How often the event loop got its turn while `work` was done. */
async function turnsDuring(work: Promise<unknown>): Promise<number> {
  let turns = 0;
  let running = true;
  const turn = (): void => {
    turns += 1;
    if (running) setImmediate(turn);
  };
  setImmediate(turn);
  await work;
  running = false;
  return turns;
}

describe('long work lets the event loop have its turn', () => {
  it('between parts of a batch, whose entries are those of a batch taken at once', async () => {
    const bench = new Bench({ maxFlows: 100_000 });
    const records = Array.from({ length: STEPS * RECORDS_PER_STEP }, (_, n) =>
      bench.record({ subscriberPort: n }),
    );
    const flows = packFlows(records);
    const work = bench.identifier.identifyGently({ flows });
    expect(await turnsDuring(work)).toBeGreaterThanOrEqual(STEPS - 2);
    const expected = new Bench({ maxFlows: 100_000 }).identifier.identify({ flows });
    expect(await work).toEqual(expected);
    expect(expected).toMatchObject([{ octetsUp: 1000 * records.length }]);
  });

  it('between hellos', async () => {
    const bench = new Bench({ maxFlows: 100_000 });
    const payload = tlsHello('line.me');
    const count = STEPS * HELLOS_PER_STEP;
    const hellos = Array.from({ length: count }, (_, n) =>
      packHello({
        kind: 'tls',
        uplink: true,
        time: T0,
        key: key({ subscriberPort: n, peer: LINE_ADDRESS }),
        sequence: 1,
        payload,
      }),
    );
    const work = bench.identifier.observeGently(Buffer.concat(hellos));
    expect(await turnsDuring(work)).toBeGreaterThanOrEqual(STEPS - 2);
    expect(bench.identifier.stats().helloReads.read).toBe(count);
  });

  it('between sessions, also when their realm changes', async () => {
    const { identifier } = new Bench();
    const count = STEPS * SESSIONS_PER_STEP;
    const upserted = Array.from({ length: count }, (_, n) =>
      session({ id: n + 1, simKey: n + 1, prefix: `10.9.${n >> 8}.${n & 255}/32`, dnsServers: [] }),
    );
    const realms = [{ index: 1, name: 'r', resolvers: [] }];
    const load = identifier.updateSessionsGently({ revision: 2, realms, upserted, deletedIds: [] });
    expect(await turnsDuring(load)).toBeGreaterThanOrEqual(STEPS - 2);
    expect(identifier.stats().sessions).toBe(count);
    const change = identifier.updateSessionsGently({
      revision: 3,
      realms: [{ index: 1, name: 'r', resolvers: ['192.0.2.1'] }],
      upserted: [],
      deletedIds: [],
    });
    expect(await turnsDuring(change)).toBeGreaterThanOrEqual(STEPS - 2);
    expect(identifier.stats()).toMatchObject({ sessions: count, sessionRevision: 3 });
  });

  it('and batches of two sources that are walked by turns are kept apart', async () => {
    const bench = new Bench({ maxFlows: 100_000 });
    const flowsOf = (octets: number): Buffer =>
      packFlows(
        Array.from({ length: 2 * RECORDS_PER_STEP }, (_, n) =>
          bench.record({ subscriberPort: n }, 0, octets),
        ),
      );
    const [a, b] = await Promise.all([
      bench.identifier.identifyGently({ flows: flowsOf(1) }),
      bench.identifier.identifyGently({ flows: flowsOf(1000) }),
    ]);
    expect(a).toMatchObject([{ octetsUp: 2 * RECORDS_PER_STEP }]);
    expect(b).toMatchObject([{ octetsUp: 2000 * RECORDS_PER_STEP }]);
  });
});
