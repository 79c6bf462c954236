import 'reflect-metadata';
import { randomBytes } from 'node:crypto';
import { Global, Module } from '@nestjs/common';
import type { NestExpressApplication } from '@nestjs/platform-express';
import { Test } from '@nestjs/testing';
import { DataSource } from 'typeorm';
import { afterAll, beforeAll, expect } from 'vitest';
import {
  ApiKeysService,
  ApiModule,
  configureHttp,
  type ApiModuleSettings,
  type Scope,
} from '../../../src/api/index.js';
import { entities } from '../../../src/app/entities.js';
import { CONFIG, loadConfig } from '../../../src/config/index.js';
import { QueueModule } from '../../../src/queue/index.js';
import { CLOCK, createLogger, LOGGER, type Clock } from '../../../src/shared/index.js';
import { createTestDatabase, testRedisUrl, type TestDatabase } from '../../support/database.js';

/** A clock that stands until it is turned. */
export class TestClock implements Clock {
  constructor(public time = Date.UTC(2026, 9, 15)) {}
  now(): number {
    return this.time;
  }
}

/** A parsed answer, read by the tests as they expect it to be. */
// eslint-disable-next-line @typescript-eslint/no-explicit-any
export type Json = any;

export interface Answer {
  status: number;
  headers: Headers;
  text: string;
  /** Parsed where the answer is JSON. */
  body: Json;
}

export interface Call {
  body?: unknown;
  /** Sent as it is, instead of `body`. */
  raw?: string | Uint8Array<ArrayBuffer>;
  headers?: Record<string, string>;
  /** API key; null = none; default an admin key. */
  key?: string | null;
}

/** The API over real HTTP, on a database of its own. */
export class TestApi {
  readonly clock = new TestClock();
  readonly logLines: Record<string, unknown>[] = [];
  database!: TestDatabase;
  app!: NestExpressApplication;
  origin!: string;
  adminKey!: string;

  async start(settings: ApiModuleSettings = {}): Promise<void> {
    this.database = await createTestDatabase({
      entities,
    });
    const { dataSource } = this.database;
    const config = loadConfig({ COUNTFREE_SECRET_KEY: randomBytes(32).toString('base64') });
    const logger = createLogger('info', {
      write: (line) => this.logLines.push(JSON.parse(line) as Record<string, unknown>),
    });
    @Global()
    @Module({
      providers: [
        { provide: DataSource, useValue: dataSource },
        { provide: CLOCK, useValue: this.clock },
        { provide: LOGGER, useValue: logger },
        { provide: CONFIG, useValue: config },
      ],
      exports: [DataSource, CLOCK, LOGGER, CONFIG],
    })
    class Globals {}
    const built = await Test.createTestingModule({
      imports: [
        Globals,
        QueueModule.forRootAsync({
          useFactory: () => ({
            url: testRedisUrl(),
            folder: '',
            prefix: `api-${randomBytes(6).toString('hex')}`,
            work: true,
          }),
        }),
        ApiModule.register({ ...settings, options: { checkAnswers: true, ...settings.options } }),
      ],
    }).compile();
    this.app = built.createNestApplication<NestExpressApplication>({ bodyParser: false, logger: false });
    configureHttp(this.app);
    await this.app.listen(0, '127.0.0.1');
    this.origin = await this.app.getUrl();
    this.adminKey = await this.key('admin');
  }

  async stop(): Promise<void> {
    await this.app.close();
    await this.database.drop();
  }

  async key(...scopes: Scope[]): Promise<string> {
    const { secret } = await this.app
      .get(ApiKeysService, { strict: false })
      .create({ name: 'test', scopes, expiresAt: null });
    return secret;
  }

  async call(
    method: string,
    path: string,
    { body, raw, headers = {}, key = this.adminKey }: Call = {},
  ): Promise<Answer> {
    const sent = raw ?? (body === undefined ? undefined : JSON.stringify(body));
    const response = await fetch(this.origin + path, {
      method,
      headers: {
        ...(key !== null && { authorization: `Bearer ${key}` }),
        ...(sent !== undefined && { 'content-type': 'application/json' }),
        ...headers,
      },
      ...(sent !== undefined && { body: sent }),
    });
    const text = await response.text();
    const isJson = text !== '' && response.headers.get('content-type')?.includes('json') === true;
    return {
      status: response.status,
      headers: response.headers,
      text,
      body: isJson ? JSON.parse(text) : undefined,
    };
  }

  get = (path: string, call?: Call) => this.call('GET', path, call);
  post = (path: string, body?: unknown, call?: Call) => this.call('POST', path, { body, ...call });
  put = (path: string, body?: unknown, call?: Call) => this.call('PUT', path, { body, ...call });
  patch = (path: string, body?: unknown, call?: Call) => this.call('PATCH', path, { body, ...call });
  delete = (path: string, call?: Call) => this.call('DELETE', path, call);
}

/** Starts the API before the file's first test and stops it after its last. */
export function useApi(settings?: ApiModuleSettings): TestApi {
  const api = new TestApi();
  beforeAll(() => api.start(settings));
  afterAll(() => api.stop());
  return api;
}

/** Expects a problem of the given kind and gives its `errors` as `place pointer`. */
export function expectProblem(answer: Answer, status: number, kind: string): string[] {
  expect(answer.headers.get('content-type')).toBe('application/problem+json');
  expect(answer.body).toMatchObject({
    type: `urn:countfree:problem:${kind}`,
    status,
    title: expect.any(String),
    detail: expect.any(String),
    instance: `urn:uuid:${answer.headers.get('request-id') ?? ''}`,
  });
  expect(answer.status).toBe(status);
  return ((answer.body.errors ?? []) as { in: string; pointer: string }[]).map((e) => `${e.in} ${e.pointer}`);
}

/** The items of a list's page. */
export function itemsOf(answer: Answer): Json[] {
  return answer.body.items as Json[];
}

/** Expects 201, showing the answer where it is another, and gives it. */
export function created(answer: Answer): Answer {
  expect(answer.status, answer.text).toBe(201);
  return answer;
}
