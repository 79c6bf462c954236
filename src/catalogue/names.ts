import { domainToASCII } from 'node:url';
import { getPublicSuffix } from 'tldts';

const LABEL = /^[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?$/;

/** A domain name as rules hold it, or what is wrong with the text given. */
export type NameResult = { name: string } | { fault: string };

/**
 * The lower-case A-label form (RFC 5890) of a domain name. Refused: addresses, wildcards, names of one label and
 * public suffixes: a rule for `co.jp` would make a whole country's sites free.
 */
export function normaliseName(text: string): NameResult {
  const bare = text.trim().replace(/\.$/, '');
  if (bare.startsWith('*.') || bare.startsWith('.')) {
    return { fault: `write ${bare.replace(/^\*?\./, '')}: a name covers everything below it` };
  }
  if (/[\s/:@?#%*\\[\]]/.test(bare)) {
    return { fault: 'write a domain name alone, such as line.me, without scheme, port, path or wildcard' };
  }
  const name = domainToASCII(bare);
  if (name === '' || name.length > 253) return { fault: 'this is no domain name (RFC 1035, RFC 5891)' };
  const labels = name.split('.');
  // The URL standard reads a last label of digits as an IPv4 address.
  if (/^(?:\d+|0x[0-9a-f]*)$/.test(labels.at(-1) ?? '')) {
    return { fault: 'this is an address: put it into prefixes' };
  }
  const broken = labels.find((label) => !LABEL.test(label));
  if (broken !== undefined)
    return { fault: `the label "${broken}" is not valid (RFC 1035: letters, digits, hyphens)` };
  // Private suffixes too (github.io, s3.amazonaws.com): anyone may have a name below them.
  if (getPublicSuffix(name, { allowPrivateDomains: true }) === name) {
    return {
      fault: `${name} is a public suffix: anyone may register a name below it. Name the sites themselves`,
    };
  }
  return { name };
}

/** True if `name` is `suffix` or lies below it, on label boundaries. */
export function isUnder(name: string, suffix: string): boolean {
  return name === suffix || name.endsWith(`.${suffix}`);
}
