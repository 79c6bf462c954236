import { randomUUID } from 'node:crypto';
import type { NestExpressApplication } from '@nestjs/platform-express';
import type { NextFunction, Request, Response } from 'express';
import { LOGGER, metrics, type Logger } from '../shared/index.js';
import { Connections } from './connections.js';
import { routes } from './controllers.js';
import { contextOf, openContext } from './kit/context.js';
import { Problem } from './kit/problem.js';
import { ProblemFilter } from './kit/problem.filter.js';
import type { RouteSpec } from './kit/route.js';
import { SECURITY_HEADERS } from './kit/security-headers.js';

/**
 * Prepares an application that was created with `bodyParser: false`: request ids, log, security headers, and problems
 * for paths and methods that no route has. Call before `init()` or `listen()`. What it gives ends the connections.
 */
export function configureHttp(app: NestExpressApplication): Connections {
  const logger = app.get<Logger>(LOGGER);
  const filter = new ProblemFilter(logger);
  app.disable('x-powered-by');
  app.set('etag', false);
  // Flat parameters only: a[b]=c names a parameter "a[b]", which validation then refuses.
  app.set('query parser', 'simple');
  const connections = new Connections(app.getHttpServer(), logger);
  const findAllowed = allowedMethods(routes);
  app.use((request: Request, response: Response, next: NextFunction) => {
    const started = process.hrtime.bigint();
    connections.began(request, response);
    const context = openContext(request, randomUUID());
    response.set(SECURITY_HEADERS).set('request-id', context.id);
    response.once('close', () =>
      report(request, response, Number(process.hrtime.bigint() - started) / 1e9, logger),
    );
    const problem = hostProblem(request) ?? noRoute(request, findAllowed(request.path));
    if (problem === undefined) next();
    else filter.answer(problem, request, response);
  });
  app.useGlobalFilters(filter);
  return connections;
}

/** RFC 9112, 3.2. Node.js would refuse it itself, without a word. */
function hostProblem({ headers, httpVersion }: Request): Problem | undefined {
  if (headers.host !== undefined || httpVersion === '1.0') return undefined;
  return new Problem('malformed', 'A request of HTTP/1.1 needs a Host header; send one.');
}

/** Path → methods that some route takes there. */
function allowedMethods(routes: readonly RouteSpec[]): (path: string) => string[] {
  const byPattern = new Map<string, string[]>();
  for (const { path, method } of routes) {
    const methods = byPattern.get(path) ?? [];
    byPattern.set(path, methods);
    methods.push(...(method === 'GET' ? ['GET', 'HEAD'] : [method]));
  }
  const patterns = [...byPattern].map(([path, methods]) => ({ pattern: toPattern(path), methods }));
  const search = (path: string) =>
    patterns.flatMap(({ pattern, methods }) => (pattern.test(path) ? methods : []));
  // Paths without parameters, as nearly everyone writes them, need no search through all patterns.
  const found = new Map([...byPattern.keys()].map((path) => [path, search(path)]));
  return (path) => found.get(path) ?? search(path);
}

function toPattern(path: string): RegExp {
  const source = path.replaceAll(/[.*+?^$()|[\]\\]/g, '\\$&').replaceAll(/\{\w+\}/g, '[^/]+');
  return new RegExp(`^${source}/?$`, 'i');
}

function noRoute(request: Request, allowed: readonly string[]): Problem | undefined {
  if (allowed.includes(request.method)) return undefined;
  if (allowed.length === 0) {
    return new Problem('unknown_path', 'No operation has this path; /openapi.json lists them all.');
  }
  const allow = [...new Set(allowed)].join(', ');
  return new Problem('wrong_method', `${request.method} is not taken here; use ${allow}.`, [], { allow });
}

/** One line for each request: never a body, a query string, a path with ids in it, or an authorisation. */
function report(request: Request, response: Response, seconds: number, logger: Logger): void {
  const context = contextOf(request);
  const route = context.route?.path ?? 'unmatched';
  const method = context.route?.method ?? 'other';
  const status = response.writableFinished ? response.statusCode : 499;
  metrics.add('countfree_http_requests_total', 1, { method, route, status: String(status) });
  metrics.observe('countfree_http_request_seconds', seconds, { method, route });
  logger.info(
    {
      requestId: context.id,
      method,
      route,
      status,
      milliseconds: Math.round(seconds * 1000),
      keyId: context.caller?.keyId,
    },
    'request',
  );
}
