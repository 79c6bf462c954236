import { isDeepStrictEqual } from 'node:util';
import { z } from 'zod';

export type JsonSchema = Record<string, unknown>;

/**
 * Collects the named schemas (`.meta({ id })`) of a document under `components`. A schema with a name is written once
 * and referred to; request and answer forms of one name must agree, else the document would say one of them wrongly.
 */
export class SchemaCollector {
  readonly components: Record<string, JsonSchema> = {};

  /** `input`: what a caller sends. `output`: what the API answers. */
  add(schema: z.ZodType, io: 'input' | 'output'): JsonSchema {
    const { $defs, ...root } = z.toJSONSchema(schema, {
      target: 'draft-2020-12',
      io,
      unrepresentable: 'any',
      override: ({ zodSchema, jsonSchema }) => {
        if (zodSchema._zod.def.type === 'bigint')
          Object.assign(jsonSchema, { type: 'string', pattern: '^-?\\d+$' });
        // The least and greatest safe integers say nothing about the field.
        if (jsonSchema.maximum === Number.MAX_SAFE_INTEGER) delete jsonSchema.maximum;
        if (jsonSchema.minimum === Number.MIN_SAFE_INTEGER) delete jsonSchema.minimum;
      },
    }) as JsonSchema & { $defs?: Record<string, JsonSchema> };
    for (const [name, definition] of Object.entries($defs ?? {})) this.define(name, definition);
    delete root['$schema'];
    return relocate(root);
  }

  private define(name: string, definition: JsonSchema): void {
    const rest = relocate(definition);
    delete rest['id'];
    const known = this.components[name];
    if (known !== undefined && !isDeepStrictEqual(known, rest)) {
      throw new Error(
        `The schema ${name} differs between its uses (request and answer?): give each form a name of its own`,
      );
    }
    this.components[name] = rest;
  }
}

/** `#/$defs/X` → `#/components/schemas/X`, throughout. */
function relocate(schema: JsonSchema): JsonSchema {
  return JSON.parse(
    JSON.stringify(schema, (key, value: unknown) =>
      key === '$ref' && typeof value === 'string'
        ? value.replace('#/$defs/', '#/components/schemas/')
        : value,
    ),
  ) as JsonSchema;
}
