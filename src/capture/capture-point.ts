import { mkdirSync } from 'node:fs';
import { dirname } from 'node:path';
import type { Clock } from '../shared/index.js';
import { fileGeneration } from './file-batches.js';
import { FileSource } from './file-source.js';
import {
  isForbidden,
  refuseBesidePins,
  SocketFeed,
  XdpFeed,
  type Feed,
  type FeedObserver,
} from './interface-feed.js';
import { LiveSource } from './live-source.js';
import { LiveSide } from './live-side.js';
import type { CaptureWarning } from './mirror-watch.js';
import {
  DEFAULT_SIZES,
  UserEngine,
  XdpEngine,
  type Attachment,
  type EngineSizes,
  type EngineStatus,
  type PacketEngine,
} from './native.js';
import { OffloadMemory, offloadMemoryPath } from './offload-memory.js';
import type { PacketSource, SourceObserver, SourceStatus } from './source.js';
import {
  Spool,
  SpoolReader,
  type CommittedSequences,
  type SpoolFault,
  type SpoolOptions,
  type SpoolStatus,
} from './spool/index.js';
import type { CaptureBatch, RealmConfig } from './types.js';

/** What stands behind a capture point: the ledger's side. */
export interface BatchConsumer {
  /** Greatest sequence in the ledger of each generation of this source. */
  committed(source: string): Promise<CommittedSequences>;
  /** Hellos of batches that the ledger already has, oldest first, once before the first `commit`. */
  recall(source: string, hellos: Buffer): void | Promise<void>;
  /** Resolves once the batch is durably committed. May see a batch twice: it knows them by (generation, sequence). */
  commit(batch: CaptureBatch): Promise<void>;
  /** Told when `commit` threw; the batch comes again after a pause. */
  failed?(error: unknown, batch: CaptureBatch): void;
}

export interface PointObserver extends SourceObserver, FeedObserver {
  spoolFault?(fault: SpoolFault): void;
  /** Everything that holds from now on; called when a kind of warning comes or goes. */
  warningsChanged?(warnings: readonly CaptureWarning[]): void;
}

/** `socket`: a packet socket and the shared parser in place of XDP; `auto` turns to it where the kernel forbids XDP. */
export type CaptureMode = 'auto' | 'native' | 'generic' | 'socket';

interface PointOptions {
  realms: readonly RealmConfig[];
  clock: Clock;
  spool: Omit<SpoolOptions, 'clock' | 'onFault'>;
  sizes?: Partial<EngineSizes>;
  observer?: PointObserver;
}

export interface InterfacePointOptions extends PointOptions {
  /** Name in every batch. */
  name: string;
  interfaceName: string;
  mode: CaptureMode;
  /** Folder on a bpffs, this interface's own; null = the kernel stops counting when the process ends. */
  pinPath: string | null;
  epochSeconds?: number;
  verdict?: 'drop-mirrored' | 'pass';
}

export interface FilePointOptions extends Omit<PointOptions, 'spool'> {
  path: string;
  /** Absent = named by the file's content. */
  name?: string;
  /** The spool's settings; `folder` is made from the file's content below this one. */
  spool: PointOptions['spool'];
}

export interface PointStatus {
  name: string;
  kind: 'interface' | 'file';
  source: SourceStatus;
  engine: EngineStatus;
  spool: SpoolStatus;
  /** What an operator should look at now. */
  warnings: readonly CaptureWarning[];
}

/** One place where packets are counted: an engine, the source that drives it, and the spool behind them. */
export class CapturePoint {
  private readonly reader: SpoolReader;
  private readonly stopped = new AbortController();
  private consuming: Promise<void> | undefined;
  private consumer: BatchConsumer | undefined;

  private constructor(
    readonly kind: 'interface' | 'file',
    private readonly engine: PacketEngine,
    readonly source: PacketSource,
    private readonly spool: Spool,
    private readonly live?: LiveSide,
  ) {
    this.reader = new SpoolReader(spool, {
      onError: (error, batch) => this.consumer?.failed?.(error, batch),
    });
  }

  /**
   * Opens the spool and the kernel maps (adopting pinned ones), takes the realms, attaches, and starts counting. An interface
   * that is not there is waited for, with a warning; what pinned maps hold is delivered meanwhile. Throws what else the
   * engine says, with nothing left behind but the pins that were there before.
   */
  static async openInterface(options: InterfacePointOptions): Promise<CapturePoint> {
    const spool = await openSpool(options.spool, options);
    try {
      if (options.mode === 'socket') return await CapturePoint.openSocket(options, spool, []);
      try {
        return await CapturePoint.openXdp(options, spool, options.mode);
      } catch (error) {
        if (options.mode !== 'auto' || !isForbidden(error)) throw error;
        return await CapturePoint.openSocket(options, spool, [{ mode: 'XDP', error: error.message }]);
      }
    } catch (error) {
      await spool.close();
      throw error;
    }
  }

  private static async openXdp(
    options: InterfacePointOptions,
    spool: Spool,
    mode: Exclude<CaptureMode, 'socket'>,
  ): Promise<CapturePoint> {
    if (options.pinPath !== null) makeFolderFor(options.pinPath);
    const engine = XdpEngine.open({
      pinPath: options.pinPath,
      ...(options.sizes ? { sizes: options.sizes } : {}),
      ...(options.verdict ? { verdict: options.verdict } : {}),
    });
    const memory = options.pinPath === null ? offloadMemory(options) : undefined;
    return CapturePoint.begin(
      options,
      spool,
      engine,
      new XdpFeed(engine, options.interfaceName, mode, memory),
    );
  }

  private static async openSocket(
    options: InterfacePointOptions,
    spool: Spool,
    attempts: Attachment['attempts'],
  ): Promise<CapturePoint> {
    refuseBesidePins(options.pinPath, options.interfaceName);
    const engine = new UserEngine({ live: true, ...(options.sizes ? { sizes: options.sizes } : {}) });
    return CapturePoint.begin(
      options,
      spool,
      engine,
      new SocketFeed(engine, options.interfaceName, attempts, offloadMemory(options)),
    );
  }

  /** Takes the realms and starts to count; closes the engine if that fails. */
  private static async begin(
    options: InterfacePointOptions,
    spool: Spool,
    engine: PacketEngine,
    feed: Feed,
  ): Promise<CapturePoint> {
    try {
      engine.configure(options.realms);
      const live = new LiveSide(feed, options);
      const source = new LiveSource(engine, spool, options.clock, {
        name: options.name,
        ...(options.epochSeconds === undefined ? {} : { epochSeconds: options.epochSeconds }),
        drops: () => feed.drops(),
        observer: live.watching(options.observer ?? {}),
      });
      // Started first: what an adopted engine holds goes into the spool before new packets are added to it.
      await source.start();
      try {
        live.keeper.start();
      } catch (error) {
        await source.stop();
        throw error;
      }
      return new CapturePoint('interface', engine, source, spool, live);
    } catch (error) {
      await feed.close();
      engine.close();
      throw error;
    }
  }

  /** Reads the file once for its identity, then begins to count it. Throws a Refusal if it cannot be read. */
  static async openFile(options: FilePointOptions): Promise<CapturePoint> {
    const generation = await fileGeneration(options.path);
    const spool = await openSpool(
      { ...options.spool, folder: `${options.spool.folder}/file-${generation}` },
      options,
    );
    // An epoch of a file always fits the table, so one address may fill it.
    const flowsPerSubscriber = options.sizes?.flows ?? DEFAULT_SIZES.flows;
    const engine = new UserEngine({ flowsPerSubscriber, ...(options.sizes ? { sizes: options.sizes } : {}) });
    try {
      engine.configure(options.realms);
      const source = new FileSource(engine, spool, {
        path: options.path,
        generation,
        ...(options.name === undefined ? {} : { name: options.name }),
        ...(options.observer ? { observer: options.observer } : {}),
      });
      await source.start();
      return new CapturePoint('file', engine, source, spool);
    } catch (error) {
      engine.close();
      await spool.close();
      throw error;
    }
  }

  get name(): string {
    return this.source.name;
  }

  /** True while its interface was never there. */
  get isWaiting(): boolean {
    return this.live !== undefined && !this.live.keeper.wasAttached;
  }

  /** Replaces the realms without detaching and without losing a packet. */
  configure(realms: readonly RealmConfig[]): void {
    this.engine.configure(realms);
  }

  /** Begins to deliver: first what the ledger lacks of earlier runs, then what comes. Call once. */
  async deliverTo(consumer: BatchConsumer): Promise<void> {
    this.consumer = consumer;
    await this.reader.start(await consumer.committed(this.name));
    for await (const hellos of this.reader.recentHellos()) await consumer.recall(this.name, hellos);
    this.consuming = this.reader.run((batch) => consumer.commit(batch), this.stopped.signal);
    // The failure is this point's: `stop` rethrows it, and until then it is no unhandled rejection.
    this.consuming.catch(() => undefined);
  }

  status(): PointStatus {
    const attachment = this.live?.keeper.attachment;
    return {
      name: this.name,
      kind: this.kind,
      source: this.source.status(),
      engine: { ...this.engine.status(), ...(attachment ? { attachment } : {}) },
      spool: this.spool.status(),
      warnings: this.live?.warnings() ?? [],
    };
  }

  /** Of a file: resolves once every batch of it was read and delivered. Needs `deliverTo`. */
  async finished(): Promise<void> {
    if (this.source instanceof FileSource) await this.source.finished();
    await this.reader.waitUntilDelivered(2 ** 31 - 1);
  }

  /**
   * Ends the last epoch, waits up to `deliverMs` for the ledger to take what is spooled, and lets go of everything. What was
   * not delivered stays in the spool for the next start; a pinned engine goes on counting in the kernel.
   */
  async stop(deliverMs = 5000): Promise<void> {
    await this.live?.keeper.stop();
    await this.source.stop();
    if (this.consuming) await this.reader.waitUntilDelivered(deliverMs);
    this.stopped.abort();
    try {
      await this.consuming;
    } finally {
      this.engine.close();
      await this.spool.close();
    }
  }
}

/** Beside the spool, which is this interface's own. */
function offloadMemory({ spool, interfaceName }: InterfacePointOptions): OffloadMemory {
  return new OffloadMemory(offloadMemoryPath(spool.folder), interfaceName);
}

/** The engine makes its own folder; the one above it, which all interfaces share, may be missing too. */
function makeFolderFor(pinPath: string): void {
  try {
    mkdirSync(dirname(pinPath), { recursive: true, mode: 0o700 });
  } catch {
    // Without bpffs this fails, and the engine then says what to do.
  }
}

function openSpool(
  spool: PointOptions['spool'],
  options: Pick<PointOptions, 'clock' | 'observer'>,
): Promise<Spool> {
  return Spool.open({
    ...spool,
    clock: options.clock,
    onFault: (fault) => options.observer?.spoolFault?.(fault),
  });
}
