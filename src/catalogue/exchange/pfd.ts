import { z } from 'zod';
import type { FieldError } from '../../shared/index.js';
import { normaliseName } from '../names.js';
import type { DestinationRules, PrefixRule } from '../types.js';
import { gatherNames, shown } from './domain-list.js';
import { readFlowDescription, writeFlowDescription } from './flow-description.js';
import type { ReadOptions, ReadRules } from './types.js';

const texts = z.array(z.string().max(4096)).max(100_000);

/** PfdContent of TS 29.551, clause 5.6.2.3. */
const pfdContentSchema = z.strictObject({
  pfdId: z.string().max(256),
  flowDescriptions: texts.optional().describe('IPFilterRule of RFC 6733: protocol, server address and port'),
  urls: texts.optional().describe('Only a whole site, such as `https://music.example.com/`'),
  domainNames: texts.optional().describe('FQDN, or a regular expression for a name and all below it'),
  dnProtocol: z.string().max(64).optional(),
});

/** PfdDataForApp of TS 29.551, clause 5.6.2.2: the packet flow descriptions of one application. */
export const pfdDataSchema = z.strictObject({
  applicationId: z.string().max(256),
  pfds: z.array(pfdContentSchema).max(100_000),
  cachingTime: z.string().max(64).optional(),
  cachingTimer: z.int().optional(),
  pfdTimestamp: z.string().max(64).optional(),
  partialFlag: z.boolean().optional(),
  suppFeat: z.string().max(256).optional(),
});
export type PfdData = z.output<typeof pfdDataSchema>;
type PfdContent = z.output<typeof pfdContentSchema>;

/** @param pointer of `data`, for faults */
export function readPfd(data: PfdData, options: ReadOptions, pointer = '/pfd'): ReadRules {
  const result: Reading = { whole: [], alone: [], prefixes: new Map(), faults: [] };
  if (data.partialFlag === true) {
    result.faults.push({
      pointer: `${pointer}/partialFlag`,
      detail: 'these are only the changes of a list: give the whole list',
    });
  }
  data.pfds.forEach((pfd, index) => readContent(pfd, `${pointer}/pfds/${index}`, options, result));
  return {
    ...gatherNames(result.whole, result.alone, options),
    prefixes: [...result.prefixes.values()],
    faults: result.faults,
  };
}

interface Reading {
  whole: string[];
  alone: string[];
  prefixes: Map<string, PrefixRule>;
  faults: FieldError[];
}

function readContent(pfd: PfdContent, pointer: string, options: ReadOptions, into: Reading): void {
  const { flowDescriptions = [], urls = [], domainNames = [] } = pfd;
  const fault = (at: string, detail: string) => into.faults.push({ pointer: `${pointer}${at}`, detail });
  if (pfd.dnProtocol !== undefined) {
    fault('/dnProtocol', 'a name counts wherever a flow shows it, not in one protocol alone: leave it out');
  }
  if (flowDescriptions.length > 0 && urls.length + domainNames.length > 0) {
    fault(
      '',
      'a name and an address in one PFD: part it in two. That both must agree is what the policy "agree" says',
    );
    return;
  }
  if (flowDescriptions.length + urls.length + domainNames.length === 0) {
    fault('', 'describes nothing: give flowDescriptions, urls or domainNames, or remove it');
  }
  flowDescriptions.forEach((text, index) => {
    const read = readFlowDescription(text);
    if ('fault' in read) fault(`/flowDescriptions/${index}`, read.fault);
    else for (const rule of read.rules) into.prefixes.set(JSON.stringify(rule), rule);
  });
  const takeName = (at: string, read: NameReading) => {
    if ('fault' in read) fault(at, read.fault);
    else if (!read.alone) into.whole.push(read.name);
    else if (options.exactNames === 'refuse') {
      fault(
        at,
        `means ${read.name} alone: write ${suffixPattern(read.name)}, or set exactNames to exact or below`,
      );
    } else into.alone.push(read.name);
  };
  urls.forEach((text, index) => takeName(`/urls/${index}`, readUrl(text)));
  domainNames.forEach((text, index) => takeName(`/domainNames/${index}`, readDomainName(text)));
}

type NameReading = { name: string; alone: boolean } | { fault: string };

/** A name and all below it: `^(.+\.)?line\.me$`, also `^.*\.line\.me$`; with or without anchors. */
const SUFFIX_PATTERN = /^\^?(?:\((?:\?:)?\.[+*]\\\.\)[?*]?|\.[*+]\\\.)((?:[a-z0-9_-]|\\?[.-])+)\$?$/i;

/** Takes an FQDN, `*.name`, and those regular expressions that mean "everything below a name". */
function readDomainName(text: string): NameReading {
  const bare = text.trim();
  if (/^\*\.[^*]+$/.test(bare)) return named(bare.slice(2), false);
  if (!/[\\^$*+?()[\]{}|]/.test(bare)) return named(bare, true);
  const below = SUFFIX_PATTERN.exec(bare)?.[1];
  if (below !== undefined) return named(below.replaceAll('\\', ''), false);
  return {
    fault: `"${shown(bare)}": of regular expressions only "a name and all below it" can be taken, such as ${suffixPattern('line.me')}`,
  };
}

function readUrl(text: string): NameReading {
  const refused = {
    fault: `"${shown(text)}": traffic shows no path, so only a whole site can be taken, such as https://line.me/`,
  };
  if (/[\\^$*+()[\]{}|]/.test(text)) return refused;
  let url;
  try {
    url = new URL(text.trim());
  } catch {
    return refused;
  }
  const whole = url.pathname === '/' && url.search === '' && url.hash === '' && url.username === '';
  if (!/^https?:$/.test(url.protocol) || !whole || url.port !== '') return refused;
  return named(url.hostname, true);
}

function named(text: string, alone: boolean): NameReading {
  const result = normaliseName(text);
  return 'name' in result ? { name: result.name, alone } : { fault: `"${shown(text)}": ${result.fault}` };
}

/** The regular expression for a name and all below it. */
export function suffixPattern(name: string): string {
  return `^(.+\\.)?${name.replaceAll('.', '\\.')}$`;
}

/** One PFD of names and one of addresses. */
export function writePfd(
  applicationId: string,
  rules: Pick<DestinationRules, 'domainNames' | 'exactDomainNames' | 'prefixes'>,
): PfdData {
  const pfds: PfdContent[] = [];
  const domainNames = [...rules.domainNames.map(suffixPattern), ...(rules.exactDomainNames ?? [])];
  if (domainNames.length > 0) pfds.push({ pfdId: `${applicationId}-names`, domainNames });
  if (rules.prefixes.length > 0) {
    pfds.push({
      pfdId: `${applicationId}-addresses`,
      flowDescriptions: rules.prefixes.map(writeFlowDescription),
    });
  }
  return { applicationId, pfds };
}
