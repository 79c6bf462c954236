import type { Logger } from '@nestjs/common';

/**
 * Does something again and again, never twice at once, with a pause between. A failure is told when it begins and when
 * it is over, not each time.
 */
export class Repeater {
  private timer: NodeJS.Timeout | undefined;
  private running: Promise<void> | undefined;
  private stopped = false;
  private failing = false;

  constructor(
    private readonly what: string,
    private readonly work: () => Promise<void>,
    private readonly intervalMs: number,
    private readonly logger: Pick<Logger, 'warn'>,
  ) {}

  start(): void {
    this.stopped = false;
    this.schedule(0);
  }

  /** Ends it and waits for what is running. */
  async stop(): Promise<void> {
    this.stopped = true;
    clearTimeout(this.timer);
    await this.running;
  }

  private schedule(waitMs: number): void {
    if (this.stopped) return;
    this.timer = setTimeout(() => {
      this.running = this.once().finally(() => this.schedule(this.intervalMs));
    }, waitMs);
  }

  private async once(): Promise<void> {
    try {
      await this.work();
      if (this.failing) this.logger.warn(`${this.what} works again.`);
      this.failing = false;
    } catch (error) {
      if (!this.failing) {
        const reason = error instanceof Error ? error.message : String(error);
        this.logger.warn(
          `${this.what} fails and is tried again every ${this.intervalMs / 1000} s: ${reason}`,
        );
      }
      this.failing = true;
    }
  }
}
