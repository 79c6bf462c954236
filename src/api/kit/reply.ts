import type { Readable } from 'node:stream';

/** A JSON answer with more to say than its body. */
export class Reply<T> {
  constructor(
    readonly body: T,
    readonly head: {
      /** Absent: the route's. */
      status?: number;
      /** Path of what was made. */
      location?: string;
    },
  ) {}
}

/** An answer that is not JSON, e.g. CSV. A stream that fails half-way cuts the connection. */
export class Download {
  constructor(
    /** Media type with charset. */
    readonly contentType: string,
    readonly content: string | Buffer | Readable,
    readonly head: {
      /** Absent: the route's. */
      status?: number;
      /** Suggested file name; absent = shown in place. */
      filename?: string;
      /** Besides the content type; they replace what every answer carries. */
      headers?: Readonly<Record<string, string>>;
    } = {},
  ) {}
}
