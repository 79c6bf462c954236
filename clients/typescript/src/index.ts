import createFetchClient, { type Client, type ClientOptions } from 'openapi-fetch';
import type { components, paths, webhooks } from './schema.js';

export type { components, operations, paths, webhooks } from './schema.js';

/** Bodies of the API by their names in the OpenAPI document, e.g. `Schemas['Statement']`. */
export type Schemas = components['schemas'];

/** Any event that the service sends; `type` tells which. */
export type WebhookEvent = {
  [Type in keyof webhooks]: webhooks[Type] extends {
    post: { requestBody: { content: { 'application/json': infer Payload } } };
  }
    ? Payload
    : never;
}[keyof webhooks];

export type CountfreeClient = Client<paths>;

export interface CountfreeOptions extends Omit<ClientOptions, 'baseUrl'> {
  /** E.g. `https://billing.example`. */
  baseUrl: string;
  /** `cfk_…`, as `countfree api-key create` prints it. */
  apiKey: string;
}

/** A client whose paths, parameters, bodies and answers are typed by the OpenAPI document. */
export function createCountfreeClient({
  baseUrl,
  apiKey,
  headers,
  ...options
}: CountfreeOptions): CountfreeClient {
  const client = createFetchClient<paths>({ baseUrl, ...options, ...(headers !== undefined && { headers }) });
  client.use({
    onRequest({ request }) {
      request.headers.set('authorization', `Bearer ${apiKey}`);
      return request;
    },
  });
  return client;
}

/** An answer that is no success, as RFC 9457 shapes it. */
export class CountfreeError extends Error {
  constructor(
    readonly status: number,
    /** Undefined where something between client and service answered. */
    readonly problem: Schemas['Problem'] | undefined,
  ) {
    super(problem?.detail ?? `the service answered ${status}`);
    this.name = 'CountfreeError';
  }
}

interface Result<Data> {
  data?: Data;
  error?: unknown;
  response: Response;
}

/** The body of an answer; throws a {@link CountfreeError} for one that is no success. */
export async function unwrap<Data>(answer: Promise<Result<Data>>): Promise<Data> {
  const { data, error, response } = await answer;
  if (!response.ok) throw new CountfreeError(response.status, isProblem(error) ? error : undefined);
  return data as Data;
}

function isProblem(value: unknown): value is Schemas['Problem'] {
  return typeof value === 'object' && value !== null && 'type' in value && 'detail' in value;
}

/** Every item of a list: asks for page after page, as `page` is called with the cursor of the next. */
export async function* allItems<Item>(
  page: (cursor: string | undefined) => Promise<Result<{ items: Item[]; nextCursor: string | null }>>,
): AsyncGenerator<Item, void> {
  let cursor: string | undefined;
  do {
    const { items, nextCursor } = await unwrap(page(cursor));
    yield* items;
    cursor = nextCursor ?? undefined;
  } while (cursor !== undefined);
}
