import { describe, expect, it } from 'vitest';
import { A, ask, request, useRadius } from '../../../test/support/radius.js';
import { attribute, isResponseTo } from '../../../test/support/radius-packets.js';
import { parseOrRefuse } from '../../shared/index.js';
import { simInputSchema } from '../../sims/index.js';

const { accounting, database, nas, serve, services, sessions } = useRadius();

describe('answers', () => {
  it('come again for a request that is sent again, which is recorded once', async () => {
    const [port, socket] = [await serve(), await nas()];
    const start = request(1, { id: '1', imsi: A, address: '10.128.0.1', at: -100 });
    const first = await ask(socket, port, start);
    const [session] = (await services().sessions.list({ limit: 1 })).items;
    await services().sessions.remove(session!.id);
    expect(await ask(socket, port, start)).toEqual(first);
    expect(await sessions()).toEqual([]);
  });

  it('wait until Postgres has it: none while it is locked, none twice for one asked twice', async () => {
    const [port, socket] = [await serve(), await nas()];
    const answers: Buffer[] = [];
    socket.on('message', (bytes: Buffer) => answers.push(bytes));
    const runner = database().dataSource.createQueryRunner();
    await runner.startTransaction();
    await runner.query('LOCK TABLE session IN ACCESS EXCLUSIVE MODE');
    const start = request(1, { id: '1', imsi: A, address: '10.128.0.1', at: -100 });
    socket.send(start, port, '127.0.0.1');
    socket.send(start, port, '127.0.0.1');
    // The statement that must wait is there, so the request is on its way; and still there is no answer.
    await expect
      .poll(() =>
        runner.query(
          `SELECT count(*)::int AS n FROM pg_locks WHERE NOT granted AND database = (SELECT oid FROM pg_database WHERE datname = current_database())`,
        ),
      )
      .toEqual([{ n: 1 }]);
    expect(answers).toEqual([]);
    await runner.commitTransaction();
    await runner.release();
    await expect.poll(() => answers.length).toBe(1);
    expect(await sessions()).toEqual(['sim-a 10.128.0.1/32 -100..']);
  });

  it('are not given when Postgres refuses; the same request is recorded once it is back', async () => {
    const [port, socket] = [await serve(), await nas()];
    await database().dataSource.query('ALTER TABLE radius_lease RENAME TO away');
    const start = request(1, { id: '1', imsi: A, address: '10.128.0.1', at: -100 });
    let answered = false;
    socket.on('message', () => (answered = true));
    for (let time = 0; time < 5; time += 1) {
      socket.send(start, port, '127.0.0.1');
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
    expect(answered).toBe(false);
    await database().dataSource.query('ALTER TABLE away RENAME TO radius_lease');
    // As a NAS does: until it is answered.
    await expect
      .poll(
        () => {
          socket.send(start, port, '127.0.0.1');
          return answered;
        },
        { timeout: 5000, interval: 100 },
      )
      .toBe(true);
    expect(await sessions()).toEqual(['sim-a 10.128.0.1/32 -100..']);
  });

  it('are given for a SIM that is not known; its session is there once the SIM is', async () => {
    const [port, socket] = [await serve(), await nas()];
    const imsi = '440109999999999';
    await ask(socket, port, request(1, { id: '1', imsi, address: '10.128.0.1', at: -100 }));
    await ask(socket, port, request(2, { id: '1', imsi, address: '10.128.0.1', at: -50 }));
    expect(await sessions()).toEqual([]);
    expect((await accounting().unresolved({ limit: 10 })).items).toMatchObject([
      { imsi, problem: 'unknown_sim' },
    ]);
    expect(await accounting().retryUnresolved()).toBe(0);
    await services().sims.create(parseOrRefuse(simInputSchema, { id: 'sim-new', imsis: [imsi] }));
    expect(await accounting().retryUnresolved()).toBe(1);
    expect(await sessions()).toEqual(['sim-new 10.128.0.1/32 -100..-50']);
    expect((await accounting().unresolved({ limit: 10 })).items).toEqual([]);
  });

  it('are given for an address outside of the realm, which is listed until the realm has it', async () => {
    const [port, socket] = [await serve(), await nas()];
    await ask(socket, port, request(1, { id: '1', imsi: A, address: '192.0.2.1', at: -100 }));
    expect((await accounting().unresolved({ limit: 10 })).items).toMatchObject([
      { problem: 'refused', simId: 'sim-a' },
    ]);
    await services().realms.update('vpg-1', { subscriberPrefixes: ['10.128.0.0/9', '192.0.2.0/24'] });
    expect(await accounting().retryUnresolved()).toBe(1);
    expect(await sessions()).toEqual(['sim-a 192.0.2.1/32 -100..']);
  });
});

describe('SIMs without an IMSI', () => {
  it('are found by MSISDN or ICCID; a SIM with IMSIs only by those', async () => {
    const { sims } = services();
    await sims.create(parseOrRefuse(simInputSchema, { id: 'by-msisdn', msisdn: '818011112222' }));
    await sims.create(parseOrRefuse(simInputSchema, { id: 'by-iccid', iccid: '8981100000000000001' }));
    await sims.update('sim-a', { msisdn: '818033334444' });
    const [port, socket] = [await serve(), await nas()];
    const call = (id: string, address: string, calling: string, imsi?: string) =>
      ask(
        socket,
        port,
        request(1, { id, address, at: -9, extra: [attribute(31, calling)], ...(imsi && { imsi }) }),
      );
    await call('1', '10.128.0.1', '+818011112222', '440107777777777');
    await call('2', '10.128.0.2', '8981100000000000001');
    await call('3', '10.128.0.3', '818033334444', '440107777777778');
    expect((await sessions()).sort()).toEqual([
      'by-iccid 10.128.0.2/32 -9..',
      'by-msisdn 10.128.0.1/32 -9..',
    ]);
    expect((await accounting().unresolved({ limit: 10 })).items).toMatchObject([{ prefix: '10.128.0.3/32' }]);
  });
});

describe('a flood', () => {
  it('is bounded, and every request is answered in the end', async () => {
    const port = await serve(100);
    const socket = await nas();
    const rows = Array.from({ length: 2000 }, (_unused, index) => ({
      id: `flood-${index}`,
      imsis: [`4402${String(index).padStart(11, '0')}`],
    }));
    await services().sims.bulkUpsert(rows);
    const waiting = new Map<number, Buffer>();
    const answered = new Set<number>();
    const send = () => {
      for (const [index, bytes] of waiting)
        if (index < answered.size + 240) socket.send(bytes, port, '127.0.0.1');
    };
    for (let index = 0; index < 2000; index += 1) {
      const bytes = request(1, {
        id: `f${index}`,
        imsi: `4402${String(index).padStart(11, '0')}`,
        address: `10.129.${index >> 8}.${index & 255}`,
        at: -100,
      });
      waiting.set(index, bytes);
    }
    socket.on('message', (answer: Buffer) => {
      for (const [index, bytes] of waiting) {
        if (bytes[1] !== answer[1] || !isResponseTo(answer, bytes)) continue;
        waiting.delete(index);
        answered.add(index);
        return;
      }
    });
    await expect.poll(() => (send(), answered.size), { timeout: 25_000, interval: 200 }).toBe(2000);
    const [{ n }] = await database().dataSource.query('SELECT count(*)::int AS n FROM session');
    expect(n).toBe(2000);
  });
});
