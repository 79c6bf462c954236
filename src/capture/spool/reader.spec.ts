import { describe, expect, it } from 'vitest';
import { deliverAll, hellosOf, placed, record, useSpools } from '../../../test/support/spool.js';
import { SpoolReader } from './index.js';

const { openSpool } = useSpools();

describe('SpoolReader', () => {
  it('delivers from behind what the ledger has', async () => {
    const spool = await openSpool({ segmentBytes: 700 });
    for (let n = 1; n <= 8; n += 1) await spool.append(record(n));
    expect(await deliverAll(spool, await placed(spool, 5n))).toEqual([6n, 7n, 8n]);
  });

  it('delivers all of a generation that the ledger does not know', async () => {
    const spool = await openSpool();
    await spool.append(record(1000));
    await spool.append(record(5, {}, 'aa'.repeat(16)));
    expect(await deliverAll(spool, await placed(spool, 1000n))).toEqual([5n]);
  });

  it('gives the same batch again until the handler took it', async () => {
    const spool = await openSpool();
    for (let n = 1; n <= 3; n += 1) await spool.append(record(n));
    const errors: unknown[] = [];
    const reader = new SpoolReader(spool, { retryMs: 1, onError: (error) => errors.push(error) });
    let failures = 0;
    const got = await deliverAll(spool, reader, (batch) => {
      if (batch.sequence === 2n && failures < 3) {
        failures += 1;
        throw new Error('the database is away');
      }
    });
    expect(got).toEqual([1n, 2n, 3n]);
    expect(errors).toHaveLength(3);
  });

  it('delivers what is appended while it waits', async () => {
    const spool = await openSpool();
    const stop = new AbortController();
    const got: bigint[] = [];
    const reader = new SpoolReader(spool);
    const done = reader.run((batch) => {
      got.push(batch.sequence);
      return Promise.resolve();
    }, stop.signal);
    for (let n = 1; n <= 50; n += 1) {
      await spool.append(record(n));
      expect(await reader.waitUntilDelivered(5000)).toBe(true);
      expect(got).toHaveLength(n);
    }
    stop.abort();
    await done;
  });

  it('says that not everything was delivered in time', async () => {
    const spool = await openSpool();
    await spool.append(record(1));
    const stop = new AbortController();
    const reader = new SpoolReader(spool, { retryMs: 1 });
    const done = reader.run(() => Promise.reject(new Error('away')), stop.signal);
    expect(await reader.waitUntilDelivered(20)).toBe(false);
    stop.abort();
    await done;
    expect(spool.status().unacknowledgedBytes).toBeGreaterThan(0);
  });

  it('tells a restarted process the hellos that were delivered before, and only those', async () => {
    const spool = await openSpool({ segmentBytes: 500 });
    await spool.append(record(1, hellosOf('first')));
    await spool.append(record(2));
    await spool.append(record(3, hellosOf('second')));
    await spool.append(record(4));
    await spool.append(record(5, hellosOf('not delivered')));
    await spool.close();
    const again = await openSpool({ segmentBytes: 500 });
    const reader = await placed(again, 4n);
    const texts: string[] = [];
    for await (const hellos of reader.recentHellos()) texts.push(hellos.toString());
    expect(texts).toEqual(['first', 'second']);
    expect(await deliverAll(again, reader)).toEqual([5n]);
  });
});
