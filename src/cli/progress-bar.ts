/** Where the bar is drawn: standard error, if it is a terminal. */
export interface ProgressScreen {
  write(text: string): unknown;
  columns?: number | undefined;
}

const DRAW_MS = 100;
const SETTLE_MS = 500;

/** One line that is drawn over itself: how far, how fast, how long to go. */
export class ProgressBar {
  private readonly started: number;
  private drawn = 0;

  constructor(
    private readonly screen: ProgressScreen,
    /** What `update` counts up to; null if unknown. */
    private readonly total: number | null,
    private readonly now: () => number = () => performance.now(),
  ) {
    this.started = now();
  }

  /** @param label what is shown before the bar, @param detail behind it, e.g. packets so far */
  update(label: string, done: number, detail: string): void {
    const now = this.now();
    if (now - this.drawn < DRAW_MS && done !== this.total) return;
    this.drawn = now;
    const seconds = (now - this.started) / 1000;
    const rate = seconds > 0 ? done / seconds : 0;
    const parts = [label];
    if (this.total !== null && this.total > 0) {
      const share = Math.min(1, done / this.total);
      const filled = Math.round(share * 20);
      parts.push(
        `[${'#'.repeat(filled)}${'.'.repeat(20 - filled)}] ${String(Math.floor(share * 100)).padStart(3)} %`,
      );
    }
    parts.push(`${(rate / 1e6).toFixed(0)} MB/s`, detail);
    if (this.total !== null && seconds * 1000 > SETTLE_MS && rate > 0)
      parts.push(`${remaining((this.total - done) / rate)} left`);
    this.screen.write(`\r\x1b[K${parts.join('  ').slice(0, (this.screen.columns ?? 80) - 1)}`);
  }

  /** Takes the line away. */
  clear(): void {
    if (this.drawn > 0) this.screen.write('\r\x1b[K');
  }
}

function remaining(seconds: number): string {
  const whole = Math.max(0, Math.ceil(seconds));
  const minutes = Math.floor(whole / 60);
  return minutes > 0 ? `${minutes} min ${whole % 60} s` : `${whole} s`;
}
