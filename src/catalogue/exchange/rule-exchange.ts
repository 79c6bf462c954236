import { instantSchema, parseOrRefuse, Refusal } from '../../shared/index.js';
import { z } from 'zod';
import type { ServiceVersionView } from '../catalogue.repository.js';
import type { CatalogueService } from '../catalogue.service.js';
import { diffRules, type RulesDiff } from '../diff.js';
import { policySchema, serviceVersionInputSchema } from '../schemas.js';
import type { DestinationRules, PrefixRule } from '../types.js';
import { readDomainList, writeDomainList } from './domain-list.js';
import { pfdDataSchema, readPfd, writePfd } from './pfd.js';
import { readPrefixList, writePrefixList } from './prefix-list.js';
import { boundedFaults, type ExchangeFormat, type ReadRules } from './types.js';

const listText = z.string().max(8 * 1024 * 1024);
const common = {
  mode: z
    .enum(['replace', 'add'])
    .default('replace')
    .describe('Replace what the format can say (names, prefixes or both) or add to it; the rest stays'),
  exactNames: z
    .enum(['exact', 'below', 'refuse'])
    .default('exact')
    .describe('Names that the list means alone: match them alone, or all below them too, or refuse them'),
  effectiveFrom: instantSchema.optional().describe('Absent: at once'),
  policy: policySchema.unwrap().optional().describe('Absent: as in the latest version; agree for the first'),
};
const attribute = z
  .string()
  .regex(/^[^\s@#]+$/, 'write an attribute without @')
  .max(64);

export const importRulesSchema = z.discriminatedUnion('format', [
  z.strictObject({ format: z.literal('pfd'), pfd: pfdDataSchema, ...common }),
  z.strictObject({
    format: z.literal('domains'),
    text: listText,
    attribute: attribute.optional().describe('Take only lines with this attribute'),
    withoutAttributes: z.array(attribute).max(64).optional().describe('Leave out lines with one of these'),
    ...common,
  }),
  z.strictObject({ format: z.literal('prefixes'), text: listText, ...common }),
]);
export type ImportRules = z.output<typeof importRulesSchema>;

export interface ImportResult {
  version: ServiceVersionView;
  /** Against the version before; null: this is the first. */
  changes: RulesDiff | null;
  /** Names that the list means alone and that now cover what lies below them too. */
  widened: string[];
}

export interface ExportedRules {
  contentType: string;
  text: string;
}

const EMPTY: DestinationRules = {
  domainNames: [],
  exactDomainNames: [],
  excludeDomainNames: [],
  prefixes: [],
};

/** Rules in the formats of others: read as a new version of a service, and written from one. */
export class RuleExchange {
  constructor(private readonly catalogue: CatalogueService) {}

  /** Adds a version with what a list says. Throws a {@link Refusal} that names every line that cannot be taken. */
  async importRules(code: string, input: ImportRules): Promise<ImportResult> {
    const read = readRules(input);
    if (read.faults.length > 0) {
      throw new Refusal(
        'invalid',
        `${read.faults.length} ${read.faults.length === 1 ? 'entry' : 'entries'} of the list cannot be taken, so none was: mend or remove what errors names.`,
        boundedFaults(read.faults),
      );
    }
    const { domainNames = [], exactDomainNames = [], prefixes = [] } = read;
    if (domainNames.length + exactDomainNames.length + prefixes.length === 0) {
      throw new Refusal(
        'invalid',
        'The list says nothing: check the format, and which attributes are asked for.',
        [{ pointer: input.format === 'pfd' ? '/pfd/pfds' : '/text', detail: 'says nothing' }],
      );
    }
    const [latest] = (await this.catalogue.listVersions(code, { limit: 1 })).items;
    const policy = input.policy ?? latest?.policy ?? 'agree';
    const rules = merged(latest?.rules ?? EMPTY, read, input.mode);
    const checked = parseOrRefuse(serviceVersionInputSchema, { policy, rules });
    const version = await this.catalogue.addVersion(code, {
      ...checked,
      ...(input.effectiveFrom !== undefined && { effectiveFrom: input.effectiveFrom }),
    });
    return { version, changes: latest ? diffRules(latest, version) : null, widened: read.widened };
  }

  /**
   * A version in one of the formats. What the format cannot say makes it a {@link Refusal}, unless
   * `partial`: a list without its excludes is wider than the service.
   */
  async exportRules(
    code: string,
    version: number,
    format: ExchangeFormat,
    partial: boolean,
  ): Promise<ExportedRules> {
    const { rules } = await this.catalogue.getVersion(code, version);
    const lost = lostIn(rules, format);
    if (lost.length > 0 && !partial) {
      throw new Refusal(
        'invalid',
        `The format ${format} cannot say everything in version ${version} of ${code}: ${lost.join('; ')}. Ask with partial=true for the rest.`,
        [{ pointer: '/partial', detail: `left out would be: ${lost.join('; ')}` }],
      );
    }
    const title = [`${code} version ${version}`, ...lost.map((what) => `left out: ${what}`)].join('\n# ');
    switch (format) {
      case 'pfd':
        return {
          contentType: 'application/json; charset=utf-8',
          text: `${JSON.stringify(writePfd(code, rules), null, 2)}\n`,
        };
      case 'domains':
        return text(writeDomainList(title, rules.domainNames, rules.exactDomainNames));
      case 'prefixes':
        return text(writePrefixList(title, rules.prefixes.filter(isPlain)));
    }
  }
}

function text(content: string): ExportedRules {
  return { contentType: 'text/plain; charset=utf-8', text: content };
}

function readRules(input: ImportRules): ReadRules {
  switch (input.format) {
    case 'pfd':
      return readPfd(input.pfd, input);
    case 'domains':
      return readDomainList(input.text, input);
    case 'prefixes':
      return readPrefixList(input.text);
  }
}

/** What the list says, over what was there. An exclude stays as long as a name still covers it. */
function merged(before: DestinationRules, read: ReadRules, mode: 'replace' | 'add'): DestinationRules {
  const add = mode === 'add';
  const names = (old: readonly string[], said: readonly string[] | undefined) =>
    said === undefined ? [...old] : [...new Set([...(add ? old : []), ...said])];
  const domainNames = names(before.domainNames, read.domainNames);
  const exactDomainNames = names(before.exactDomainNames ?? [], read.exactDomainNames);
  const included = new Set(domainNames);
  const excludeDomainNames = before.excludeDomainNames.filter((name) => {
    const labels = name.split('.');
    const isNamed = included.has(name) || exactDomainNames.includes(name);
    return !isNamed && labels.some((_, index) => included.has(labels.slice(index).join('.')));
  });
  const prefixes =
    read.prefixes === undefined ? before.prefixes : [...(add ? before.prefixes : []), ...read.prefixes];
  const byKey = new Map(prefixes.map((rule) => [prefixKey(rule), rule]));
  return { domainNames, exactDomainNames, excludeDomainNames, prefixes: [...byKey.values()] };
}

function prefixKey({ prefix, protocol, ports }: PrefixRule): string {
  return JSON.stringify([prefix, protocol, ports]);
}

function isPlain({ protocol, ports }: PrefixRule): boolean {
  return protocol === undefined && ports === undefined;
}

/** What the format has no words for, in words. */
function lostIn(rules: DestinationRules, format: ExchangeFormat): string[] {
  const lost: string[] = [];
  const note = (count: number, what: string) => {
    if (count > 0) lost.push(`${count} ${what}`);
  };
  if (format === 'prefixes') {
    note(rules.domainNames.length + (rules.exactDomainNames ?? []).length, 'domain names');
    note(rules.prefixes.filter((rule) => !isPlain(rule)).length, 'prefixes with protocol or ports');
  } else note(rules.excludeDomainNames.length, 'excluded domain names');
  if (format === 'domains') note(rules.prefixes.length, 'prefixes');
  return lost;
}
