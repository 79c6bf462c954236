import { Refusal, formatPrefix, parsePrefix, type FieldError } from '../../shared/index.js';
import type { PrefixRule } from '../types.js';
import { eachLine, shown } from './domain-list.js';
import type { ReadRules } from './types.js';

/**
 * Reads a list of prefixes, one CIDR (or address) a line, `#` and `;` begin comments; as operators publish them.
 * @param pointer of the text, for faults
 */
export function readPrefixList(text: string, pointer = '/text'): ReadRules {
  const prefixes = new Map<string, PrefixRule>();
  const faults: FieldError[] = [];
  eachLine(text, (raw, number) => {
    const line = raw.replace(/;.*$/, '').trim();
    if (line === '') return;
    const result = readPrefix(line);
    if ('fault' in result)
      faults.push({ pointer, detail: `line ${number}: "${shown(line)}": ${result.fault}` });
    else prefixes.set(result.prefix, { prefix: result.prefix });
  });
  return { prefixes: [...prefixes.values()], widened: [], faults };
}

/** The canonical text of a prefix, or what is wrong with it. */
export function readPrefix(text: string): { prefix: string } | { fault: string } {
  try {
    const prefix = parsePrefix(text);
    if (prefix.length === 0) {
      return { fault: 'this is every address: a service cannot be the whole Internet' };
    }
    return { prefix: formatPrefix(prefix) };
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    return { fault: error.fields[0]?.detail ?? error.message };
  }
}

export function writePrefixList(title: string, prefixes: readonly PrefixRule[]): string {
  return [`# ${title}`, ...prefixes.map(({ prefix }) => prefix), ''].join('\n');
}
