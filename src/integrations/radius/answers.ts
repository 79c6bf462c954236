/** How long a NAS sends a request again, with the same identifier and authenticator (RFC 5080 section 2.2.2). */
const KEEP_MS = 60_000;
const MOST = 20_000;

interface Entry {
  since: number;
  /** Undefined while the request is being recorded. */
  answer: Buffer | undefined;
}

/** The requests of the last minute and their answers, so that one that is sent again is not recorded again. Bounded. */
export class RecentAnswers {
  private readonly entries = new Map<string, Entry>();

  /** `new`: from now on known. `pending`: it is being recorded. Otherwise the answer that was given. */
  look(key: string, now: number): 'new' | 'pending' | Buffer {
    this.forget(now);
    const entry = this.entries.get(key);
    if (entry !== undefined) return entry.answer ?? 'pending';
    this.entries.set(key, { since: now, answer: undefined });
    return 'new';
  }

  answered(key: string, answer: Buffer): void {
    const entry = this.entries.get(key);
    if (entry !== undefined) entry.answer = answer;
  }

  /** It was not recorded: when it comes again, it is new. */
  drop(key: string): void {
    this.entries.delete(key);
  }

  get size(): number {
    return this.entries.size;
  }

  private forget(now: number): void {
    for (const [key, { since }] of this.entries) {
      if (this.entries.size < MOST && now - since < KEEP_MS) return;
      this.entries.delete(key);
    }
  }
}
