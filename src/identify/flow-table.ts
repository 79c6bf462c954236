import { FLOW_KEY_BYTES } from '../capture/plain.js';
import { KeyTable } from './key-table.js';

export const KEY_WORDS = FLOW_KEY_BYTES / 4;
/** Words of a flow: 64 octets, so that a look-up touches one line of the processor's cache. */
export const FLOW_WORDS = 16;
const SEEN_AT = KEY_WORDS + 1;
/** The words after the last-seen time are the owner's. */
export const OWN_AT = SEEN_AT + 1;
/** Last-seen time of a slot that is free: later than any. */
const NEVER = -1;
const SECOND = 1_000_000;
/** Neighbours looked at for the one to give up when the table is full. */
const VICTIMS = 16;
const SWEEP_PER_INSERT = 2;

/** What the table asks its owner about an entry. */
export interface FlowTableOwner {
  /** How dear an entry is: of those looked at, the one with the lowest value is given up first. */
  worth(slot: number): number;
  /** Called before an entry goes. */
  released(slot: number): void;
}

/**
 * Flows by their 40-byte keys, bounded. Entries not seen for `idle` go by and by; when the table is full, one of a few
 * neighbours goes at once.
 */
export class FlowTable extends KeyTable {
  private hand = 0;
  private readonly idle: number;
  evicted = 0;
  expired = 0;

  /**
   * @param capacity most flows
   * @param idle microseconds without a packet after which a flow may go
   * @param seed keeps hostile senders from choosing ports that collide
   */
  constructor(
    capacity: number,
    idle: number,
    seed: number,
    private readonly owner: FlowTableOwner,
  ) {
    super(capacity, KEY_WORDS, FLOW_WORDS, seed);
    this.idle = idle / SECOND;
  }

  /** Notes the time of the flow's last packet: UNIX microseconds, kept in seconds. */
  see(slot: number, time: number): void {
    this.lines[slot * FLOW_WORDS + SEEN_AT] = time / SECOND;
  }

  /** UNIX seconds of the flow's last packet. */
  lastSeen(slot: number): number {
    return (this.lines[slot * FLOW_WORDS + SEEN_AT] as number) >>> 0;
  }

  /** Makes room, and an entry for a key that is not in the table. `time` is that of the packet, in UNIX microseconds. */
  add(words: Int32Array, at: number, hash: number, time: number): number {
    this.sweep(time / SECOND);
    if (this.full) this.evict();
    const slot = this.insert(words, at, hash);
    this.see(slot, time);
    return slot;
  }

  /** Once the table fills, looks at the next few entries and lets those go that were not seen for long. */
  private sweep(seconds: number): void {
    if (this.size * 4 < this.capacity) return;
    for (let i = 0; i < SWEEP_PER_INSERT && this.reach > 0; i += 1) {
      this.advance();
      if (seconds - this.lastSeen(this.hand) > this.idle) {
        this.expired += 1;
        this.release(this.hand);
      }
    }
  }

  private evict(): void {
    let victim = this.hand;
    let least = Number.POSITIVE_INFINITY;
    for (let i = 0; i < Math.min(VICTIMS, this.capacity); i += 1) {
      this.advance();
      const worth = this.owner.worth(this.hand);
      if (worth < least) {
        least = worth;
        victim = this.hand;
      }
    }
    this.evicted += 1;
    this.release(victim);
  }

  private advance(): void {
    this.hand = this.hand + 1 < this.reach ? this.hand + 1 : 0;
  }

  private release(slot: number): void {
    this.owner.released(slot);
    this.remove(slot);
    this.lines[slot * FLOW_WORDS + SEEN_AT] = NEVER;
  }
}
