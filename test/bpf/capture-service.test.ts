/** Capture points as a process runs them: from file or interface, through the spool, to a ledger. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import {
  CaptureService,
  packFrames,
  PacketSender,
  sumFlows,
  type BatchConsumer,
  type CaptureBatch,
  type CaptureServiceOptions,
} from '../../src/capture/index.js';
import { Refusal, systemClock } from '../../src/shared/index.js';
import { ethernet, pcap, udp4 } from './capture-files.js';
import { PrivateNetwork, realm, SMALL } from './support/engines.js';
import { clientHello, ETHERTYPE, ethernet as frame, ipv4, tcp } from './support/frames.js';

const NOON = 1_700_000_000_000_000_000n;
const REALMS = [realm({ type: 'none' }, '10.0.0.0/8')];

/** Commits each batch once by its name, as the real ledger does; may be away. */
class Ledger implements BatchConsumer {
  readonly batches = new Map<string, CaptureBatch>();
  readonly recalled: string[] = [];
  octets = 0;
  delivered = 0;
  away = false;
  failures = 0;

  committed(source: string): Promise<Map<string, bigint>> {
    const last = new Map<string, bigint>();
    for (const batch of this.batches.values()) {
      if (batch.source !== source) continue;
      const known = last.get(batch.generation) ?? -1n;
      if (batch.sequence > known) last.set(batch.generation, batch.sequence);
    }
    return Promise.resolve(last);
  }
  recall(_source: string, hellos: Buffer): void {
    this.recalled.push(hellos.toString('latin1'));
  }
  commit(batch: CaptureBatch): Promise<void> {
    if (this.away) return Promise.reject(new Error('the database is away'));
    this.delivered += 1;
    const name = [batch.source, batch.generation, batch.sequence].join(' ');
    if (!this.batches.has(name)) this.octets += sumFlows(batch.flows).octets;
    this.batches.set(name, batch);
    return Promise.resolve();
  }
  failed(): void {
    this.failures += 1;
  }
}

let folder: string;
let services: CaptureService[] = [];
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'countfree-service-'));
});
afterEach(async () => {
  for (const service of services) await service.stop(0);
  services = [];
  rmSync(folder, { recursive: true, force: true });
});

function newService(options: Partial<CaptureServiceOptions> = {}): CaptureService {
  const service = new CaptureService(
    {
      nodeName: 'node',
      interfaces: [],
      files: [],
      mode: 'auto',
      pinPath: null,
      spoolFolder: join(folder, 'spool'),
      sizes: SMALL,
      epochSeconds: 0.2,
      ...options,
    },
    systemClock,
  );
  services.push(service);
  return service;
}

/** A capture of many hours, so that it gives many epochs; a hello among them. */
function captureBytes(packets: number): Buffer {
  const hello = frame(ETHERTYPE.ipv4, ipv4('10.0.0.1', '192.0.2.1', 6, tcp(4000, 443, clientHello(300))));
  return pcap(
    Array.from({ length: packets }, (_, index) => ({
      time: NOON + BigInt(index) * 1_800_000_000_000n,
      data: index === 1 ? hello : ethernet(udp4(1000 + index, 100)),
    })),
  );
}
const HELLO_PACKET_OCTETS = 20 + 20 + clientHello(300).length;

describe('capture files', () => {
  it('count once, however often and under whatever name they are imported', async () => {
    const ledger = new Ledger();
    const bytes = captureBytes(40);
    const paths = ['a.pcap', 'b.pcap', 'c.pcap.gz'].map((name) => join(folder, name));
    writeFileSync(paths[0]!, bytes);
    writeFileSync(paths[1]!, bytes);
    writeFileSync(paths[2]!, gzipSync(bytes));
    for (const path of paths) {
      // A spool of its own, as if the data folder was lost in between: the ledger alone knows.
      const service = newService({
        files: [path],
        spoolFolder: join(folder, `spool-${paths.indexOf(path)}`),
      });
      await service.start(REALMS);
      await service.deliverTo(ledger);
      await service.filesFinished();
      expect(service.status()[0]).toMatchObject({ kind: 'file', source: { state: 'finished', epochs: 20 } });
      expect(service.sources[0]).toMatch(/^file:[0-9a-f]{16}$/);
      await service.stop();
    }
    expect(ledger.octets).toBe(39 * 100 + HELLO_PACKET_OCTETS);
    expect(ledger.batches.size).toBe(20);
    expect(ledger.delivered).toBe(60);
  });

  it('wait in the spool while the ledger is away, also over a restart, and bring the hellos back', async () => {
    const path = join(folder, 'some.pcap');
    writeFileSync(path, captureBytes(10));
    const ledger = new Ledger();
    const first = newService({ files: [path] });
    await first.start(REALMS);
    await first.deliverTo(ledger);
    await first.filesFinished();
    await first.stop();
    expect(ledger.batches.size).toBe(5);
    // The first batch with the hello is in the ledger, the later ones were rolled back.
    const [kept] = ledger.batches;
    const octets = sumFlows(kept![1].flows).octets;
    const restarted = new Ledger();
    restarted.batches.set(...kept!);
    restarted.octets = octets;
    restarted.away = true;
    const second = newService({ files: [path] });
    await second.start(REALMS);
    await second.deliverTo(restarted);
    expect(restarted.recalled).toHaveLength(1);
    await expect.poll(() => restarted.failures).toBeGreaterThan(0);
    await second.stop(10);
    restarted.away = false;
    const third = newService({ files: [path] });
    await third.start(REALMS);
    await third.deliverTo(restarted);
    await third.filesFinished();
    expect(restarted.octets).toBe(9 * 100 + HELLO_PACKET_OCTETS);
  });

  it('that are broken are counted up to there, and the point says why it failed', async () => {
    const path = join(folder, 'cut.pcap');
    writeFileSync(path, captureBytes(4).subarray(0, -5));
    const ledger = new Ledger();
    const service = newService({ files: [path] });
    await service.start(REALMS);
    await service.deliverTo(ledger);
    await service.filesFinished();
    const [status] = service.status();
    expect(status?.source.state).toBe('failed');
    expect(status?.source.error).toMatch(
      /cut\.pcap: the file is cut at byte \d+.*3 packets before it were counted/,
    );
    expect(ledger.octets).toBe(200 + HELLO_PACKET_OCTETS);
  });
});

describe('capture service', () => {
  let network: PrivateNetwork;
  beforeAll(() => {
    network = new PrivateNetwork();
  });
  afterAll(() => network.dispose());

  it('refuses to start when nothing can be opened, and says why', async () => {
    const service = newService({ interfaces: ['lo'], mode: 'native', files: [join(folder, 'none.pcap')] });
    const error = await service.start(REALMS).catch((reason: unknown) => reason);
    expect(error).toBeInstanceOf(Refusal);
    expect(String(error)).toMatch(/lo: [^;]*does not attach to lo[^;]*; .*none\.pcap does not exist/s);
  });

  it('counts on what opens, and lists what does not', async () => {
    const path = join(folder, 'some.pcap');
    writeFileSync(path, captureBytes(4));
    const service = newService({ interfaces: ['lo'], mode: 'native', files: [path] });
    await service.start(REALMS);
    expect(service.failures).toMatchObject([{ kind: 'interface', name: 'lo' }]);
    expect(service.status()).toHaveLength(1);
  });

  it('waits for an interface that is not there, and says so', async () => {
    const service = newService({ interfaces: ['nosuchif0'] });
    await service.start(REALMS);
    expect(service.failures).toEqual([]);
    expect(service.waitingFor).toEqual(['nosuchif0']);
    expect(service.status()).toMatchObject([
      {
        name: 'node:nosuchif0',
        source: { state: 'running' },
        warnings: [{ kind: 'interface_gone', detail: expect.stringContaining('nosuchif0 is not there') }],
      },
    ]);
  });

  it('refuses frames and interfaces that cannot be', async () => {
    expect(() => new PacketSender('nosuchif0')).toThrow(/no interface is named nosuchif0/);
    expect(() => new PacketSender('a/b')).toThrow(RangeError);
    const sender = network.run(() => new PacketSender('out0'));
    await expect(sender.send(Buffer.from([200, 0, 0, 0, 1]))).rejects.toThrow(/ends within a frame/);
    const tooLong = packFrames([Buffer.alloc(60), Buffer.alloc(3000)]);
    await expect(sender.send(tooLong)).rejects.toMatchObject({ frames: 1, octets: 60 });
    const paced = Date.now();
    expect(await sender.send(packFrames(Array<Buffer>(50).fill(Buffer.alloc(100))), 500)).toEqual({
      frames: 50,
      octets: 5000,
    });
    expect(Date.now() - paced).toBeGreaterThanOrEqual(90);
    sender.close();
    expect(() => sender.send(Buffer.alloc(0))).toThrow(/closed/);
  });
});
