/** Both engines under one hand: the XDP program replaying on a private interface, and the parser in user space. */
import { execFileSync } from 'node:child_process';
import {
  FlowRecords,
  UserEngine,
  XdpEngine,
  insideNetworkNamespace,
  readHellos,
  type EngineSizes,
  type EpochCounters,
  type EpochEnd,
  type Hello,
  type PacketEngine,
  type RealmConfig,
} from '../../../src/capture/index.js';

export type TestEngine = PacketEngine & {
  testRun(frame: Uint8Array, options: { time: bigint; wireLength?: number }): number;
};

export const SMALL: EngineSizes = {
  flows: 4096,
  flowRingBytes: 1 << 20,
  helloRingBytes: 1 << 20,
  fragments: 1024,
};

export function sh(command: string, ...args: string[]): string {
  return execFileSync(command, args, { encoding: 'utf8' });
}

/** A network namespace with one end of a veth pair in it, the other end too; gone after dispose. */
export class PrivateNetwork {
  private static count = 0;
  readonly name: string;
  readonly path: string;

  constructor(mtu = 1500) {
    PrivateNetwork.count += 1;
    this.name = `cfbpf-${process.pid}-${PrivateNetwork.count}`;
    this.path = `/run/netns/${this.name}`;
    sh('ip', 'netns', 'add', this.name);
    // No address autoconfiguration: what is counted is what the test sent.
    for (const key of ['all', 'default']) this.inside('sysctl', '-qw', `net.ipv6.conf.${key}.disable_ipv6=1`);
    this.inside(
      'ip',
      'link',
      'add',
      'in0',
      'mtu',
      `${mtu}`,
      'type',
      'veth',
      'peer',
      'name',
      'out0',
      'mtu',
      `${mtu}`,
    );
    this.inside('ip', 'link', 'set', 'in0', 'up');
    this.inside('ip', 'link', 'set', 'out0', 'up');
  }
  inside(...command: string[]): string {
    return sh('ip', 'netns', 'exec', this.name, ...command);
  }
  run<T>(work: () => T): T {
    return insideNetworkNamespace(this.path, work);
  }
  dispose(): void {
    sh('ip', 'netns', 'del', this.name);
  }
}

/**
 * Opens an XDP engine for replay. Attached to an interface that carries nothing, a test run takes about a microsecond
 * rather than 20 ms.
 */
export function openReplay(
  network: PrivateNetwork,
  options: Partial<Parameters<typeof XdpEngine.open>[0]> = {},
) {
  const engine = XdpEngine.open({ pinPath: null, sizes: SMALL, replay: true, ...options });
  network.run(() => engine.attach('in0', 'native'));
  return engine;
}

export interface FlowRow {
  realm: number;
  subscriber: string;
  peer: string;
  protocol: number;
  step: string;
  up: [packets: number, octets: number];
  down: [packets: number, octets: number];
  firstTime: number;
  lastTime: number;
}

export interface Epoch {
  flows: FlowRow[];
  end: EpochEnd;
}

/** `address:port` */
function place(address: string, port: number): string {
  return `${address.includes(':') ? `[${address}]` : address}:${port}`;
}

export function rows(records: Buffer): FlowRow[] {
  const flows = new FlowRecords(records);
  return Array.from({ length: flows.length }, (_, index) => {
    const key = flows.key(index);
    return {
      realm: key.realm,
      subscriber: place(key.subscriberAddress, key.subscriberPort),
      peer: place(key.peerAddress, key.peerPort),
      protocol: key.protocol,
      step: key.step,
      up: [flows.packetsUp(index), flows.octetsUp(index)],
      down: [flows.packetsDown(index), flows.octetsDown(index)],
      firstTime: flows.firstTime(index),
      lastTime: flows.lastTime(index),
    };
  });
}

/** Closes the epoch and reads all of it; rows in an order that does not depend on the table. */
export function readEpoch(engine: PacketEngine): Epoch {
  engine.closeEpoch();
  return finishEpoch(engine);
}

export function finishEpoch(engine: PacketEngine): Epoch {
  const flows: FlowRow[] = [];
  for (;;) {
    if (engine.draining) engine.drain(10_000);
    const peek = engine.peekFlows(1 << 20);
    if (!peek) throw new Error('the epoch has no end');
    flows.push(...rows(peek.records));
    engine.releaseFlows(peek.end);
    if (peek.epochEnd) return { flows: sorted(flows), end: peek.epochEnd };
  }
}

function sorted(flows: FlowRow[]): FlowRow[] {
  return flows
    .map((flow) => [JSON.stringify(flow), flow] as const)
    .sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0))
    .map(([, flow]) => flow);
}

export function takeHellos(engine: PacketEngine): Hello[] {
  const hellos: Hello[] = [];
  for (let peek = engine.peekHellos(1 << 20); peek; peek = engine.peekHellos(1 << 20)) {
    hellos.push(...readHellos(peek.records));
    engine.releaseHellos(peek.end);
  }
  return hellos;
}

/** Outcomes and notes that are not 0, as `name: [packets, octets]`. */
export function tallies(counters: EpochCounters): Record<string, [number, number]> {
  const found: Record<string, [number, number]> = {};
  for (const [name, tally] of [...Object.entries(counters.outcomes), ...Object.entries(counters.notes)]) {
    if (tally.packets > 0) found[name] = [tally.packets, tally.octets];
  }
  return found;
}

/** What must hold for any epoch: one outcome for each packet, and each octet counted on a record. */
export function conservation(epoch: Epoch): {
  seen: unknown;
  outcomes: unknown;
  onRecords: number;
  counted: number;
} {
  const { seen, outcomes, notes } = epoch.end.counters;
  const sum = (pick: (tally: { packets: number; octets: number }) => number) =>
    Object.values(outcomes).reduce((total, tally) => total + pick(tally), 0);
  return {
    seen,
    outcomes: { packets: sum((tally) => tally.packets), octets: sum((tally) => tally.octets) },
    onRecords: epoch.flows.reduce((total, flow) => total + flow.up[1] + flow.down[1], 0),
    counted: outcomes.counted.octets + notes.both_subscribers.octets,
  };
}

export function realm(mirror: RealmConfig['mirror'], ...subscriberPrefixes: string[]): RealmConfig {
  return { index: 1, name: 'test', mirror, subscriberPrefixes };
}

export function openUser(options: Partial<ConstructorParameters<typeof UserEngine>[0]> = {}): UserEngine {
  return new UserEngine({ sizes: SMALL, ...options });
}
