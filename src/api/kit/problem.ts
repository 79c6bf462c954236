import type { FieldError, RefusalCode } from '../../shared/index.js';

/** Where a faulty field stands: the pointer is into the body, or names the parameter or header. */
export type FieldPlace = 'body' | 'query' | 'path' | 'header';

export interface ProblemField extends FieldError {
  in: FieldPlace;
}

interface ProblemClass {
  status: number;
  title: string;
}

/**
 * Every class of problem that the API answers with (RFC 9457). `type` is {@link PROBLEM_TYPE_PREFIX} + the key, so a
 * caller can branch on it; status and title follow from it.
 */
export const PROBLEMS = {
  invalid: { status: 400, title: 'The request has fields that are not valid' },
  malformed: { status: 400, title: 'The request cannot be read' },
  unauthenticated: { status: 401, title: 'A valid API key is needed' },
  forbidden: { status: 403, title: 'The API key does not allow this' },
  not_found: { status: 404, title: 'There is no such resource' },
  unknown_path: { status: 404, title: 'There is no such path' },
  wrong_method: { status: 405, title: 'The path does not take this method' },
  not_acceptable: { status: 406, title: 'No offered representation is acceptable' },
  conflict: { status: 409, title: 'The request contradicts what is stored' },
  still_running: { status: 409, title: 'The first request with this Idempotency-Key is still running' },
  outcome_unknown: {
    status: 409,
    title: 'Nobody knows whether the first request with this Idempotency-Key was carried out',
  },
  timed_out: { status: 408, title: 'The request did not come whole in time' },
  changed_meanwhile: { status: 412, title: 'The resource has changed since it was read' },
  too_large: { status: 413, title: 'The request body is too large' },
  wrong_content_type: { status: 415, title: 'The request body has a content type that is not taken' },
  expectation_failed: { status: 417, title: 'The header Expect asks for what the service does not do' },
  key_reused: { status: 422, title: 'The Idempotency-Key was used for another request' },
  too_many_requests: { status: 429, title: 'Too many requests' },
  head_too_large: { status: 431, title: 'The request line and headers are too large' },
  internal: { status: 500, title: 'The service failed' },
  unavailable: { status: 503, title: 'Something the service needs is away' },
} as const satisfies Record<string, ProblemClass>;

export type ProblemKind = keyof typeof PROBLEMS;
export const PROBLEM_TYPE_PREFIX = 'urn:countfree:problem:';

/** The body of an error answer, media type application/problem+json. */
export interface ProblemBody {
  type: string;
  title: string;
  status: number;
  detail: string;
  /** `urn:uuid:` + the id under which the request stands in the log. */
  instance: string;
  errors?: ProblemField[];
}

/** A request that ends with a problem. `detail` is one sentence: what is wrong and what to do. */
export class Problem extends Error {
  constructor(
    readonly kind: ProblemKind,
    detail: string,
    readonly fields: readonly ProblemField[] = [],
    readonly headers: Readonly<Record<string, string>> = {},
  ) {
    super(detail);
    this.name = 'Problem';
  }

  get status(): number {
    return PROBLEMS[this.kind].status;
  }

  body(requestId: string): ProblemBody {
    return {
      type: PROBLEM_TYPE_PREFIX + this.kind,
      title: PROBLEMS[this.kind].title,
      status: this.status,
      detail: this.message,
      instance: `urn:uuid:${requestId}`,
      ...(this.fields.length > 0 && { errors: this.fields.slice(0, MAX_LISTED_FIELDS) }),
    };
  }
}

/** A body with a million bad fields is not answered with a million errors. */
const MAX_LISTED_FIELDS = 1000;

/** The refusal codes of the domains are problem kinds of the same name. */
export const REFUSAL_PROBLEMS: Record<RefusalCode, ProblemKind> = {
  invalid: 'invalid',
  not_found: 'not_found',
  conflict: 'conflict',
  forbidden: 'forbidden',
  unauthenticated: 'unauthenticated',
  unavailable: 'unavailable',
};
