import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Refusal, type Clock } from '../shared/index.js';
import type { CaptureWarning } from './mirror-watch.js';
import { XdpEngine, type AttachMode, type Attachment, type PacketEngine } from './native.js';
import type { OffloadMemory } from './offload-memory.js';
import { PacketSocket } from './packet-socket.js';

/** How packets of an interface reach an engine. */
export interface Feed {
  /** Throws an Error with `code` and what to do. May be called again once `current` gives undefined. */
  attach(): Attachment;
  /** Undefined once the interface is gone. */
  current(): Attachment | undefined;
  /** Packets lost since the start because nobody took them in time. */
  drops(): number;
  /** Hands on what came until now, and lets go. Idempotent. */
  close(): Promise<void>;
}

/** The kernel counts; this process only looks after the program's place. */
export class XdpFeed implements Feed {
  private isAttached = false;

  constructor(
    private readonly engine: XdpEngine,
    private readonly interfaceName: string,
    private readonly mode: 'auto' | AttachMode,
    /** For a program without pins; what is pinned remembers for itself. */
    private readonly memory?: OffloadMemory,
  ) {}

  attach(): Attachment {
    this.memory?.prepare();
    const attachment = this.engine.attach(this.interfaceName, this.mode);
    this.isAttached = true;
    return attachment;
  }
  current(): Attachment | undefined {
    return this.engine.status().attachment;
  }
  drops(): number {
    return 0;
  }
  close(): Promise<void> {
    // A pinned program stays. Maps that nothing ever counted into are of no use to a later start, least of all those of an
    // interface whose name was mistyped.
    if (this.memory !== undefined || !(this.isAttached || this.engine.adopted)) this.engine.detach();
    this.memory?.forget();
    return Promise.resolve();
  }
}

/** Packets handed on in one go: some 20 ms of work, so that the event loop stays responsive. */
const PACKETS_A_TURN = 16_384;
const PAUSE_MS = 10;
/** The kernel hands a part of its ring that is not full over after 20 ms. */
const HANDOVER_MS = 50;
/** More than the ring holds: what came until now. */
const LAST_TURN = 1 << 24;

/** A packet socket that this process reads. */
export class SocketFeed implements Feed {
  private socket: PacketSocket | undefined;
  private timer: NodeJS.Timeout | undefined;
  private dropsBefore = 0;

  constructor(
    private readonly engine: PacketEngine,
    private readonly interfaceName: string,
    /** Why XDP is not used, for the status. */
    private readonly attempts: Attachment['attempts'],
    private readonly memory?: OffloadMemory,
  ) {}

  attach(): Attachment {
    this.letGo();
    this.memory?.prepare();
    this.socket = new PacketSocket(this.interfaceName);
    this.turn();
    return this.describe(this.socket);
  }

  current(): Attachment | undefined {
    return this.socket?.status().alive ? this.describe(this.socket) : undefined;
  }

  drops(): number {
    return this.dropsBefore + (this.socket?.status().drops ?? 0);
  }

  async close(): Promise<void> {
    await sleep(HANDOVER_MS);
    this.socket?.read(this.engine.sink, LAST_TURN);
    this.letGo();
    this.memory?.forget();
  }

  private turn(): void {
    const count = this.socket?.read(this.engine.sink, PACKETS_A_TURN) ?? 0;
    this.timer = setTimeout(() => this.turn(), count >= PACKETS_A_TURN ? 0 : PAUSE_MS);
  }

  private letGo(): void {
    clearTimeout(this.timer);
    this.dropsBefore = this.drops();
    this.socket?.close();
    this.socket = undefined;
  }

  private describe(socket: PacketSocket): Attachment {
    const { interfaceIndex, offloads } = socket.status();
    return { mode: 'socket', frags: false, interfaceIndex, attempts: this.attempts, offloads };
  }
}

/** True if the kernel forbids XDP to this process: the one case in which `auto` turns to a packet socket. */
export function isForbidden(error: unknown): error is Error {
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  return code === 'EPERM' || code === 'EACCES' || code === 'ENOSYS';
}

/** True if there is no interface of that name (yet). */
function isMissing(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 'ENODEV';
}

/** A pinned program would count the same packets once more. Throws a Refusal. */
export function refuseBesidePins(pinPath: string | null, interfaceName: string): void {
  if (pinPath === null || !existsSync(join(pinPath, 'link'))) return;
  throw new Refusal(
    'conflict',
    `The XDP program of an earlier start still counts on ${interfaceName} (pinned in ${pinPath}), and a packet socket would count the same ` +
      `packets again. Start with the rights for XDP, or give up what it counted: countfree detach --interface ${interfaceName}`,
  );
}

export interface FeedObserver {
  /** Attached at the start, or again. */
  attached?(attachment: Attachment): void;
  socketDrops?(packets: number): void;
}

const CHECK_MS = 1000;

/** Looks after a feed: notices when the interface goes, attaches again once it is back, tells of packets that were dropped. */
export class FeedKeeper {
  private timer: NodeJS.Timeout | undefined;
  private gone: CaptureWarning | undefined;
  private drops = 0;
  private attachedAt: number | undefined;

  constructor(
    private readonly feed: Feed,
    private readonly interfaceName: string,
    private readonly clock: Clock,
    private readonly observer: FeedObserver,
    private readonly changed: () => void,
  ) {}

  /** Attaches for the first time, or waits for an interface that is not there yet; throws what else the feed says. */
  start(): void {
    try {
      this.attach();
    } catch (error) {
      if (!isMissing(error)) throw error;
      this.noteGone(error);
      this.changed();
    }
    this.timer = setInterval(() => this.check(), CHECK_MS).unref();
  }

  async stop(): Promise<void> {
    clearInterval(this.timer);
    this.tellDrops();
    await this.feed.close();
    this.tellDrops();
  }

  get attachment(): Attachment | undefined {
    return this.feed.current();
  }

  /** False until packets could come for the first time. */
  get wasAttached(): boolean {
    return this.attachedAt !== undefined;
  }

  /** That the interface is gone, or that its offloads keep octets short. */
  warnings(): CaptureWarning[] {
    if (this.gone) return [this.gone];
    const { mode, offloads } = this.attachment ?? {};
    if (mode === undefined || mode === 'native' || !offloads || offloads.stillOn.length === 0) return [];
    return [
      {
        kind: 'octets_short',
        since: this.attachedAt ?? this.clock.now(),
        detail: `${offloads.stillOn.join(', ')} cannot be switched off on ${this.interfaceName}, so octets are short of what was on the wire: use native mode, or see ethtool -k`,
      },
    ];
  }

  private attach(): void {
    const attachment = this.feed.attach();
    this.attachedAt = this.clock.now();
    this.observer.attached?.(attachment);
  }

  private check(): void {
    this.tellDrops();
    if (this.feed.current() !== undefined) return;
    try {
      this.attach();
      this.gone = undefined;
    } catch (error) {
      this.noteGone(error);
    }
    this.changed();
  }

  private noteGone(error: unknown): void {
    const reason = error instanceof Error ? error.message : String(error);
    const what = this.wasAttached
      ? `${this.interfaceName} was removed; it is attached again by itself once it is back`
      : `${this.interfaceName} is not there; counting begins by itself once it is`;
    this.gone = {
      kind: 'interface_gone',
      since: this.gone?.since ?? this.clock.now(),
      detail: `${what}. Now: ${reason}`,
    };
  }

  private tellDrops(): void {
    const drops = this.feed.drops();
    if (drops > this.drops) this.observer.socketDrops?.(drops - this.drops);
    this.drops = drops;
  }
}
