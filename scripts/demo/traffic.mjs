import { join } from 'node:path';
import { root } from '../support/paths.mjs';
import { Stop } from '../support/steps.mjs';

const SEED = 20_251_001;
const SIMS = 8;
const OCTETS = 40e6;
/** Of the veth pair; a larger outer packet is sent in fragments. */
const MTU = 2000;
const MOST_SUBSCRIBERS = 200;

/**
 * The demo's traffic, made or taken from a capture file. Gives the fleet, `frames()` and, once all frames were taken,
 * `prediction()`: octets and packets sent, `usage` per SIM (with services where they are known), named accounts.
 *
 * @param start UNIX milliseconds of the first made packet
 */
export async function makeTraffic(options, start) {
  const simulate = await import(join(root, 'dist/src/simulate/index.js'));
  if (options.capture !== undefined) return captured(simulate, options);
  const simulation = new simulate.Simulation({
    seed: SEED,
    sims: SIMS,
    octets: OCTETS,
    start,
    span: 60_000,
    mtu: MTU,
  });
  return {
    fleet: simulation.fleet,
    frames: () => simulation.frames(),
    prediction: () => ({ ...simulation.prediction(), servicesKnown: true, bothSubscribersOctets: 0 }),
  };
}

/** Each subscriber address of a capture becomes a SIM, so the file is read once before it is sent. */
async function captured({ CaptureMirror }, { capture, subscribers, resolvers }) {
  const mirror = { source: '100.64.0.1', destination: '100.64.0.2' };
  const read = () =>
    new CaptureMirror({ path: capture, subscriberPrefixes: subscribers, tunnel: mirror, mtu: MTU });
  const first = read();
  for await (const frame of first.frames()) void frame;
  const prediction = first.prediction();
  const addresses = Object.keys(prediction.subscribers);
  if (addresses.length === 0) {
    const ends = subscribers.join(',');
    throw new Stop(
      `No packet of ${capture} has an end in ${ends}: give other --subscribers. The demo mirrors the file itself; what is mirrored already shows\n\n` +
        `  node bin/countfree.js replay ${capture} --subscribers ${ends} --mirror gre\n`,
    );
  }
  if (addresses.length > MOST_SUBSCRIBERS) {
    throw new Stop(`${addresses.length} subscribers are more than a demo shows (${MOST_SUBSCRIBERS}).`);
  }
  const simIdOf = (address) => `sim-${address}`;
  return {
    fleet: {
      realm: { name: 'captured', mirror, subscriberPrefixes: subscribers, resolvers },
      sims: addresses.map((address) => ({
        simId: simIdOf(address),
        profile: 'chatter',
        prefixes: [`${address}/${address.includes(':') ? 128 : 32}`],
        nameConsent: true,
        sessionComesLater: false,
      })),
    },
    frames: () => read().frames(),
    prediction: () => ({
      sent: prediction.sent,
      usage: addresses.map((address) => ({ simId: simIdOf(address), ...prediction.subscribers[address] })),
      accounts: { not_subscriber: prediction.notSubscriber, not_ip: prediction.notIp },
      servicesKnown: false,
      bothSubscribersOctets: prediction.bothSubscribers.octets,
    }),
  };
}

/** The same frames, their times squeezed to a microsecond each from `start` on: a capture is older than the month. */
export async function* squeezed(frames, start) {
  let at = start * 1000;
  for await (const { frame } of frames) yield { at: (at += 1), frame };
}
