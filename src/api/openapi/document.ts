import { z } from 'zod';
import { PROBLEM_TYPE_PREFIX, PROBLEMS, type ProblemKind } from '../kit/problem.js';
import { statusOf, type RouteSpec } from '../kit/route.js';
import { SchemaCollector, type JsonSchema } from './schemas.js';

/** A resource of the API, for the document's sections. */
export interface Tag {
  name: string;
  description: string;
}

/** A message that the service sends, for the `webhooks:` section. */
export interface WebhookSpec {
  /** E.g. `statement.finalized`. */
  type: string;
  summary: string;
  payload: z.ZodType;
  example?: unknown;
}

export interface DocumentParts {
  version: string;
  description: string;
  routes: readonly RouteSpec[];
  tags: readonly Tag[];
  webhooks: readonly WebhookSpec[];
}

const problemSchema = z
  .object({
    type: z.string().meta({ description: `\`${PROBLEM_TYPE_PREFIX}\` + the class; branch on this.` }),
    title: z.string(),
    status: z.int(),
    detail: z.string().meta({ description: 'What is wrong with this request and what to do.' }),
    instance: z
      .string()
      .meta({ description: '`urn:uuid:` + the id under which the request stands in the log.' }),
    errors: z
      .array(
        z.object({
          in: z.enum(['body', 'query', 'path', 'header']),
          pointer: z.string().meta({
            description: 'JSON pointer (RFC 6901) into the body, or `/` + the name of the parameter.',
          }),
          detail: z.string(),
        }),
      )
      .optional()
      .meta({ description: 'Every field at fault.' }),
  })
  .meta({ id: 'Problem', description: 'RFC 9457.' });

const PROBLEM_MEDIA_TYPE = 'application/problem+json';

const header = (description: string, example: string): JsonSchema => ({
  description,
  schema: { type: 'string' },
  example,
});
const RETRY_AFTER = { 'Retry-After': header('Seconds to wait', '17') };

/** What problems of a status carry besides their body. */
const PROBLEM_HEADERS: Readonly<Record<number, JsonSchema>> = {
  401: { 'WWW-Authenticate': header('RFC 6750', 'Bearer realm="countfree"') },
  429: {
    ...RETRY_AFTER,
    'RateLimit-Policy': header(
      'Requests of the key (q) in a window of seconds (w)',
      '"default";q=60000;w=60',
    ),
    RateLimit: header('Requests left (r) until the window ends in t seconds', '"default";r=0;t=17'),
  },
  503: RETRY_AFTER,
};

/** The OpenAPI 3.1 document of the routes. Deterministic: the same routes give the same text. */
export function buildDocument({ version, description, routes, tags, webhooks }: DocumentParts): JsonSchema {
  const schemas = new SchemaCollector();
  const problem = schemas.add(problemSchema, 'output');
  const paths: Record<string, JsonSchema> = {};
  for (const route of routes) {
    const item = (paths[route.path] ??= {});
    item[route.method.toLowerCase()] = operation(route, schemas);
  }
  const hooks = Object.fromEntries(
    webhooks.map((hook) => [hook.type, { post: webhookOperation(hook, schemas) }]),
  );
  return schemas.resolve({
    openapi: '3.1.0',
    info: {
      title: 'Countfree',
      version,
      summary: 'Zero-rating billing of mirrored SIM traffic',
      description,
      license: { name: 'Apache-2.0', identifier: 'Apache-2.0' },
    },
    servers: [{ url: '/', description: 'The service that serves this document' }],
    security: [{ apiKey: [] }],
    tags: tags.map((tag) => ({ ...tag })),
    paths,
    ...(webhooks.length > 0 && { webhooks: hooks }),
    components: {
      securitySchemes: {
        apiKey: { type: 'http', scheme: 'bearer', description: 'An API key (`cfk_…`).' },
      },
      responses: problemResponses(routes, problem),
      parameters: {
        IdempotencyKey: {
          name: 'Idempotency-Key',
          in: 'header',
          description:
            'Any text of your own, e.g. a UUID. The operation runs once; the same request again within 24 hours gets the same answer, ' +
            'with `idempotency-replayed: true`. 409 `still_running` while the first runs, 409 `outcome_unknown` if it failed (5xx) or its process died, ' +
            '422 for another request under the same key. A refused request leaves the key free.',
          schema: { type: 'string', minLength: 1, maxLength: 255 },
        },
        IfMatch: {
          name: 'If-Match',
          in: 'header',
          description:
            'The ETag of the resource as you read it: the change is refused (412) if it has changed since.',
          schema: { type: 'string' },
        },
        IfNoneMatch: {
          name: 'If-None-Match',
          in: 'header',
          description:
            'The ETag of the resource as you have it: the answer is 304 without a body if it is still that.',
          schema: { type: 'string' },
        },
      },
    },
  });
}

function operation(route: RouteSpec, schemas: SchemaCollector): JsonSchema {
  const scopes = route.scopes === 'public' ? undefined : route.scopes;
  const need = scopes && `Needs a key with the scope ${scopes.map((scope) => `\`${scope}\``).join(' or ')}.`;
  return {
    operationId: route.operationId,
    tags: [route.tag],
    summary: route.summary,
    description: [route.description, need].filter(Boolean).join('\n\n'),
    ...(scopes === undefined ? { security: [] } : { 'x-scopes': scopes }),
    ...withParameters(route, schemas),
    ...(route.body && { requestBody: requestBody(route, route.body, schemas) }),
    responses: responses(route, schemas),
  };
}

function withParameters(route: RouteSpec, schemas: SchemaCollector): { parameters?: unknown[] } {
  const parameters: unknown[] = [
    ...parametersOf(route.params, 'path', schemas),
    ...parametersOf(route.query, 'query', schemas),
  ];
  const shared = (name: string) => parameters.push({ $ref: `#/components/parameters/${name}` });
  if (route.method === 'POST') shared('IdempotencyKey');
  if (route.etag !== undefined) shared(route.method === 'GET' ? 'IfNoneMatch' : 'IfMatch');
  return parameters.length > 0 ? { parameters } : {};
}

function parametersOf(
  schema: z.ZodType | undefined,
  place: 'path' | 'query',
  schemas: SchemaCollector,
): JsonSchema[] {
  if (schema === undefined) return [];
  if (!(schema instanceof z.ZodObject)) throw new Error(`Parameters in ${place} must be an object schema`);
  return Object.entries(schema.shape as Record<string, z.ZodType>).map(([name, field]) => {
    const { description, examples, ...rest } = schemas.add(field, 'input');
    const required = place === 'path' || !field.safeParse(undefined).success;
    return {
      name,
      in: place,
      ...(required && { required }),
      ...(typeof description === 'string' && { description }),
      schema: { ...rest, ...(examples !== undefined && { examples }) },
    };
  });
}

function requestBody(route: RouteSpec, body: z.ZodType, schemas: SchemaCollector): JsonSchema {
  const schema = schemas.add(body, 'input');
  const types = route.bodyTypes ?? ['application/json'];
  const example = route.examples?.body;
  const content = types.map((type) => [
    type,
    {
      schema: type.endsWith('json') ? schema : { type: 'string' },
      ...(example !== undefined && { example }),
    },
  ]);
  return { required: !body.safeParse(undefined).success, content: Object.fromEntries(content) };
}

function responses(route: RouteSpec, schemas: SchemaCollector): JsonSchema {
  const content = answerContent(route, schemas);
  const headers = answerHeaders(route);
  const answers: JsonSchema = {
    [statusOf(route)]: { description: 'Done', ...(headers && { headers }), ...(content && { content }) },
  };
  for (const [status, description] of Object.entries(route.otherStatuses ?? {}))
    answers[status] = { description, ...(content && { content }) };
  if (route.etag !== undefined && route.method === 'GET') answers['304'] = { description: 'Unchanged' };
  for (const status of problemStatuses(route))
    answers[status] ??= { $ref: `#/components/responses/Problem${status}` };
  return answers;
}

function answerContent(route: RouteSpec, schemas: SchemaCollector): JsonSchema | undefined {
  const example = route.examples?.response;
  const content: JsonSchema = {};
  if (route.response) {
    content['application/json'] = {
      schema: schemas.add(route.response, 'output'),
      ...(example !== undefined && { example }),
    };
  }
  for (const type of route.otherResponseTypes ?? []) content[type] = { schema: { type: 'string' } };
  return Object.keys(content).length > 0 ? content : undefined;
}

function answerHeaders(route: RouteSpec): JsonSchema | undefined {
  const text = { schema: { type: 'string' } };
  const headers: JsonSchema = {
    ...(route.etag !== undefined &&
      route.response && { ETag: { description: 'Of this representation', ...text } }),
    ...(route.method === 'POST' &&
      statusOf(route) === 201 && { Location: { description: 'Path of what was made', ...text } }),
  };
  return Object.keys(headers).length > 0 ? headers : undefined;
}

/** Statuses of the problems that an operation can end with, besides 500 and 503 which any can. */
function problemStatuses(route: RouteSpec): number[] {
  const kinds: ProblemKind[] = ['internal', 'unavailable'];
  if (route.scopes !== 'public') kinds.push('unauthenticated', 'forbidden', 'too_many_requests');
  if (route.params || route.query || route.body) kinds.push('invalid');
  if (route.params || route.query) kinds.push('not_found');
  if (route.body) kinds.push('too_large', 'wrong_content_type');
  if (route.response && route.otherResponseTypes) kinds.push('not_acceptable');
  if (route.method !== 'GET') kinds.push('conflict');
  if (route.method === 'POST') kinds.push('key_reused');
  if (route.etag !== undefined && route.method !== 'GET') kinds.push('changed_meanwhile');
  return [...new Set(kinds.map((kind) => PROBLEMS[kind].status))].sort();
}

function problemResponses(routes: readonly RouteSpec[], schema: JsonSchema): JsonSchema {
  const used = [...new Set(routes.flatMap(problemStatuses))].sort();
  return Object.fromEntries(
    used.map((status) => {
      const kinds = Object.entries(PROBLEMS).filter(([, problem]) => problem.status === status);
      const description = kinds.map(([kind, problem]) => `\`${kind}\`: ${problem.title}`).join('. ');
      const headers = PROBLEM_HEADERS[status];
      return [
        `Problem${status}`,
        { description, ...(headers && { headers }), content: { [PROBLEM_MEDIA_TYPE]: { schema } } },
      ];
    }),
  );
}

function webhookOperation(hook: WebhookSpec, schemas: SchemaCollector): JsonSchema {
  const header = (name: string, description: string) => ({
    name,
    in: 'header',
    required: true,
    description,
    schema: { type: 'string' },
  });
  return {
    operationId: `on${hook.type
      .split(/[._]/)
      .map((part) => part.charAt(0).toUpperCase() + part.slice(1))
      .join('')}`,
    tags: ['webhooks'],
    summary: hook.summary,
    description:
      'Signed as Standard Webhooks 1.0 says. Sent at least once: drop a `webhook-id` that you have seen.',
    security: [],
    parameters: [
      header('webhook-id', 'The same for every try of one event'),
      header('webhook-timestamp', 'UNIX seconds of this try'),
      header(
        'webhook-signature',
        'Space-separated signatures over id, timestamp and exact body: `v1,…` (HMAC-SHA256) or `v1a,…` (Ed25519)',
      ),
    ],
    requestBody: {
      required: true,
      content: {
        'application/json': {
          schema: schemas.add(hook.payload, 'output'),
          ...(hook.example !== undefined && { example: hook.example }),
        },
      },
    },
    responses: {
      '2XX': { description: 'Taken. Any other answer is tried again later.' },
      '410': { description: 'The endpoint wants no more events: it is disabled.' },
    },
  };
}
