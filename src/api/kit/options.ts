/** Settings of the HTTP side. */
export interface ApiOptions {
  /** Most octets of a request body after decompression; default 1 MiB. */
  bodyLimit: number;
  /** The same for operations that take many rows at once; default 64 MiB. */
  bulkBodyLimit: number;
  /** Requests that one API key may make in each window, at all processes that share a Redis together. */
  rateLimit: { requests: number; windowSeconds: number };
  /** If set, /metrics wants it as a bearer token. */
  metricsToken?: string;
  /** Answers are held against their schemas (for tests: it costs time). */
  checkAnswers: boolean;
}

export const API_OPTIONS = Symbol('ApiOptions');

export const defaultApiOptions: ApiOptions = {
  bodyLimit: 1024 * 1024,
  bulkBodyLimit: 64 * 1024 * 1024,
  rateLimit: { requests: 60_000, windowSeconds: 60 },
  checkAnswers: false,
};
