import { Refusal, parseAddress, parsePrefix, type FieldError } from '../shared/plain.js';
import type { MirrorType, RealmConfig } from '../capture/plain.js';

/** Options as a command line gives them. */
export interface ReplayOptions {
  files: readonly string[];
  /** Comma-separated CIDR texts. */
  subscribers?: string | undefined;
  mirror?: string | undefined;
  engine?: string | undefined;
  /** Comma-separated addresses whose DNS answers are believed; absent = any. */
  resolvers?: string | undefined;
  /** `database` or the path of a file; absent = the seed. */
  catalogue?: string | undefined;
  json?: boolean | undefined;
}

export type ReplayEngine = 'user' | 'xdp';

export interface ReplayRequest {
  files: readonly string[];
  realm: RealmConfig;
  engine: ReplayEngine;
  resolvers: readonly string[] | undefined;
  catalogue: string | undefined;
  json: boolean;
}

const MIRRORS: readonly MirrorType[] = ['none', 'gre', 'vxlan', 'gtpu', 'ipip'];
const ENGINES: readonly ReplayEngine[] = ['user', 'xdp'];

/** Throws one {@link Refusal} that names every option at fault. */
export function parseReplayOptions(options: ReplayOptions): ReplayRequest {
  const faults: FieldError[] = [];
  const fault = (pointer: string, detail: string) => faults.push({ pointer, detail });
  if (options.files.length === 0) fault('/files', 'name at least one capture file');
  const subscribers = splitList(options.subscribers);
  if (subscribers.length === 0)
    fault(
      '/subscribers',
      '--subscribers is missing: say which addresses are your SIMs, such as --subscribers 10.128.0.0/9',
    );
  subscribers.forEach((text, index) => {
    try {
      parsePrefix(text, `/subscribers/${index}`);
    } catch (error) {
      if (!(error instanceof Refusal)) throw error;
      fault(`/subscribers/${index}`, `--subscribers: ${error.message}`);
    }
  });
  const mirror = options.mirror ?? 'none';
  if (!isOneOf(MIRRORS, mirror))
    fault('/mirror', `--mirror is one of ${MIRRORS.join(', ')}, not "${mirror}"`);
  const engine = options.engine ?? 'user';
  if (!isOneOf(ENGINES, engine))
    fault('/engine', `--engine is one of ${ENGINES.join(', ')}, not "${engine}"`);
  const resolvers = options.resolvers === undefined ? undefined : splitList(options.resolvers);
  resolvers?.forEach((text, index) => {
    if (!parseAddress(text)) fault(`/resolvers/${index}`, `--resolvers: "${text}" is no IP address`);
  });
  if (faults.length > 0 || !isOneOf(MIRRORS, mirror) || !isOneOf(ENGINES, engine))
    throw new Refusal('invalid', faults.map((one) => one.detail).join('; '), faults);
  return {
    files: options.files,
    realm: { index: 1, name: 'default', mirror: { type: mirror }, subscriberPrefixes: subscribers },
    engine,
    resolvers,
    catalogue: options.catalogue,
    json: options.json ?? false,
  };
}

function isOneOf<T extends string>(known: readonly T[], text: string): text is T {
  return (known as readonly string[]).includes(text);
}

function splitList(text: string | undefined): string[] {
  return (text ?? '')
    .split(',')
    .map((part) => part.trim())
    .filter((part) => part !== '');
}
