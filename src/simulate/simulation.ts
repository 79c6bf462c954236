import {
  ACTIVITIES,
  playActivity,
  PROFILE_SHARES,
  type Activity,
  type Actor,
  type Expectation,
} from './activities.js';
import { tlsConversation } from './conversations.js';
import { makeFleet, shareOctets, simAddresses, type Fleet, type FleetSim } from './fleet.js';
import { JunctionMirror } from './junction.js';
import { mergeByTime, type Scheduled } from './merge.js';
import { PredictionTally, type NamedAccount, type Prediction } from './prediction.js';
import { Random } from './random.js';
import {
  address,
  arpRequest,
  ethernetFrame,
  ETHERNET_HEADER_BYTES,
  etherTypeOf,
  macAddress,
} from './wire.js';

export interface SimulationOptions {
  /** Same seed, same options: the same frames. A safe integer, 0 or more. */
  seed: number;
  /** How many SIMs, 1..100,000. */
  sims: number;
  /** About how many L3 octets all of them use together. */
  octets: number;
  /** UNIX milliseconds: the first conversation starts here. */
  start: number;
  /** Conversations start within this many milliseconds. */
  span: number;
  /** ClientHellos of post-quantum size, in two segments. */
  postQuantum?: boolean;
  /** Largest outer IP packet; a larger one is sent in outer fragments. Default: no bound. */
  mtu?: number;
}

/** A frame as the mirror's receiver sees it. */
export interface TimedFrame {
  /** UNIX microseconds. */
  at: number;
  frame: Buffer;
}

interface Emission {
  at: number;
  /** An IP packet of the mirrored network, or a whole frame on the receiver's own wire. */
  packet: Buffer;
  onWire: boolean;
  account: NamedAccount | { simId: string; expectation: Expectation; up: boolean };
}

const LARGEST_CONVERSATION = 400_000;
const SMALLEST_CONVERSATION = 20_000;
/** One in so many octets belongs to no subscriber. */
const FOREIGN_SHARE = 50;
const ARP_COUNT = 12;

/**
 * Traffic of a fleet as SORACOM Junction mirrors it, with the exact octets that a counter should find. Frames are made as
 * they are taken, in order of time, so memory does not grow with their number.
 */
export class Simulation {
  readonly fleet: Fleet;
  private readonly tally = new PredictionTally();
  private started = false;

  constructor(private readonly options: SimulationOptions) {
    this.fleet = makeFleet(options.sims);
  }

  /** All frames, in order of time. A simulation plays once. */
  *frames(): Generator<TimedFrame> {
    if (this.started) throw new Error('a simulation plays once; make another with the same options');
    this.started = true;
    const mirror = new JunctionMirror(this.fleet.realm.mirror);
    for (const emission of mergeByTime(this.schedule())) {
      this.countEmission(emission);
      if (emission.onWire) {
        yield { at: emission.at, frame: emission.packet };
        continue;
      }
      const inner = ethernetFrame(
        macAddress(3),
        macAddress(4),
        etherTypeOf(emission.packet),
        emission.packet,
      );
      for (const frame of mirror.wrap(inner, this.options.mtu)) yield { at: emission.at, frame };
    }
  }

  /** What the frames taken so far add up to; complete once {@link frames} is exhausted. */
  prediction(): Prediction {
    return this.tally.prediction();
  }

  private countEmission({ account, packet, onWire }: Emission): void {
    const octets = onWire ? packet.length - ETHERNET_HEADER_BYTES : packet.length;
    if (typeof account === 'string') this.tally.countAccount(account, octets);
    else this.tally.count(account.simId, account.expectation, account.up, octets);
  }

  private schedule(): Scheduled<Emission>[] {
    const random = new Random(this.options.seed);
    const shares = shareOctets(this.options.octets, this.fleet.sims.length, random);
    const scheduled: Scheduled<Emission>[] = [];
    this.fleet.sims.forEach((sim, index) => {
      scheduled.push(...this.scheduleSim(sim, index, shares[index] ?? 0, random.fork()));
    });
    scheduled.push(...this.scheduleForeign(random.fork()), ...this.scheduleArp(random.fork()));
    return scheduled;
  }

  private scheduleSim(sim: FleetSim, index: number, octets: number, random: Random): Scheduled<Emission>[] {
    let port = 32_768 + random.integer(0, 28_000);
    const actor: Actor = {
      addresses: simAddresses(index),
      profile: sim.profile,
      nextPort: () => (port = port >= 60_999 ? 32_768 : port + 1),
    };
    const scheduled: Scheduled<Emission>[] = [];
    for (const activity of ACTIVITIES) {
      let left = Math.floor((octets * (PROFILE_SHARES[sim.profile][activity] ?? 0)) / 100);
      while (left > 0) {
        const part = Math.min(left, random.integer(SMALLEST_CONVERSATION, LARGEST_CONVERSATION));
        left -= part;
        scheduled.push(this.scheduleActivity(activity, actor, sim.simId, part, random.fork()));
      }
    }
    return scheduled;
  }

  private scheduleActivity(
    activity: Activity,
    actor: Actor,
    simId: string,
    octets: number,
    random: Random,
  ): Scheduled<Emission> {
    const start = this.anyTime(random);
    const postQuantum = this.options.postQuantum ?? false;
    const items = function* (): Generator<Emission> {
      for (const packet of playActivity(activity, actor, start, octets, postQuantum, random)) {
        const { at, bytes, expectation, up } = packet;
        yield { at, packet: bytes, onWire: false, account: { simId, expectation, up } };
      }
    };
    return { start, items };
  }

  /** Connections of hosts outside the subscriber prefixes that the mirror sends along. */
  private scheduleForeign(random: Random): Scheduled<Emission>[] {
    const scheduled: Scheduled<Emission>[] = [];
    let left = Math.floor(this.options.octets / FOREIGN_SHARE);
    while (left > 0) {
      const octetsDown = Math.min(left, random.integer(SMALLEST_CONVERSATION, LARGEST_CONVERSATION));
      left -= octetsDown;
      const start = this.anyTime(random);
      const parties = {
        subscriber: { address: address('172.16.9.4'), port: random.integer(32_768, 60_999) },
        peer: { address: address('203.0.113.80'), port: 443 },
      };
      const exchange = { serverName: 'www.example.jp', postQuantum: false, octetsUp: 600, octetsDown };
      const own = random.fork();
      const items = function* (): Generator<Emission> {
        for (const { at, bytes } of tlsConversation(parties, start, exchange, own)) {
          yield { at, packet: bytes, onWire: false, account: 'not_subscriber' };
        }
      };
      scheduled.push({ start, items });
    }
    return scheduled;
  }

  /** ARP on the wire between the mirror and the receiver, which is no IP and no mirrored packet. */
  private scheduleArp(random: Random): Scheduled<Emission>[] {
    const { source, destination } = this.fleet.realm.mirror;
    const packet = arpRequest(macAddress(1), address(source), address(destination));
    return Array.from({ length: ARP_COUNT }, () => {
      const at = this.anyTime(random);
      const emission: Emission = { at, packet, onWire: true, account: 'not_ip' };
      return { start: at, items: () => [emission].values() };
    });
  }

  /** UNIX microseconds at which a conversation starts. */
  private anyTime(random: Random): number {
    return this.options.start * 1000 + random.integer(0, Math.max(0, this.options.span - 1)) * 1000;
  }
}
