import {
  applyDecorators,
  createParamDecorator,
  RequestMapping,
  RequestMethod,
  SetMetadata,
} from '@nestjs/common';
import type { Request } from 'express';
import type { z } from 'zod';
import { contextOf } from './context.js';
import type { Scope } from './scopes.js';

export type Method = 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';

/**
 * One operation of the API, declared once: the router, the guard, validation and the OpenAPI document all read it.
 */
export interface RouteSpec<
  Params extends z.ZodType = z.ZodType,
  Query extends z.ZodType = z.ZodType,
  Body extends z.ZodType = z.ZodType,
  Response extends z.ZodType = z.ZodType,
> {
  method: Method;
  /** As OpenAPI writes it: `/v1/sims/{simId}`. */
  path: string;
  /** Stable: generated clients name their methods by it. */
  operationId: string;
  tag: string;
  summary: string;
  description?: string;
  /** The key needs one of these; `public` needs no key. */
  scopes: readonly Scope[] | 'public';
  params?: Params;
  query?: Query;
  body?: Body;
  /** Media types the body may come in; default application/json (also any `+json`). */
  bodyTypes?: readonly string[];
  /** Most octets of a body after decompression; default `ApiOptions.bodyLimit`. */
  bodyLimit?: 'default' | 'bulk';
  /** Absent: the answer has no body. */
  response?: Response;
  /** Media types besides application/json that the answer can have. */
  otherResponseTypes?: readonly string[];
  /** Status of success; default 200, 201 for POST, 204 without `response`. */
  status?: number;
  /** Statuses besides success and the problems, with what they mean; they have the same body as success. */
  otherStatuses?: Readonly<Record<number, string>>;
  /**
   * GET: the answer carries an ETag and `If-None-Match` is honoured. Change: `If-Match` is honoured. The field of the
   * representation that counts its revisions, or `content` where it has none.
   */
  etag?: 'revision' | 'version' | 'content';
  /** POST: the answer shows a secret once, so it is not kept for replays of the Idempotency-Key. */
  showsSecret?: boolean;
  /** Example of a request body and of an answer, checked against the schemas by a test. */
  examples?: { body?: unknown; response?: unknown };
}

const ROUTE = Symbol('countfree:route');

/** Keeps the schema types of a route. */
export function defineRoute<
  Params extends z.ZodType = z.ZodUndefined,
  Query extends z.ZodType = z.ZodUndefined,
  Body extends z.ZodType = z.ZodUndefined,
  Response extends z.ZodType = z.ZodUndefined,
>(spec: RouteSpec<Params, Query, Body, Response>): RouteSpec<Params, Query, Body, Response> {
  return spec;
}

/** What a handler gets: the validated parts of the request. */
export interface InputOf<Route> {
  params: Route extends RouteSpec<infer P> ? z.output<P> : never;
  query: Route extends RouteSpec<z.ZodType, infer Q> ? z.output<Q> : never;
  body: Route extends RouteSpec<z.ZodType, z.ZodType, infer B> ? z.output<B> : never;
}

/** What a handler returns, before it is serialised. */
export type AnswerOf<Route> =
  Route extends RouteSpec<z.ZodType, z.ZodType, z.ZodType, infer R> ? z.input<R> : never;

/** Makes a controller method the handler of a route. */
export function Handle(route: RouteSpec): MethodDecorator {
  return applyDecorators(
    RequestMapping({ path: nestPath(route.path), method: RequestMethod[route.method] }),
    SetMetadata(ROUTE, route),
  );
}

/** The route that a controller method handles, or undefined if it declares none. */
export function routeOf(handler: object): RouteSpec | undefined {
  return Reflect.getMetadata(ROUTE, handler) as RouteSpec | undefined;
}

/** The routes of controller classes, in the order in which they are declared. */
export function routesOf(controllers: readonly (new (...args: never[]) => object)[]): RouteSpec[] {
  return controllers.flatMap((controller) => {
    const prototype = controller.prototype as Record<string, unknown>;
    return Object.getOwnPropertyNames(prototype).flatMap((name) => {
      const route = name === 'constructor' ? undefined : routeOf(prototype[name] as object);
      return route === undefined ? [] : [route];
    });
  });
}

/** Injects {@link InputOf} the route. */
export const Input = createParamDecorator(
  (_: unknown, host) => contextOf(host.switchToHttp().getRequest<Request>()).input,
);

/** Injects the {@link RequestContext}: who asks, and under which id it stands in the log. */
export const Context = createParamDecorator((_: unknown, host) =>
  contextOf(host.switchToHttp().getRequest<Request>()),
);

export function statusOf(route: RouteSpec): number {
  return route.status ?? (route.response === undefined ? 204 : route.method === 'POST' ? 201 : 200);
}

function nestPath(path: string): string {
  return path.replaceAll(/\{(\w+)\}/g, ':$1');
}
