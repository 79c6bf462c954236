import type { Request } from 'express';
import type { RouteSpec } from './route.js';
import type { Scope } from './scopes.js';

/** Who makes a request. */
export interface Caller {
  /** Id of the API key; safe to log. */
  keyId: string;
  scopes: readonly Scope[];
}

/** What is known of a request while it is answered. */
export interface RequestContext {
  /** UUID; stands in the log, in the `request-id` header and in a problem's `instance`. */
  id: string;
  /** Undefined until the guard has passed, and on public routes. */
  caller?: Caller;
  /** Undefined where no route matched. */
  route?: RouteSpec;
  /** Tags that `If-Match` names; undefined = any state will do. */
  ifMatch?: readonly string[] | undefined;
  /** What a change found, for the audit log. */
  before?: unknown;
  /** The validated input; see InputOf. */
  input: { params: unknown; query: unknown; body: unknown };
}

const contexts = new WeakMap<Request, RequestContext>();

export function openContext(request: Request, id: string): RequestContext {
  const context: RequestContext = { id, input: { params: undefined, query: undefined, body: undefined } };
  contexts.set(request, context);
  return context;
}

/** Throws if the request did not come through configureHttp. */
export function contextOf(request: Request): RequestContext {
  const context = contexts.get(request);
  if (context === undefined) throw new Error('The request has no context: call configureHttp(app) at start');
  return context;
}
