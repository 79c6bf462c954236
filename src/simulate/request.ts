import { Refusal, type FieldError } from '../shared/index.js';
import { LARGEST_FLEET } from './fleet.js';
import type { SimulationOptions } from './simulation.js';

/** The options of `countfree simulate` as they are typed. */
export interface SimulateRequest {
  /** Send on this interface. */
  interface?: string;
  /** Write this pcap file. */
  write?: string;
  sims?: string;
  seed?: string;
  /** Octets of all SIMs together; `k`, `M`, `G` (powers of ten) may follow. */
  octets?: string;
  /** Frames a second; 0 = as fast as it goes. Only with `interface`. */
  rate?: string;
  /** `YYYY-MM`: conversations are spread over this month. Else over the ten minutes before now. */
  month?: string;
  /** Largest outer IP packet. */
  mtu?: string;
  postQuantum?: boolean;
}

export type SimulateTarget =
  | {
      kind: 'interface';
      name: string;
      /** 0 = as fast as the interface takes them. */
      framesPerSecond: number;
      /** Network namespace of the interface, such as /run/netns/NAME; absent = this process's own. */
      namespacePath?: string;
    }
  | { kind: 'file'; path: string };

export interface SimulatePlan {
  target: SimulateTarget;
  simulation: SimulationOptions;
}

const DEFAULTS = { sims: 8, seed: 1, octets: 40e6, rate: 20_000, mtu: 65_535 } as const;
const TEN_MINUTES = 600_000;
const HOUR = 3_600_000;

/**
 * Checks everything that was asked for.
 *
 * @param now UNIX milliseconds
 * @throws Refusal with a pointer for every bad option
 */
export function planSimulation(request: SimulateRequest, now: number): SimulatePlan {
  const errors: FieldError[] = [];
  const number = (name: keyof typeof DEFAULTS, low: number, high: number): number => {
    const text = request[name];
    const value = text === undefined ? DEFAULTS[name] : parseCount(text);
    if (value !== undefined && value >= low && value <= high) return value;
    errors.push({
      pointer: `/${name}`,
      detail: `--${name} is a whole number from ${low} to ${high}, not "${text ?? ''}"`,
    });
    return low;
  };
  const time = readMonth(request.month, now, errors);
  const target = readTarget(request, number('rate', 0, 100e6), errors);
  const simulation: SimulationOptions = {
    seed: number('seed', 0, Number.MAX_SAFE_INTEGER),
    sims: number('sims', 1, LARGEST_FLEET),
    octets: number('octets', 1, 1e13),
    mtu: number('mtu', 68, 65_535),
    postQuantum: request.postQuantum ?? false,
    ...time,
  };
  if (errors.length > 0 || target === undefined) {
    throw new Refusal('invalid', errors.map(({ detail }) => detail).join('; '), errors);
  }
  return { target, simulation };
}

function readTarget(
  request: SimulateRequest,
  framesPerSecond: number,
  errors: FieldError[],
): SimulateTarget | undefined {
  if (request.interface !== undefined && request.write === undefined) {
    return { kind: 'interface', name: request.interface, framesPerSecond };
  }
  if (request.write !== undefined && request.interface === undefined) {
    return { kind: 'file', path: request.write };
  }
  errors.push({ pointer: '', detail: 'say where the frames go: either --interface IF or --write FILE.pcap' });
  return undefined;
}

const MULTIPLES = new Map([
  ['', 1],
  ['k', 1e3],
  ['M', 1e6],
  ['G', 1e9],
]);

function parseCount(text: string): number | undefined {
  const match = /^(\d{1,16})([kMG]?)$/.exec(text);
  const value = Number(match?.[1]) * (MULTIPLES.get(match?.[2] ?? '') ?? 1);
  return Number.isSafeInteger(value) ? value : undefined;
}

/**
 * The part of a month that is in it both in UTC and in Japan (UTC+9), less an hour in which the last conversations end.
 */
function readMonth(
  month: string | undefined,
  now: number,
  errors: FieldError[],
): { start: number; span: number } {
  if (month === undefined) return { start: now - TEN_MINUTES, span: TEN_MINUTES };
  const match = /^(\d{4})-(0[1-9]|1[0-2])$/.exec(month);
  if (match === null) {
    errors.push({ pointer: '/month', detail: `--month is written YYYY-MM, such as 2025-10, not "${month}"` });
    return { start: now, span: 1 };
  }
  const [year, index] = [Number(match[1]), Number(match[2]) - 1];
  const start = Date.UTC(year, index, 1);
  return { start, span: Date.UTC(year, index + 1, 1) - start - 10 * HOUR };
}
