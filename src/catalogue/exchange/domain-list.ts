import type { FieldError } from '../../shared/index.js';
import { normaliseName } from '../names.js';
import type { ReadOptions, ReadRules } from './types.js';

export interface DomainListOptions extends ReadOptions {
  /** Take only lines with this attribute, without `@`. */
  attribute?: string | undefined;
  /** Leave out lines with one of these attributes. */
  withoutAttributes?: readonly string[] | undefined;
}

const CANNOT: Readonly<Record<string, string>> = {
  regexp:
    'rules have no regular expressions: anyone could register a name that one matches. List the names themselves',
  keyword:
    'rules match on label boundaries, never a part of a name: anyone could register a name with this word. List the names themselves',
  include: 'lists are read one by one: put the lines of the included list here',
};

/**
 * Reads a domain list as v2fly/domain-list-community writes them: `domain:name` (or a bare name) covers a name and all
 * below it, `full:name` a name alone; `# comment`, `@attribute` and `&affiliation` may follow.
 * @param pointer of the text, for faults
 */
export function readDomainList(text: string, options: DomainListOptions, pointer = '/text'): ReadRules {
  const whole: string[] = [];
  const alone: string[] = [];
  const faults: FieldError[] = [];
  eachLine(text, (line, number) => {
    const fault = (detail: string) => faults.push({ pointer, detail: `line ${number}: ${detail}` });
    const [entry = '', ...marks] = line.split(/\s+/);
    const strange = marks.find((mark) => !/^[@&]\S+$/.test(mark));
    if (strange !== undefined) {
      fault(
        `"${shown(strange)}" is neither an attribute (@…) nor a comment (#…): one name a line; remove it`,
      );
      return;
    }
    const attributes = marks.filter((mark) => mark.startsWith('@')).map((mark) => mark.slice(1));
    if (!isWanted(attributes, options)) return;
    const { kind, value } = splitKind(entry);
    const cannot = CANNOT[kind];
    if (cannot !== undefined) fault(`${kind}: ${cannot}`);
    else if (kind !== 'domain' && kind !== 'full') {
      fault(`"${shown(kind)}:" is not known; write domain:name, full:name or the name alone`);
    } else {
      const result = normaliseName(value);
      if ('fault' in result) fault(`"${shown(value)}": ${result.fault}`);
      else if (kind === 'full' && options.exactNames === 'refuse') {
        fault(
          `full:${result.name} means this name alone: list it as domain:, or set exactNames to exact or below`,
        );
      } else {
        (kind === 'full' ? alone : whole).push(result.name);
      }
    }
  });
  return { ...gatherNames(whole, alone, options), faults };
}

/** Every line that says something, without its comment, with its number from 1. */
export function eachLine(text: string, take: (line: string, number: number) => void): void {
  text
    .replace(/^\uFEFF/, '')
    .split(/\r\n|\n|\r/)
    .forEach((raw, index) => {
      const line = raw.replace(/#.*$/, '').trim();
      if (line !== '') take(line, index + 1);
    });
}

/** A text of a foreign list, short enough for a message. */
export function shown(text: string): string {
  return text.length <= 80 ? text : `${text.slice(0, 77)}…`;
}

export function writeDomainList(
  title: string,
  domainNames: readonly string[],
  exactDomainNames: readonly string[] = [],
): string {
  const names = domainNames.map((name) => `domain:${name}`);
  return [`# ${title}`, ...names, ...exactDomainNames.map((name) => `full:${name}`), ''].join('\n');
}

function isWanted(attributes: readonly string[], options: DomainListOptions): boolean {
  const { attribute, withoutAttributes = [] } = options;
  if (attribute !== undefined && !attributes.includes(attribute)) return false;
  return !attributes.some((each) => withoutAttributes.includes(each));
}

function splitKind(entry: string): { kind: string; value: string } {
  const colon = entry.indexOf(':');
  return colon < 0
    ? { kind: 'domain', value: entry }
    : { kind: entry.slice(0, colon).toLowerCase(), value: entry.slice(colon + 1) };
}

/**
 * Rules for names that a list means with all below them (`whole`) and for those that it means alone; the latter stay so,
 * or are widened unless one of the former covers them.
 */
export function gatherNames(
  whole: readonly string[],
  alone: readonly string[],
  { exactNames }: ReadOptions,
): Pick<ReadRules, 'widened'> & Required<Pick<ReadRules, 'domainNames' | 'exactDomainNames'>> {
  if (exactNames === 'exact') {
    return { domainNames: distinct(whole), exactDomainNames: distinct(alone), widened: [] };
  }
  const covering = new Set(whole);
  const isCovered = (name: string) => {
    const labels = name.split('.');
    return labels.some((_, index) => covering.has(labels.slice(index).join('.')));
  };
  return {
    domainNames: distinct([...whole, ...alone]),
    exactDomainNames: [],
    widened: distinct(alone).filter((name) => !isCovered(name)),
  };
}

function distinct(names: readonly string[]): string[] {
  return [...new Set(names)].sort();
}
