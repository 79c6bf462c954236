/**
 * Gives one object for equal texts, so that a name that stands in a million places is kept once. Bounded by
 * generations: what is not asked for while `size` others are is made anew, which costs memory, never correctness.
 */
export class Interner<T> {
  private young = new Map<string, T>();
  private old = new Map<string, T>();

  constructor(private readonly size: number) {}

  /** The object for a text; `make` makes it where none is kept. */
  get(text: string, make: (text: string) => T): T {
    const young = this.young.get(text);
    if (young !== undefined) return young;
    const value = this.old.get(text) ?? make(text);
    if (this.young.size >= this.size) {
      this.old = this.young;
      this.young = new Map();
    }
    this.young.set(text, value);
    return value;
  }
}
