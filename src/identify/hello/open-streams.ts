import { ByteStream } from './byte-stream.js';

const MAX_STRAYS = 8;

/** The beginning of one direction of a TCP connection that is being put together. */
export class OpenStream {
  readonly stream: ByteStream;
  /** TCP sequence number of the stream's first byte, once the segment that starts it was seen. */
  base: number | undefined;
  private strays: { sequence: number; bytes: Buffer }[] = [];

  constructor(
    readonly scope: number,
    readonly openedTime: number,
    private readonly limit: number,
  ) {
    this.stream = new ByteStream(limit);
  }

  get held(): number {
    return this.stream.held + this.strays.reduce((sum, stray) => sum + stray.bytes.length, 0);
  }

  /** Adds a segment. `starts`: it looks like the first one. Returns false if it does not belong to this stream. */
  add(sequence: number, payload: Buffer, starts: boolean): boolean {
    if (this.base === undefined) {
      if (!starts) {
        if (this.strays.length < MAX_STRAYS) this.strays.push({ sequence, bytes: Buffer.from(payload) }); // the batch's bytes do not outlive it
        return true;
      }
      this.base = sequence;
      this.stream.add(0, payload);
      for (const stray of this.strays) this.place(stray.sequence, stray.bytes);
      this.strays = [];
      return true;
    }
    return this.place(sequence, payload);
  }

  private place(sequence: number, payload: Buffer): boolean {
    const offset = (sequence - (this.base as number)) | 0;
    if (offset < 0 || offset >= this.limit) return false;
    return this.stream.add(offset, payload);
  }
}

/** What is held of one flow until its hello is whole. */
export interface Held {
  readonly held: number;
  readonly scope: number;
  readonly openedTime: number;
}

export interface HeldBounds {
  maxFlows: number;
  maxPerScope: number;
  maxOctets: number;
  /** Microseconds. */
  maxAge: number;
}

/**
 * Flows whose hello is not whole yet. Bounded in number, octets and age over all, and in number per SIM, so that no SIM
 * can take the room of the others: the oldest go first, of the SIM that is over its share before others'.
 */
export class HeldFlows<T extends Held> {
  private readonly flows = new Map<string, T>();
  private readonly perScope = new Map<number, number>();
  private octets = 0;
  dropped = 0;

  constructor(private readonly bounds: HeldBounds) {}

  get size(): number {
    return this.flows.size;
  }

  get octetsHeld(): number {
    return this.octets;
  }

  get(id: string): T | undefined {
    return this.flows.size === 0 ? undefined : this.flows.get(id);
  }

  add(id: string, flow: T, time: number): void {
    this.delete(id);
    this.expire(time);
    if ((this.perScope.get(flow.scope) ?? 0) >= this.bounds.maxPerScope) this.dropOldest(flow.scope);
    else if (this.flows.size >= this.bounds.maxFlows) this.dropOldest();
    this.flows.set(id, flow);
    this.perScope.set(flow.scope, (this.perScope.get(flow.scope) ?? 0) + 1);
  }

  /** Runs `change` on a held flow and accounts for what it holds afterwards. */
  change<R>(flow: T, change: (flow: T) => R): R {
    const before = flow.held;
    const result = change(flow);
    this.octets += flow.held - before;
    while (this.octets > this.bounds.maxOctets && this.flows.size > 0) this.dropOldest();
    return result;
  }

  delete(id: string): void {
    const flow = this.flows.get(id);
    if (flow === undefined) return;
    this.flows.delete(id);
    this.octets -= flow.held;
    const left = (this.perScope.get(flow.scope) ?? 1) - 1;
    if (left > 0) this.perScope.set(flow.scope, left);
    else this.perScope.delete(flow.scope);
  }

  deleteScopes(scopes: ReadonlySet<number>): void {
    for (const [id, flow] of this.flows) if (scopes.has(flow.scope)) this.delete(id);
  }

  private expire(time: number): void {
    for (const [id, flow] of this.flows) {
      if (time - flow.openedTime <= this.bounds.maxAge) break;
      this.dropped += 1;
      this.delete(id);
    }
  }

  private dropOldest(scope?: number): void {
    for (const [id, flow] of this.flows) {
      if (scope !== undefined && flow.scope !== scope) continue;
      this.dropped += 1;
      this.delete(id);
      return;
    }
  }
}
