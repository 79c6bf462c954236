import {
  Inject,
  Injectable,
  StreamableFile,
  type CallHandler,
  type ExecutionContext,
  type NestInterceptor,
} from '@nestjs/common';
import type { Request, Response } from 'express';
import { lastValueFrom, Observable, from } from 'rxjs';
import { Readable } from 'node:stream';
import { LOGGER, type Logger } from '../../shared/index.js';
import { AuditLog } from '../audit/audit-log.service.js';
import { readBody } from './body.js';
import { contextOf, type RequestContext } from './context.js';
import { etagOf, ifMatchTags, ifNoneMatchHits, refuseUnheldPrecondition } from './etag.js';
import { IdempotencyService, idempotencyKeyOf, type Answer, type IdempotentRequest } from './idempotency.js';
import { toJson } from './json.js';
import { API_OPTIONS, type ApiOptions } from './options.js';
import { Problem } from './problem.js';
import { toProblem } from './problem.filter.js';
import { Download, Reply } from './reply.js';
import { statusOf, type RouteSpec } from './route.js';
import { validateInput } from './validate.js';

/** Reads and checks what came, runs the handler once per Idempotency-Key, and writes what it answers. */
@Injectable()
export class RouteInterceptor implements NestInterceptor {
  constructor(
    private readonly idempotency: IdempotencyService,
    private readonly audit: AuditLog,
    @Inject(API_OPTIONS) private readonly options: ApiOptions,
    @Inject(LOGGER) private readonly logger: Logger,
  ) {}

  intercept(host: ExecutionContext, next: CallHandler): Observable<unknown> {
    const request = host.switchToHttp().getRequest<Request>();
    const response = host.switchToHttp().getResponse<Response>();
    return from(this.run(request, response, next));
  }

  private async run(request: Request, response: Response, next: CallHandler): Promise<unknown> {
    const context = contextOf(request);
    const route = context.route;
    if (route === undefined) throw new Error('The guard did not run before the interceptor');
    const limit = route.bodyLimit === 'bulk' ? this.options.bulkBodyLimit : this.options.bodyLimit;
    const body = await readBody(request, route.bodyTypes, limit);
    context.input = validateInput(route, {
      params: request.params,
      query: { ...request.query },
      body: body.value,
    });
    context.ifMatch = ifMatchTags(request.get('if-match'));
    refuseUnheldPrecondition(context, route);
    const run = async () => this.write(await this.handle(request, route, next), route, response);
    const key = route.method === 'POST' ? idempotencyKeyOf(request.get('idempotency-key')) : undefined;
    if (key === undefined || context.caller === undefined) {
      return run();
    }
    const once: IdempotentRequest = {
      keyId: context.caller.keyId,
      idempotencyKey: key,
      method: request.method,
      url: request.originalUrl,
      bodyDigest: body.digest,
    };
    return this.runOnce(once, run, route, response, context);
  }

  private async runOnce(
    once: IdempotentRequest,
    run: () => Promise<unknown>,
    route: RouteSpec,
    response: Response,
    context: RequestContext,
  ): Promise<unknown> {
    const earlier = await this.idempotency.begin(once);
    if (earlier !== undefined) return replay(earlier, route, response);
    let text: unknown;
    try {
      text = await run();
    } catch (error) {
      const { status } = toProblem(error, 'body');
      const ended = status < 500 ? this.idempotency.release(once) : this.idempotency.fail(once, status);
      // Where that cannot be stored either the key stays taken, which is safe.
      await ended.catch((err: unknown) =>
        this.logger.error({ err, requestId: context.id }, 'end of a request not kept'),
      );
      throw error;
    }
    const answer: Answer = {
      status: response.statusCode,
      body: typeof text === 'string' && route.showsSecret !== true ? text : null,
      location: response.get('location') ?? null,
    };
    // The change is made: that its answer cannot be kept is no reason to deny it.
    await this.idempotency
      .finish(once, answer)
      .catch((error: unknown) => this.logger.error({ err: error, requestId: context.id }, 'answer not kept'));
    return text;
  }

  /** Runs the handler; what changes something stands in the audit log. */
  private handle(request: Request, route: RouteSpec, next: CallHandler): Promise<unknown> {
    const context = contextOf(request);
    const run = () => lastValueFrom<unknown>(next.handle());
    if (route.method === 'GET' || context.caller === undefined) return run();
    return this.audit.around({ context, caller: context.caller, route, path: pathOf(route, request) }, run);
  }

  /** Status, headers and text of an answer. */
  private write(answer: unknown, route: RouteSpec, response: Response): unknown {
    response.status(statusOf(route));
    if (answer instanceof Download) return writeDownload(answer, response);
    if (answer instanceof Reply) {
      if (answer.head.status !== undefined) response.status(answer.head.status);
      if (answer.head.location !== undefined) response.location(answer.head.location);
    }
    if (route.response === undefined) return undefined;
    const text = toJson(answer instanceof Reply ? answer.body : answer);
    if (this.options.checkAnswers) route.response.parse(JSON.parse(text));
    response.set('content-type', 'application/json; charset=utf-8');
    return route.etag === undefined ? text : withEtag(text, answer, route, response);
  }
}

function withEtag(text: string, answer: unknown, route: RouteSpec, response: Response): string {
  const view = (answer instanceof Reply ? (answer.body as unknown) : answer) as Record<string, unknown>;
  const revision = route.etag === 'content' ? undefined : view[route.etag ?? ''];
  const etag = etagOf(text, typeof revision === 'number' ? revision : undefined);
  response.set('etag', etag);
  if (route.method !== 'GET' || !ifNoneMatchHits(response.req.get('if-none-match'), etag)) return text;
  response.status(304);
  return '';
}

function writeDownload({ content, contentType, head }: Download, response: Response): StreamableFile {
  if (head.status !== undefined) response.status(head.status);
  if (head.filename !== undefined) response.attachment(head.filename);
  response.set({ ...head.headers, 'content-type': contentType });
  return content instanceof Readable
    ? new StreamableFile(content)
    : new StreamableFile(typeof content === 'string' ? Buffer.from(content) : content);
}

function replay(earlier: Answer, route: RouteSpec, response: Response): string | undefined {
  response.status(earlier.status).set('idempotency-replayed', 'true');
  if (earlier.location !== null) response.set('location', earlier.location);
  if (earlier.status === 204) return undefined;
  if (earlier.body === null) {
    throw new Problem(
      'conflict',
      'This was done by an earlier request with the same Idempotency-Key, and its secret is shown only once. ' +
        `Remove ${earlier.location ?? 'what it made'} and make a new one under a new key.`,
    );
  }
  response.set('content-type', 'application/json; charset=utf-8');
  return route.etag === undefined
    ? earlier.body
    : withEtag(earlier.body, JSON.parse(earlier.body), route, response);
}

/** The path as the document writes it, however the request did (case, escapes, a slash at its end): what is asked for is found by it. */
function pathOf({ path }: RouteSpec, { params }: Request): string {
  return path.replaceAll(/\{(\w+)\}/g, (_, name: string) =>
    encodeURIComponent(String(params[name])).replaceAll('%3A', ':'),
  );
}
