/** One fault in an input: a JSON pointer (RFC 6901) to the field, and what to do about it. */
export interface FieldError {
  pointer: string;
  detail: string;
}

/** The classes of refusal that a caller can tell apart. The API maps each to an RFC 9457 problem type. */
export type RefusalCode =
  'invalid' | 'not_found' | 'conflict' | 'forbidden' | 'unauthenticated' | 'unavailable';

/**
 * A refusal that is the caller's to mend. `message` is one sentence that says what is wrong and what to do;
 * `fields` names every field at fault, not only the first.
 */
export class Refusal extends Error {
  constructor(
    readonly code: RefusalCode,
    message: string,
    readonly fields: readonly FieldError[] = [],
  ) {
    super(message);
    this.name = 'Refusal';
  }
}
