import { setTimeout as delay } from 'node:timers/promises';
import { z } from 'zod';
import { Refusal } from '../../shared/index.js';
import type { SoracomAccount } from './settings.js';
import {
  addressEntrySchema,
  airStatsSchema,
  authSchema,
  sessionEventSchema,
  simSchema,
  type AddressEntry,
  type AirStats,
  type SessionEvent,
  type SoracomSim,
} from './shapes.js';

/** Tries of one request before an outage is told. With the waits between them about two minutes. */
const ATTEMPTS = 8;
const FIRST_WAIT_MS = 500;
const LONGEST_WAIT_MS = 60_000;
const TIMEOUT_MS = 30_000;
const MOST_BYTES = 32 * 1024 * 1024;
const PAGE = 100;
/** Pages of one list: 10 million items. A server that never comes to an end is not followed for ever. */
const MOST_PAGES = 100_000;
const MOST_DAYS = 1_000;

export interface ClientOptions {
  signal?: AbortSignal;
  /** Resolves after that many milliseconds; a test may turn its own clock. */
  wait?: (ms: number, signal?: AbortSignal) => Promise<void>;
}

interface Token {
  apiKey: string;
  token: string;
}
interface Answer {
  status: number;
  headers: Headers;
  body: unknown;
}

/**
 * SORACOM's API, as far as Countfree needs it. Requests begin at the account's rate, whoever makes them; a token that has ended is
 * renewed, 429 is obeyed, an outage is waited out for a while. Throws a {@link Refusal}: `unavailable` if SORACOM is away or
 * not in its form, `unauthenticated` or `forbidden` if the key is not good, `not_found`.
 */
export class SoracomClient {
  private token: Promise<Token> | undefined;
  private turn: Promise<unknown> = Promise.resolve();
  private readonly wait: NonNullable<ClientOptions['wait']>;

  constructor(
    private readonly account: SoracomAccount,
    private readonly options: ClientOptions = {},
  ) {
    this.wait =
      options.wait ?? ((ms, signal) => delay(ms, undefined, signal === undefined ? {} : { signal }));
  }

  /** Every SIM of the account, page by page. */
  sims(): AsyncIterable<SoracomSim[]> {
    return this.pages('/v1/sims', {}, simSchema);
  }

  async sim(simId: string): Promise<SoracomSim> {
    const { body } = await this.request('GET', `/v1/sims/${encodeURIComponent(simId)}`);
    return this.parse(simSchema, body);
  }

  /** Session events of a SIM, by time. `from` and `to` are UNIX milliseconds; SORACOM keeps 32 days. */
  async sessionEvents(simId: string, from: number, to: number): Promise<SessionEvent[]> {
    const path = `/v1/sims/${encodeURIComponent(simId)}/events/sessions`;
    const events: SessionEvent[] = [];
    for await (const page of this.pages(path, { from: String(from), to: String(to) }, sessionEventSchema)) {
      events.push(...page);
    }
    return events.sort((a, b) => a.time - b.time);
  }

  /** Who has which address in a VPG, page by page. */
  addressMap(vpgId: string): AsyncIterable<AddressEntry[]> {
    const path = `/v1/virtual_private_gateways/${encodeURIComponent(vpgId)}/ip_address_map`;
    return this.pages(path, {}, addressEntrySchema);
  }

  /** Octets of a SIM by UTC day. `from` and `to` are UNIX seconds, both inclusive; SORACOM keeps 18 months of days. */
  async airStats(simId: string, from: number, to: number): Promise<AirStats[]> {
    const search = new URLSearchParams({ from: String(from), to: String(to), period: 'day' });
    const path = `/v1/stats/air/sims/${encodeURIComponent(simId)}?${search.toString()}`;
    const { body } = await this.request('GET', path);
    return this.parse(z.array(airStatsSchema).max(MOST_DAYS), body);
  }

  /** Items that are not in their form are left out. */
  private async *pages<T>(
    path: string,
    query: Record<string, string>,
    schema: z.ZodType<T>,
  ): AsyncGenerator<T[]> {
    let key: string | null = null;
    for (let page = 0; page < MOST_PAGES; page += 1) {
      const search = new URLSearchParams({ ...query, limit: String(PAGE) });
      if (key !== null) search.set('last_evaluated_key', key);
      const { body, headers }: Answer = await this.request('GET', `${path}?${search.toString()}`);
      const items = this.parse(z.array(z.unknown()), body);
      yield items.flatMap((item) => {
        const parsed = schema.safeParse(item);
        return parsed.success ? [parsed.data] : [];
      });
      const next = headers.get('x-soracom-next-key');
      if (next === null || next === '') return;
      if (next === key) throw this.away(`${path} gives the same page again`);
      key = next;
    }
    throw this.away(`${path} does not come to an end`);
  }

  private async request(method: string, path: string): Promise<Answer> {
    await this.pace();
    for (let renewed = false; ; renewed = true) {
      const token = (this.token ??= this.authenticate());
      const answer = await this.persist(
        method,
        path,
        await token.catch((error: unknown) => this.drop(token, error)),
      );
      if (answer.status < 300) return answer;
      if (answer.status !== 401 || renewed) throw this.refused(answer, path);
      // A token lives a day at most, and ends early when its key is changed.
      if (this.token === token) this.token = undefined;
    }
  }

  /** Who asks next asks for a token again. */
  private drop(token: Promise<Token>, error: unknown): never {
    if (this.token === token) this.token = undefined;
    throw error;
  }

  /** Requests begin one after the other; one that waits out an outage holds up nobody else's. */
  private async pace(): Promise<void> {
    const begun = this.turn.then(() => this.wait(1000 / this.account.requestsPerSecond, this.options.signal));
    this.turn = begun.catch(() => undefined);
    await begun;
  }

  private async authenticate(): Promise<Token> {
    const { authKeyId, authKey } = this.account;
    const answer = await this.persist('POST', '/v1/auth', undefined, { authKeyId, authKey });
    if (answer.status < 300) return this.parse(authSchema, answer.body);
    if (answer.status >= 500) throw this.refused(answer, '/v1/auth');
    throw new Refusal(
      'unauthenticated',
      `SORACOM does not take the AuthKey of account ${this.account.name} (HTTP ${answer.status}): check authKeyId, authKey and coverage in COUNTFREE_SORACOM_FILE.`,
    );
  }

  /** Sends until there is an answer that trying again would not change. */
  private async persist(method: string, path: string, token?: Token, body?: object): Promise<Answer> {
    let reason = '';
    for (let attempt = 0; attempt < ATTEMPTS; attempt += 1) {
      let pause = Math.min(FIRST_WAIT_MS * 2 ** attempt, LONGEST_WAIT_MS) * (0.75 + Math.random() / 2);
      try {
        const answer = await this.send(method, path, token, body);
        if (answer.status !== 429 && answer.status < 500) return answer;
        reason = `HTTP ${answer.status}`;
        pause = retryAfter(answer.headers.get('retry-after')) ?? pause;
      } catch (error) {
        this.options.signal?.throwIfAborted();
        reason = describe(error);
      }
      if (attempt + 1 < ATTEMPTS) await this.wait(pause, this.options.signal);
    }
    throw this.away(reason);
  }

  private async send(method: string, path: string, token?: Token, body?: object): Promise<Answer> {
    const timeout = AbortSignal.timeout(TIMEOUT_MS);
    const { signal } = this.options;
    const response = await fetch(`${this.account.baseUrl}${path}`, {
      method,
      redirect: 'error',
      signal: signal === undefined ? timeout : AbortSignal.any([timeout, signal]),
      headers: {
        accept: 'application/json',
        ...(body !== undefined && { 'content-type': 'application/json' }),
        ...(token && { 'x-soracom-api-key': token.apiKey, 'x-soracom-token': token.token }),
      },
      ...(body !== undefined && { body: JSON.stringify(body) }),
    });
    return { status: response.status, headers: response.headers, body: await readJson(response) };
  }

  private parse<T>(schema: z.ZodType<T>, body: unknown): T {
    const parsed = schema.safeParse(body);
    if (parsed.success) return parsed.data;
    throw this.away('an answer is not in the documented form');
  }

  private refused({ status }: Answer, path: string): Refusal {
    const place = path.replace(/\?.*$/s, '');
    if (status === 404)
      return new Refusal('not_found', `SORACOM knows no ${place} in account ${this.account.name}.`);
    if (status === 401 || status === 403) {
      return new Refusal(
        'forbidden',
        `SORACOM does not let account ${this.account.name} read ${place} (HTTP ${status}): give its SAM user the right to.`,
      );
    }
    return this.away(`${place} answers HTTP ${status}`);
  }

  private away(reason: string): Refusal {
    return new Refusal(
      'unavailable',
      `SORACOM (${this.account.baseUrl}, account ${this.account.name}) cannot be read now: ${reason}. It is tried again with the next sync.`,
    );
  }
}

/** For `catch`: what SORACOM, or Countfree, does not know is undefined. */
export function ifUnknown(error: unknown): undefined {
  if (error instanceof Refusal && error.code === 'not_found') return undefined;
  throw error;
}

/** RFC 9110 section 10.2.3: seconds or a date. Milliseconds, within bounds. */
export function retryAfter(text: string | null, now = Date.now()): number | undefined {
  if (text === null) return undefined;
  const ms = /^\d{1,9}$/.test(text.trim()) ? Number(text) * 1000 : Date.parse(text) - now;
  return Number.isNaN(ms) ? undefined : Math.min(Math.max(ms, 0), 5 * 60_000);
}

/** What is no JSON is undefined: an error page of a proxy, as a rule. Throws where the body is too long. */
async function readJson(response: Response): Promise<unknown> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of (response.body ?? []) as AsyncIterable<Uint8Array>) {
    size += chunk.length;
    if (size > MOST_BYTES) throw new Error('the answer is too long');
    chunks.push(chunk);
  }
  try {
    return JSON.parse(Buffer.concat(chunks).toString('utf8'));
  } catch {
    return undefined;
  }
}

function describe(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  return error.cause instanceof Error ? error.cause.message : error.message;
}
