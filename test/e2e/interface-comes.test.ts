/** The running service and an interface that comes, goes and comes back: what is said of it, and that every octet stands once. */
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
import { deliver, Simulation } from '../../src/simulate/index.js';

const isRoot = process.getuid?.() === 0;
if (!isRoot) console.warn('SKIPPED: without root there is no veth to count on');

interface Ready {
  status: string;
  checks: { name: string; ok: boolean; detail: string | null }[];
}
interface Capture {
  points: { mode: string | null; warnings: { kind: string; detail: string }[] }[];
  failures: string[];
}

describe.skipIf(!isRoot)('an interface that is not there when the service starts', () => {
  const lab = new Lab();
  const site = new Site(lab, { kind: 'xdp' });
  let customer: Customer;
  let sent = 0;

  const removeInterface = () => execFileSync('ip', ['-n', lab.rx, 'link', 'delete', INTERFACE]);
  const capture = async () => (await site.api.get('/v1/capture')) as Capture;
  const ready = async () =>
    ((await site.api.get('/readyz')) as Ready).checks.find(({ name }) => name === 'capture');
  const metric = () =>
    execFileSync('ip', [
      ...['netns', 'exec', lab.rx, process.execPath, '-e'],
      "fetch('http://127.0.0.1:8080/metrics').then((r) => r.text()).then((t) => console.log(/capture_warning\\{.*interface_gone.*\\} (\\d)/.exec(t)[1]))",
    ])
      .toString()
      .trim();
  const untilMode = (mode: string) =>
    until(`capture does not say ${mode}`, async () => (await capture()).points[0]?.mode === mode);

  beforeAll(async () => {
    await removeLeftovers();
    lab.makeFolder();
    await lab.makeNetwork();
    await lab.mountBpffs();
    removeInterface();
    await site.start();
    customer = new Customer(site.api, monthOf(Date.now()));
  }, 180_000);

  afterAll(async () => {
    await site.stop();
    await lab.remove();
  }, 60_000);

  it('is told as a warning in API, metric and readiness, and the service goes on', async () => {
    const { points, failures } = await capture();
    expect(failures).toEqual([]);
    expect(points).toMatchObject([{ mode: null, warnings: [{ kind: 'interface_gone' }] }]);
    expect(points[0]?.warnings[0]?.detail).toContain(`${INTERFACE} is not there`);
    expect(await ready()).toMatchObject({ ok: true, detail: expect.stringContaining('interface_gone') });
    expect(metric()).toBe('1');
  });

  it('is counted on once it comes, and again once it was removed and came back', async () => {
    for (const seed of [1, 2]) {
      await lab.makePair();
      await untilMode('native');
      expect(await ready()).toMatchObject({ ok: true, detail: null });
      expect(metric()).toBe('0');
      const simulation = new Simulation({
        ...{ seed, sims: 3, octets: 3e6, mtu: 65_535, postQuantum: false },
        ...{ start: Date.now() - 60_000, span: 60_000 },
      });
      if (seed === 1) await customer.makeRealm(simulation.fleet.realm);
      if (seed === 1) await customer.untilLive();
      await deliver(simulation.frames(), {
        kind: 'interface',
        name: INTERFACE,
        framesPerSecond: 5000,
        namespacePath: Lab.pathOf(lab.tx),
      });
      sent += simulation.prediction().sent.octets;
      removeInterface();
      await until('nothing is said of the interface that was removed', async () => {
        const [warning] = (await capture()).points[0]?.warnings ?? [];
        return warning?.detail.includes(`${INTERFACE} was removed`);
      });
    }
    await until('not every octet was seen', async () => {
      return Number((await customer.conservation()).seen.octets) >= sent;
    });
    const { seen, difference } = await customer.conservation();
    expect([seen.octets, difference]).toEqual([String(sent), '0']);
  });
});
