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
 * can take the room of the others: a SIM over its share loses its own oldest, else the oldest of all goes.
 */
export class HeldFlows<T extends Held> {
  private readonly flows = new Map<string, T>();
  private readonly perScope = new Map<number, Map<string, T>>();
  /** In the order in which they were added, from `head` on; some have gone since. */
  private queue: { id: string; flow: T }[] = [];
  private head = 0;
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
    this.dropAged(time);
    let theirs = this.perScope.get(flow.scope);
    if (theirs !== undefined && theirs.size >= this.bounds.maxPerScope) {
      this.drop(theirs.keys().next().value as string);
      theirs = this.perScope.get(flow.scope);
    }
    if (this.flows.size >= this.bounds.maxFlows) this.dropOldest();
    if (theirs === undefined) this.perScope.set(flow.scope, (theirs = new Map<string, T>()));
    theirs.set(id, flow);
    this.flows.set(id, flow);
    this.queue.push({ id, flow });
    if (this.queue.length > 4 * this.bounds.maxFlows + 1024) this.compact();
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
    const theirs = this.perScope.get(flow.scope);
    theirs?.delete(id);
    if (theirs?.size === 0) this.perScope.delete(flow.scope);
  }

  deleteScopes(scopes: ReadonlySet<number>): void {
    for (const scope of scopes)
      for (const id of [...(this.perScope.get(scope)?.keys() ?? [])]) this.delete(id);
  }

  private drop(id: string): void {
    this.dropped += 1;
    this.delete(id);
  }

  private dropAged(time: number): void {
    for (let oldest = this.oldest(); oldest !== undefined; oldest = this.oldest()) {
      if (time - oldest.flow.openedTime <= this.bounds.maxAge) return;
      this.drop(oldest.id);
    }
  }

  private dropOldest(): void {
    const oldest = this.oldest();
    if (oldest !== undefined) this.drop(oldest.id);
  }

  /** The front of the queue, once those that are gone are passed over. */
  private oldest(): { id: string; flow: T } | undefined {
    for (; this.head < this.queue.length; this.head += 1) {
      const front = this.queue[this.head] as { id: string; flow: T };
      if (this.flows.get(front.id) === front.flow) {
        if (this.head > 4096 && this.head * 2 > this.queue.length) this.compact();
        return front;
      }
    }
    this.queue = [];
    this.head = 0;
    return undefined;
  }

  private compact(): void {
    this.queue = this.queue.slice(this.head).filter(({ id, flow }) => this.flows.get(id) === flow);
    this.head = 0;
  }
}
