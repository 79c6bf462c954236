import { isDeepStrictEqual } from 'node:util';
import { z } from 'zod';

export type JsonSchema = Record<string, unknown>;

type Direction = 'input' | 'output';
type Forms = Partial<Record<Direction, JsonSchema>>;

/** Stands in a `$ref` until it is known whether the two forms of a schema differ: `pending:input:PlanTerms`. */
const PENDING = /^pending:(input|output):(.+)$/;

/**
 * Collects the named schemas (`.meta({ id })`) of a document. A schema is written once and referred to. What a caller
 * may leave out is always there in an answer: where the two forms of a schema so differ, what is sent is called
 * `…Input`.
 */
export class SchemaCollector {
  private readonly named = new Map<string, Forms>();

  /** `input`: what a caller sends. `output`: what the API answers. The result goes through {@link resolve} later. */
  add(schema: z.ZodType, direction: Direction): JsonSchema {
    const { $defs, ...root } = z.toJSONSchema(schema, {
      target: 'draft-2020-12',
      io: direction,
      unrepresentable: 'any',
      override: ({ zodSchema, jsonSchema }) => {
        if (zodSchema._zod.def.type === 'bigint')
          Object.assign(jsonSchema, { type: 'string', pattern: '^-?\\d+$' });
        // The least and greatest safe integers say nothing about the field.
        if (jsonSchema.maximum === Number.MAX_SAFE_INTEGER) delete jsonSchema.maximum;
        if (jsonSchema.minimum === Number.MIN_SAFE_INTEGER) delete jsonSchema.minimum;
      },
    }) as JsonSchema & { $defs?: Record<string, JsonSchema> };
    for (const [name, definition] of Object.entries($defs ?? {})) this.define(name, direction, definition);
    delete root['$schema'];
    return mark(root, direction);
  }

  /** The document with every reference and `components.schemas` filled in. */
  resolve(document: JsonSchema): JsonSchema {
    const split = this.differingNames();
    const nameOf = (name: string, direction: Direction) =>
      direction === 'input' && split.has(name) ? `${name}Input` : name;
    const components: Record<string, JsonSchema> = {};
    for (const [name, forms] of this.named) {
      for (const direction of ['input', 'output'] as const) {
        const form = forms[direction];
        if (form !== undefined) components[nameOf(name, direction)] ??= form;
      }
    }
    const names = Object.keys(components).sort();
    const whole = {
      ...document,
      components: {
        ...(document['components'] as JsonSchema),
        schemas: Object.fromEntries(names.map((name) => [name, components[name]])),
      },
    };
    return mapRefs(whole, (ref) => {
      const [, direction, name] = PENDING.exec(ref) ?? [];
      return name === undefined ? ref : `#/components/schemas/${nameOf(name, direction as Direction)}`;
    });
  }

  private define(name: string, direction: Direction, definition: JsonSchema): void {
    const form = mark(definition, direction);
    delete form['id'];
    const forms = this.named.get(name) ?? {};
    const known = forms[direction];
    if (known !== undefined && !isDeepStrictEqual(known, form))
      throw new Error(`Two schemas have the id ${name}: give each an id of its own`);
    this.named.set(name, { ...forms, [direction]: form });
  }

  /** Names whose two forms differ in themselves or in what they refer to. */
  private differingNames(): Set<string> {
    const plain = (form: JsonSchema) => mapRefs(form, (ref) => PENDING.exec(ref)?.[2] ?? ref);
    const both = [...this.named].filter(
      ([, { input, output }]) => input !== undefined && output !== undefined,
    );
    const differing = new Set<string>();
    for (const [name, { input = {}, output = {} }] of both)
      if (!isDeepStrictEqual(plain(input), plain(output))) differing.add(name);
    for (let before = -1; before !== differing.size;) {
      before = differing.size;
      for (const [name, { input = {} }] of both)
        if (refsOf(input).some((ref) => differing.has(ref))) differing.add(name);
    }
    return differing;
  }
}

function mark(schema: JsonSchema, direction: Direction): JsonSchema {
  return mapRefs(schema, (ref) => ref.replace('#/$defs/', `pending:${direction}:`));
}

function mapRefs(schema: JsonSchema, map: (ref: string) => string): JsonSchema {
  return JSON.parse(
    JSON.stringify(schema, (key, value: unknown) =>
      key === '$ref' && typeof value === 'string' ? map(value) : value,
    ),
  ) as JsonSchema;
}

function refsOf(schema: JsonSchema): string[] {
  const names: string[] = [];
  mapRefs(schema, (ref) => {
    names.push(PENDING.exec(ref)?.[2] ?? ref);
    return ref;
  });
  return names;
}
