import 'reflect-metadata';
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { EVENT_TYPES, TEST_EVENT_TYPE } from '../../webhooks/index.js';
import { controllers, routes } from '../controllers.js';
import { routeOf } from '../kit/route.js';
import { openApiText } from './openapi.js';
import { webhooks } from './webhooks.js';

interface Operation {
  operationId: string;
  tags: string[];
  security?: unknown[];
}

const document = JSON.parse(openApiText()) as {
  openapi: string;
  tags: { name: string }[];
  paths: Record<string, Record<string, Operation>>;
  webhooks: Record<string, { post: Operation }>;
  components: { schemas: Record<string, unknown> };
};
const operations = Object.values(document.paths).flatMap((item) => Object.values(item));

describe('routes', () => {
  it('are declared by every handler of every controller', () => {
    for (const controller of controllers) {
      const prototype = controller.prototype as unknown as Record<string, object>;
      const handlers = Object.getOwnPropertyNames(prototype).filter((name) => name !== 'constructor');
      for (const name of handlers)
        expect(routeOf(prototype[name]!), `${controller.name}.${name}`).toBeDefined();
    }
  });

  it('all want a key with a scope below /v1', () => {
    for (const route of routes.filter(({ path }) => path.startsWith('/v1/'))) {
      expect(route.scopes, route.operationId).not.toBe('public');
      expect(route.scopes.length, route.operationId).toBeGreaterThan(0);
    }
  });

  it('have unique operation ids and no two handlers for one path and method', () => {
    const ids = routes.map((route) => route.operationId);
    expect(new Set(ids).size).toBe(ids.length);
    const places = routes.map((route) => `${route.method} ${route.path.replaceAll(/\{\w+\}/g, '{}')}`);
    expect(new Set(places).size).toBe(places.length);
  });

  it('take no variable of the path that they do not validate', () => {
    for (const route of routes) {
      const named = [...route.path.matchAll(/\{(\w+)\}/g)].map((match) => match[1]);
      const validated = Object.keys((route.params as { shape?: object } | undefined)?.shape ?? {});
      expect(validated.sort(), route.operationId).toEqual(named.sort());
    }
  });

  it('give examples that their own schemas take', () => {
    for (const { operationId, body, response, examples } of routes) {
      if (examples?.body !== undefined)
        expect(body?.safeParse(examples.body).error, operationId).toBeUndefined();
      if (examples?.response !== undefined)
        expect(response?.safeParse(examples.response).error, operationId).toBeUndefined();
    }
  });
});

describe('webhooks', () => {
  it('are shown for every event that there is', () => {
    expect(webhooks.map(({ type }) => type).sort()).toEqual([...EVENT_TYPES, TEST_EVENT_TYPE].sort());
  });

  it.each(webhooks.map((hook) => [hook.type, hook] as const))(
    '%s has an example of its schema',
    (_, hook) => {
      expect(hook.payload.safeParse(hook.example).error).toBeUndefined();
      expect(hook.payload.safeParse({ ...(hook.example as object), more: 1 }).success).toBe(false);
    },
  );
});

describe('the OpenAPI document', () => {
  it('is 3.1 and has every route', () => {
    expect(document.openapi).toBe('3.1.0');
    expect(operations.map((operation) => operation.operationId).sort()).toEqual(
      routes.map((route) => route.operationId).sort(),
    );
  });

  it('describes every tag that it uses, and uses every tag', () => {
    const used = new Set(operations.flatMap((operation) => operation.tags));
    for (const hook of Object.values(document.webhooks)) hook.post.tags.forEach((tag) => used.add(tag));
    expect([...used].sort()).toEqual(document.tags.map((tag) => tag.name).sort());
  });

  it('refers only to what it holds', () => {
    for (const [, pointer = ''] of openApiText().matchAll(/"\$ref": "#\/([^"]+)"/g)) {
      const target = pointer
        .split('/')
        .reduce<unknown>((at, key) => (at as Record<string, unknown> | undefined)?.[key], document);
      expect(target, pointer).toBeDefined();
    }
  });

  it('is the one committed as docs/openapi.json (node scripts/generate-openapi.mjs)', () => {
    expect(readFileSync(new URL('../../../docs/openapi.json', import.meta.url), 'utf8')).toBe(openApiText());
  });
});
