import type { Clock } from '../shared/index.js';
import { FeedKeeper, type Feed, type FeedObserver } from './interface-feed.js';
import { MirrorWatch, type CaptureWarning } from './mirror-watch.js';
import type { EpochSums, SourceObserver } from './source.js';
import type { EpochEnd } from './types.js';

export interface LiveSideObserver extends SourceObserver, FeedObserver {
  warningsChanged?(warnings: readonly CaptureWarning[]): void;
}

/** What only a live interface has: a place that packets come from, which may vanish, and a mirror that may go wrong. */
export class LiveSide {
  readonly keeper: FeedKeeper;
  private readonly watch: MirrorWatch;
  private told = '';

  constructor(
    feed: Feed,
    private readonly options: { interfaceName: string; clock: Clock; observer?: LiveSideObserver },
  ) {
    const { clock, interfaceName, observer = {} } = options;
    this.watch = new MirrorWatch(clock.now());
    this.keeper = new FeedKeeper(feed, interfaceName, clock, observer, () => this.tell());
  }

  warnings(): CaptureWarning[] {
    return [...this.keeper.warnings(), ...this.watch.warnings()];
  }

  /** The observer, with each epoch judged before it is told of. */
  watching(observer: SourceObserver): SourceObserver {
    return {
      ...observer,
      epochEnded: (end, sums) => {
        this.judge(end, sums);
        observer.epochEnded?.(end, sums);
      },
    };
  }

  private judge({ closedTime, counters, sequences }: EpochEnd, sums: EpochSums): void {
    const { seen, outcomes, notes } = counters;
    this.watch.observe({
      time: Math.floor(closedTime / 1000),
      packets: seen.packets - notes.no_mirror.packets,
      octets: seen.octets - notes.no_mirror.octets,
      packetsUp: sums.packetsUp,
      packetsDown: sums.packetsDown,
      // What came through no mirror is never a subscriber's.
      notSubscriberOctets: outcomes.not_subscriber.octets - notes.no_mirror.octets,
      numberedPackets: sequences?.numbered ?? 0,
      missingPackets: sequences ? sequences.missed - sequences.late : 0,
      blurredOctets: sums.blurredOctets,
    });
    this.tell();
  }

  private tell(): void {
    const warnings = this.warnings();
    const kinds = warnings.map(({ kind }) => kind).join(' ');
    if (kinds === this.told) return;
    this.told = kinds;
    this.options.observer?.warningsChanged?.(warnings);
  }
}
