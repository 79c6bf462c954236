import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Refusal, type FieldError } from '../shared/plain.js';
import { compileRealms, type CompiledRealms } from './realm-table.js';
import type { EpochCounters } from './records.js';
import type { EpochEnd, RealmConfig } from './types.js';

/** An opaque handle that a native packet reader feeds (native/packet_sink.h). */
export interface PacketSinkHandle {
  readonly __packetSink: unique symbol;
}

/** Sizes that are fixed while an engine's tables live. */
export interface EngineSizes {
  /** Flows that one epoch can hold, per table (there are two). 1,024 .. 16,777,216. */
  flows: number;
  /** Bytes of the ring of flow records; a power of two, at least a page. */
  flowRingBytes: number;
  /** Bytes of the ring of hellos; a power of two, at least a page. */
  helloRingBytes: number;
  /** Fragmented packets whose ports are remembered at a time. */
  fragments: number;
}

export const DEFAULT_SIZES: EngineSizes = {
  flows: 1 << 20,
  flowRingBytes: 32 << 20,
  helloRingBytes: 8 << 20,
  fragments: 4096,
};

/** What was counted and waits in a ring. The bytes stay there until released, so a crash in between repeats them. */
export interface Peek {
  /** Ring positions in bytes since the generation began: they only grow. */
  start: bigint;
  /** Give this to `releaseFlows` or `releaseHellos` once the records are safe elsewhere. */
  end: bigint;
}

export interface FlowPeek extends Peek {
  /** Packed flow records (FlowRecords) of one epoch; may be empty where only the epoch's end stands. */
  records: Buffer;
  /** Present if the epoch's end stands after these records: a peek never goes beyond it. */
  epochEnd: EpochEnd | null;
}

export interface HelloPeek extends Peek {
  /** Packed hello records (readHellos). */
  records: Buffer;
}

/** What both engines do. Methods are synchronous; all but `closeEpoch` (about 15 ms live) take microseconds to a few ms. */
export interface PacketEngine {
  /** 32 hex digits, made when the engine's tables were: the scope of ring positions and epoch numbers. */
  readonly generation: string;
  /** For native packet readers: hand it to CaptureReader. */
  readonly sink: PacketSinkHandle;
  /** Replaces all realms at once, without losing a packet. Throws a {@link Refusal} with a pointer for each bad field. */
  configure(realms: readonly RealmConfig[]): void;
  /**
   * Closes the filling epoch and opens the next. Throws `EBUSY` while the epoch closed before still has records
   * (call `drain` until done).
   * @returns the number of the epoch that was closed
   */
  closeEpoch(): number;
  /** True from `closeEpoch` until `drain` has put the epoch's end into the ring; true at once if adopted half-way. */
  readonly draining: boolean;
  /** Moves records of the closed epoch into the flow ring until `maxRecords` or a full ring. */
  drain(maxRecords: number): { done: boolean; records: number };
  /** Reads flow records without consuming them, up to `maxBytes` and never beyond an epoch's end. Null if none wait. */
  peekFlows(maxBytes: number): FlowPeek | null;
  /** Frees everything before `end`. An `end` at or before the current position does nothing (so it can be repeated). */
  releaseFlows(end: bigint): void;
  peekHellos(maxBytes: number): HelloPeek | null;
  releaseHellos(end: bigint): void;
  /** Totals of the epoch being filled. */
  counters(): EpochCounters;
  status(): EngineStatus;
  /** Idempotent. Of an XdpEngine: lets go of the maps and leaves pins, so that the kernel keeps counting. */
  close(): void;
}

/** What an engine holds now. */
export interface EngineStatus {
  sizes: EngineSizes;
  /** Number of the epoch being filled. */
  epoch: number;
  /** UNIX microseconds when it was opened; 0 before the first packet of a capture file. */
  openedTime: number;
  /** Records in the table being filled. */
  records: number;
  draining: boolean;
  /** Bytes that wait in each ring. */
  flowRingUsed: number;
  helloRingUsed: number;
  /** Consumer positions: what was released so far. */
  flowRingPosition: bigint;
  helloRingPosition: bigint;
  /** Where the kernel program is attached; absent for a UserEngine, if it is not, and once the interface is gone. */
  attachment?: Attachment;
}

export type AttachMode = 'native' | 'generic';

/** Receive offloads glue packets together before generic XDP and packet sockets, so they are off while one is used. */
export interface OffloadChange {
  /** Were on, are off now, and will be switched on again; as `ethtool -k` names them. */
  off: string[];
  /** The driver or missing rights keep them on: octets are short of what was on the wire. */
  stillOn: string[];
}

export interface Attachment {
  /** `socket`: no program is attached, a packet socket feeds a UserEngine. */
  mode: AttachMode | 'socket';
  /** True for the variant that takes packets in several buffers, as a large MTU needs. */
  frags: boolean;
  interfaceIndex: number;
  /** What was tried before, and what the kernel said. */
  attempts: { mode: string; error: string }[];
  offloads: OffloadChange;
}

export interface XdpEngineOptions {
  /** The compiled object; defaults to {@link bpfObjectPath}. */
  objectPath?: string;
  /**
   * Folder on a bpffs that keeps maps and program alive beyond this process, or null. If it already holds maps of
   * this layout they are adopted, with their own sizes.
   */
  pinPath: string | null;
  sizes?: Partial<EngineSizes>;
  /** Packets come from `sink` or `testRun` with their own time and length, none from the wire. */
  replay?: boolean;
  /** `drop-mirrored` (default): a packet of a realm's mirror is dropped once counted; all else passes. */
  verdict?: 'drop-mirrored' | 'pass';
  /** Hellos a second and subscriber address; 0 = no limit. Default 200, in replay 0. */
  hellosPerSecond?: number;
  /** Records one subscriber address may hold in an epoch before its own are coarsened. Default an eighth of `flows`. */
  flowsPerSubscriber?: number;
  /** With a full table: count coarser (default live), or refuse the packet with PACKET_TABLE_FULL (default in replay). */
  fullTable?: 'coarsen' | 'refuse';
}

export interface UserEngineOptions {
  sizes?: Partial<EngineSizes>;
  hellosPerSecond?: number;
  flowsPerSubscriber?: number;
  fullTable?: 'coarsen' | 'refuse';
  /** Packets come as they happen: epochs have the times of the wall clock, and no packet is refused for want of room. */
  live?: boolean;
}

/** What `sink` and `testRun` say of a packet (native/packet_sink.h). */
export const PACKET_RESULT = { taken: 0, hellosFull: 1, tableFull: 2 } as const;

export interface TestRunOptions {
  /** UNIX nanoseconds. */
  time: bigint;
  /** Octets on the wire, if the frame was snapped. */
  wireLength?: number;
}

/** Where the addon and the BPF object are built to (`npm run build`). */
export function buildFolder(): string {
  let folder = dirname(fileURLToPath(import.meta.url));
  while (!existsSync(join(folder, 'package.json')) && dirname(folder) !== folder) folder = dirname(folder);
  return join(folder, 'build');
}

export function bpfObjectPath(): string {
  return join(buildFolder(), 'countfree.bpf.o');
}

interface NativeEngine {
  readonly generation: string;
  readonly draining: boolean;
  sink(): PacketSinkHandle;
  configure(realms: CompiledRealms): void;
  closeEpoch(): number;
  drain(maxRecords: number): { done: boolean; records: number };
  peekFlows(maxBytes: number): FlowPeek | null;
  releaseFlows(end: bigint): void;
  peekHellos(maxBytes: number): HelloPeek | null;
  releaseHellos(end: bigint): void;
  counters(): EpochCounters;
  status(): EngineStatus;
  packet(frame: Uint8Array, wireLength: number, time: bigint): number;
  close(): void;
}

interface NativeXdpEngine extends NativeEngine {
  readonly adopted: boolean;
  attach(interfaceName: string, mode: string): Attachment;
  detach(): void;
}

interface NativeSettings extends EngineSizes {
  hellosPerSecond: number;
  flowsPerSubscriber: number;
  coarsen: boolean;
  live: boolean;
}

/** The addon as it is: other typed wrappers (capture reader, packet sender) take their classes from here. */
export interface NativeAddon {
  XdpEngine: new (
    settings: NativeSettings & {
      objectPath: string;
      pinPath: string;
      replay: boolean;
      dropMirrored: boolean;
    },
  ) => NativeXdpEngine;
  UserEngine: new (settings: NativeSettings) => NativeEngine;
  readonly [className: string]: unknown;
}

let loaded: NativeAddon | undefined;

/** Loads build/countfree.node once. Throws a {@link Refusal} (`unavailable`) that says how to build it. */
export function loadAddon(): NativeAddon {
  if (loaded) return loaded;
  const path = join(buildFolder(), 'countfree.node');
  try {
    loaded = createRequire(import.meta.url)(path) as NativeAddon;
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new Refusal(
      'unavailable',
      `The native addon ${path} does not load (${reason}). Build it with: node scripts/build-native.mjs`,
    );
  }
  return loaded;
}

function inRange(
  errors: FieldError[],
  pointer: string,
  value: number,
  [low, high]: readonly [number, number],
): void {
  if (!Number.isSafeInteger(value) || value < low || value > high) {
    errors.push({ pointer, detail: `must be a whole number from ${low} to ${high}, not ${value}` });
  }
}

function checkRing(errors: FieldError[], pointer: string, value: number): void {
  inRange(errors, pointer, value, [4096, 1 << 30]);
  if (value > 0 && (value & (value - 1)) !== 0) errors.push({ pointer, detail: 'must be a power of two' });
}

function settings(options: UserEngineOptions & { replay?: boolean }): NativeSettings {
  const live = options.live ?? false;
  const sizes = { ...DEFAULT_SIZES, ...options.sizes };
  const replay = options.replay ?? !live;
  const result: NativeSettings = {
    ...sizes,
    hellosPerSecond: options.hellosPerSecond ?? (replay ? 0 : 200),
    flowsPerSubscriber: options.flowsPerSubscriber ?? Math.max(16, sizes.flows >> 3),
    coarsen: (options.fullTable ?? (replay ? 'refuse' : 'coarsen')) === 'coarsen',
    live,
  };
  const errors: FieldError[] = [];
  inRange(errors, '/sizes/flows', sizes.flows, [16, 1 << 24]);
  checkRing(errors, '/sizes/flowRingBytes', sizes.flowRingBytes);
  checkRing(errors, '/sizes/helloRingBytes', sizes.helloRingBytes);
  inRange(errors, '/sizes/fragments', sizes.fragments, [16, 1 << 20]);
  inRange(errors, '/hellosPerSecond', result.hellosPerSecond, [0, 1_000_000]);
  inRange(errors, '/flowsPerSubscriber', result.flowsPerSubscriber, [1, 1 << 24]);
  if (errors.length > 0) throw new Refusal('invalid', 'The engine cannot be made with these sizes', errors);
  return result;
}

/** Shared part of both engines: argument checks, then the native call. */
abstract class Engine<N extends NativeEngine> implements PacketEngine {
  readonly generation: string;
  readonly sink: PacketSinkHandle;

  protected constructor(protected readonly native: N) {
    this.generation = native.generation;
    this.sink = native.sink();
  }
  get draining(): boolean {
    return this.native.draining;
  }
  configure(realms: readonly RealmConfig[]): void {
    this.native.configure(compileRealms(realms));
  }
  closeEpoch(): number {
    return this.native.closeEpoch();
  }
  drain(maxRecords: number): { done: boolean; records: number } {
    return this.native.drain(positive('maxRecords', maxRecords));
  }
  peekFlows(maxBytes: number): FlowPeek | null {
    return this.native.peekFlows(positive('maxBytes', maxBytes));
  }
  releaseFlows(end: bigint): void {
    this.native.releaseFlows(end);
  }
  peekHellos(maxBytes: number): HelloPeek | null {
    return this.native.peekHellos(positive('maxBytes', maxBytes));
  }
  releaseHellos(end: bigint): void {
    this.native.releaseHellos(end);
  }
  counters(): EpochCounters {
    return this.native.counters();
  }
  status(): EngineStatus {
    return this.native.status();
  }
  /** Counts one frame. @returns one of {@link PACKET_RESULT} */
  testRun(frame: Uint8Array, options: TestRunOptions): number {
    const wireLength = options.wireLength ?? frame.length;
    if (!Number.isSafeInteger(wireLength) || wireLength < frame.length || wireLength > 0xffff_ffff) {
      throw new RangeError(
        `wireLength ${wireLength} must be a whole number, at least the frame's ${frame.length}`,
      );
    }
    return this.native.packet(frame, wireLength, options.time);
  }
  close(): void {
    this.native.close();
  }
}

function positive(name: string, value: number): number {
  if (!Number.isSafeInteger(value) || value < 1)
    throw new RangeError(`${name} must be a whole number from 1`);
  return Math.min(value, 0x7fff_ffff);
}

/** The XDP program with its tables in the kernel. Needs root (CAP_BPF and CAP_NET_ADMIN) and kernel 6.1 or later. */
export class XdpEngine extends Engine<NativeXdpEngine> {
  /** True if pinned tables of an earlier process were taken over. */
  readonly adopted: boolean;

  private constructor(native: NativeXdpEngine) {
    super(native);
    this.adopted = native.adopted;
  }

  /**
   * Loads the program, or adopts what is pinned. Throws a {@link Refusal} for bad options; an Error with `code`
   * (EPERM, EBUSY for a pin folder in use by another process, ESTALE for pins of another layout, …) and what to do.
   */
  static open(options: XdpEngineOptions): XdpEngine {
    const replay = options.replay ?? false;
    const native = new (loadAddon().XdpEngine)({
      ...settings({ ...options, replay }),
      objectPath: options.objectPath ?? bpfObjectPath(),
      pinPath: options.pinPath ?? '',
      replay,
      dropMirrored: (options.verdict ?? 'drop-mirrored') === 'drop-mirrored',
    });
    return new XdpEngine(native);
  }

  /**
   * Attaches to an interface of this process's network namespace; `auto` tries native, then generic. A pinned link that
   * still holds the interface is given the new program instead. Can be repeated once the interface was gone.
   */
  attach(interfaceName: string, mode: 'auto' | AttachMode = 'auto'): Attachment {
    if (!/^[^\s/]{1,15}$/.test(interfaceName)) {
      throw new RangeError(`"${interfaceName}" is no name of a network interface (1 to 15 characters)`);
    }
    return this.native.attach(interfaceName, mode);
  }

  /** Takes the program off the interface and removes the pins: what was counted but not yet read is lost. */
  detach(): void {
    this.native.detach();
  }
}

/** The same parser in this process, for capture files and for hosts without BPF rights. */
export class UserEngine extends Engine<NativeEngine> {
  constructor(options: UserEngineOptions = {}) {
    super(new (loadAddon().UserEngine)(settings(options)));
  }
}
