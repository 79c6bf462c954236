import { insideNetworkNamespace, PacketSender, packFrames } from '../capture/index.js';
import type { Fleet } from './fleet.js';
import { PcapWriter } from './pcap-writer.js';
import type { Prediction } from './prediction.js';
import { planSimulation, type SimulateRequest, type SimulateTarget } from './request.js';
import { Simulation, type TimedFrame } from './simulation.js';

export interface SimulateProgress {
  frames: number;
  /** Bytes of whole frames, Ethernet headers included. */
  bytes: number;
}

export interface SimulateResult extends SimulateProgress {
  fleet: Fleet;
  prediction: Prediction;
}

/**
 * What `countfree simulate` does: makes the traffic of a fleet, sends it or writes it, and says what a counter should find.
 *
 * @param now UNIX milliseconds
 * @param progress called about four times a second, and at the end
 * @throws Refusal for bad options; the system's error where the interface or file cannot be used
 */
export async function simulate(
  request: SimulateRequest,
  now: number,
  progress: (state: SimulateProgress) => void = () => undefined,
): Promise<SimulateResult> {
  const plan = planSimulation(request, now);
  const simulation = new Simulation(plan.simulation);
  const state = await deliver(simulation.frames(), plan.target, progress);
  return { ...state, fleet: simulation.fleet, prediction: simulation.prediction() };
}

/** Takes frames to an interface or into a file. Rejects when not every frame could be delivered. */
export async function deliver(
  frames: Iterable<TimedFrame> | AsyncIterable<TimedFrame>,
  target: SimulateTarget,
  progress: (state: SimulateProgress) => void = () => undefined,
): Promise<SimulateProgress> {
  const outlet = target.kind === 'file' ? await fileOutlet(target.path) : interfaceOutlet(target);
  const state: SimulateProgress = { frames: 0, bytes: 0 };
  let reported = performance.now();
  try {
    for await (const frame of frames) {
      await outlet.take(frame);
      state.frames += 1;
      state.bytes += frame.frame.length;
      if (performance.now() - reported < 250) continue;
      reported = performance.now();
      progress({ ...state });
    }
    await outlet.flush();
  } finally {
    await outlet.close();
  }
  progress({ ...state });
  return state;
}

interface Outlet {
  take(frame: TimedFrame): Promise<void> | undefined;
  flush(): Promise<void>;
  close(): Promise<void> | undefined;
}

async function fileOutlet(path: string): Promise<Outlet> {
  const writer = await PcapWriter.create(path);
  return {
    take: ({ at, frame }) => writer.write(at, frame),
    flush: () => writer.flush(),
    close: () => writer.close(),
  };
}

/** Frames that are packed for one call of the sender. */
const BATCH = 256;

function interfaceOutlet(target: Extract<SimulateTarget, { kind: 'interface' }>): Outlet {
  const open = () => new PacketSender(target.name);
  const sender =
    target.namespacePath === undefined ? open() : insideNetworkNamespace(target.namespacePath, open);
  let held: Buffer[] = [];
  const flush = async (): Promise<void> => {
    if (held.length === 0) return;
    const batch = packFrames(held);
    held = [];
    await sender.send(batch, target.framesPerSecond);
  };
  return {
    take: ({ frame }) => {
      held.push(frame);
      return held.length === BATCH ? flush() : undefined;
    },
    flush,
    close: () => {
      sender.close();
      return undefined;
    },
  };
}
