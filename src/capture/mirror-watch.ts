/** What one epoch brought, as far as it tells whether the mirror is sound. */
export interface MirrorObservation {
  /** UNIX ms at which the epoch was closed. */
  time: number;
  /** Seen, without what came through no realm's mirror: the host's own traffic says nothing of the mirror. */
  packets: number;
  octets: number;
  /** On flow records, from and to the subscriber side. */
  packetsUp: number;
  packetsDown: number;
  /** Of those that came through a mirror, with no subscriber at either end. */
  notSubscriberOctets: number;
  /** Mirrored packets with a sequence number, and those that the numbers say are missing; less than 0 = came late. */
  numberedPackets: number;
  missingPackets: number;
  /** On flow records that lie in two hours. */
  blurredOctets: number;
}

export const WARNING_KINDS = [
  'interface_gone',
  'octets_short',
  'quiet',
  'one_sided',
  'not_subscribers',
  'sequence_gap',
  'hour_blurred',
] as const;
export type WarningKind = (typeof WARNING_KINDS)[number];

/** Something that an operator should look at; it is withdrawn once all is well. */
export interface CaptureWarning {
  kind: WarningKind;
  /** UNIX ms. */
  since: number;
  /** What was found, what it means, what to do. */
  detail: string;
}

/** docs/operations.md, "What to watch", gives these numbers. */
export const WATCH_LIMITS = {
  /** Without a packet of a subscriber for so long, the mirror is quiet. */
  quietMs: 300_000,
  /** Shares are taken over the epochs of so long a time. */
  windowMs: 300_000,
  /** With fewer packets in the window, shares say nothing: what was found before stays. */
  leastPackets: 1000,
  /** Of the packets on flow records: even a download is acknowledged. */
  oneSidedShare: 0.001,
  /** Of the octets seen. */
  notSubscriberShare: 0.2,
};

/** Tells from epochs whether a mirror went quiet, one-sided, or brings what is no subscriber's. Pure: time comes with the epochs. */
export class MirrorWatch {
  private readonly raised = new Map<WarningKind, CaptureWarning>();
  private window: MirrorObservation[] = [];
  private lastHeard: number;

  constructor(
    start: number,
    private readonly limits: typeof WATCH_LIMITS = WATCH_LIMITS,
  ) {
    this.lastHeard = start;
  }

  /** Takes an epoch in; `warnings` tells what holds from then on. */
  observe(epoch: MirrorObservation): void {
    // A clock that was set back must not make the window endless.
    this.window = this.window.filter(
      ({ time }) => time > epoch.time - this.limits.windowMs && time <= epoch.time,
    );
    this.window.push(epoch);
    this.judgeQuiet(epoch);
    this.judgeShares(epoch.time);
    this.judgeSums(epoch.time);
  }

  /** What holds now, oldest first. */
  warnings(): CaptureWarning[] {
    return [...this.raised.values()];
  }

  private judgeQuiet({ time, packetsUp, packetsDown }: MirrorObservation): void {
    if (packetsUp + packetsDown > 0 || time < this.lastHeard) this.lastHeard = time;
    const silent = time - this.lastHeard;
    this.set('quiet', silent >= this.limits.quietMs, time, () => {
      const minutes = Math.floor(silent / 60_000);
      return `no packet of a subscriber for ${minutes} minutes: is the mirror still on, and do the realm's mirror and prefixes name it?`;
    });
  }

  private sum(field: keyof MirrorObservation): number {
    return this.window.reduce((total, epoch) => total + epoch[field], 0);
  }

  private judgeShares(time: number): void {
    const up = this.sum('packetsUp');
    const down = this.sum('packetsDown');
    if (up + down >= this.limits.leastPackets) {
      const share = Math.min(up, down) / (up + down);
      this.set('one_sided', share < this.limits.oneSidedShare, time, () => {
        const missing = up < down ? 'uplink' : 'downlink';
        return `${up} packets up and ${down} down: the ${missing} half of the mirror is missing`;
      });
    }
    if (this.sum('packets') >= this.limits.leastPackets) {
      const foreign = this.sum('notSubscriberOctets');
      const seen = this.sum('octets');
      this.set('not_subscribers', foreign > seen * this.limits.notSubscriberShare, time, () => {
        const percent = Math.round((100 * foreign) / seen);
        return `${percent} % of the mirror's octets have a subscriber at neither end: do the realm's prefixes name all SIMs, and is all of it the realm's?`;
      });
    }
  }

  private judgeSums(time: number): void {
    // Over the window, so that a packet that came late, perhaps in the epoch after, is not taken for lost.
    const missing = this.sum('missingPackets');
    this.set('sequence_gap', missing > 0, time, () => {
      const numbered = this.sum('numberedPackets');
      return `${missing} packets were lost before they came here, ${numbered} arrived: the sequence numbers of the mirror skip them. Look for drops on the way, and on this host with ip -s link and ethtool -S`;
    });
    const blurred = this.sum('blurredOctets');
    this.set('hour_blurred', blurred > 0, time, () => {
      return `${blurred} octets are on records that began before an hour edge and went on behind it: nobody was there to close the epoch, and the table was so full that only their realm is known, or the wall clock was set. They are in the hour of their first packet`;
    });
  }

  private set(kind: WarningKind, holds: boolean, time: number, detail: () => string): void {
    if (!holds) this.raised.delete(kind);
    else this.raised.set(kind, { kind, since: this.raised.get(kind)?.since ?? time, detail: detail() });
  }
}
