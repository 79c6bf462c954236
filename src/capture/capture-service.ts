import { join } from 'node:path';
import { Refusal, type Clock } from '../shared/index.js';
import {
  CapturePoint,
  type BatchConsumer,
  type CaptureMode,
  type PointObserver,
  type PointStatus,
} from './capture-point.js';
import type { EngineSizes } from './native.js';
import type { RealmConfig } from './types.js';

export interface CaptureServiceOptions {
  /** Name of this node: an interface's batches come from `node:interface`. Must stay the same over restarts. */
  nodeName: string;
  interfaces: readonly string[];
  files: readonly string[];
  mode: CaptureMode;
  /** Folder on a bpffs; each interface pins in its own below. Null = none. */
  pinPath: string | null;
  /** Spools are made below it, one for each interface and file. */
  spoolFolder: string;
  /** Bound of each spool. */
  spoolMaxBytes?: number;
  epochSeconds?: number;
  sizes?: Partial<EngineSizes>;
  verdict?: 'drop-mirrored' | 'pass';
}

/** Makes what is told of a point, so that logs and metrics can name it. */
export type ObserverOf = (name: string) => PointObserver;

/** A configured interface or file that could not be opened: the others count all the same. */
export interface PointFailure {
  name: string;
  kind: 'interface' | 'file';
  error: Error;
}

/** Owns every capture point of this process: opens, configures, delivers, stops. */
export class CaptureService {
  private readonly points: CapturePoint[] = [];
  private readonly broken: PointFailure[] = [];
  private stopping: Promise<void> | undefined;

  constructor(
    private readonly options: CaptureServiceOptions,
    private readonly clock: Clock,
    private readonly observerOf: ObserverOf = () => ({}),
  ) {}

  /**
   * Opens every configured point. One that fails does not keep the others from counting: see `failures`. An interface that is
   * not there is no failure: it is waited for. Throws a Refusal (`unavailable`) only if there was something to open and nothing could be.
   */
  async start(realms: readonly RealmConfig[]): Promise<void> {
    for (const name of this.options.interfaces)
      await this.open('interface', name, () => this.openInterface(name, realms));
    for (const path of this.options.files) await this.open('file', path, () => this.openFile(path, realms));
    if (this.points.length === 0 && this.broken.length > 0)
      throw new Refusal(
        'unavailable',
        this.broken.map((one) => `${one.name}: ${one.error.message}`).join('; '),
      );
  }

  private async open(
    kind: PointFailure['kind'],
    name: string,
    open: () => Promise<CapturePoint>,
  ): Promise<void> {
    try {
      this.points.push(await open());
    } catch (error) {
      this.broken.push({ name, kind, error: error instanceof Error ? error : new Error(String(error)) });
    }
  }

  private openInterface(interfaceName: string, realms: readonly RealmConfig[]): Promise<CapturePoint> {
    const { options } = this;
    const name = `${options.nodeName}:${interfaceName}`;
    return CapturePoint.openInterface({
      ...this.common(name, realms, join(options.spoolFolder, interfaceName)),
      name,
      interfaceName,
      mode: options.mode,
      pinPath: options.pinPath === null ? null : join(options.pinPath, interfaceName),
      ...(options.epochSeconds === undefined ? {} : { epochSeconds: options.epochSeconds }),
      ...(options.verdict === undefined ? {} : { verdict: options.verdict }),
    });
  }

  private openFile(path: string, realms: readonly RealmConfig[]): Promise<CapturePoint> {
    return CapturePoint.openFile({ ...this.common(path, realms, this.options.spoolFolder), path });
  }

  private common(observed: string, realms: readonly RealmConfig[], folder: string) {
    const { spoolMaxBytes, sizes } = this.options;
    return {
      realms,
      clock: this.clock,
      spool: { folder, ...(spoolMaxBytes === undefined ? {} : { maxBytes: spoolMaxBytes }) },
      ...(sizes === undefined ? {} : { sizes }),
      observer: this.observerOf(observed),
    };
  }

  /** Points that could not be opened at start, and why. */
  get failures(): readonly PointFailure[] {
    return this.broken;
  }

  /** Interfaces that are not there: counting on them begins by itself once they are. */
  get waitingFor(): string[] {
    const { nodeName } = this.options;
    return this.options.interfaces.filter((name) =>
      this.points.some((point) => point.name === `${nodeName}:${name}` && point.isWaiting),
    );
  }

  /** Names of the sources that are open: what `committed` will be asked for. */
  get sources(): string[] {
    return this.points.map((point) => point.name);
  }

  /** Replaces the realms of every point, live. Throws the engine's Refusal before any point is changed. */
  configure(realms: readonly RealmConfig[]): void {
    for (const point of this.points) point.configure(realms);
  }

  /** Begins to deliver every point's batches. A point's batches come in order; points do not wait for each other. */
  async deliverTo(consumer: BatchConsumer): Promise<void> {
    for (const point of this.points) await point.deliverTo(consumer);
  }

  /** Resolves once every configured file is counted and delivered. */
  async filesFinished(): Promise<void> {
    await Promise.all(this.points.filter((point) => point.kind === 'file').map((point) => point.finished()));
  }

  status(): PointStatus[] {
    return this.points.map((point) => point.status());
  }

  /** Stops every point cleanly (see CapturePoint.stop). Idempotent. */
  stop(deliverMs = 5000): Promise<void> {
    this.stopping ??= Promise.allSettled(this.points.map((point) => point.stop(deliverMs))).then(
      (results) => {
        const failed = results.find((result) => result.status === 'rejected');
        if (failed) throw failed.reason;
      },
    );
    return this.stopping;
  }
}
