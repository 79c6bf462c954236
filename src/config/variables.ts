import { isIP } from 'node:net';
import { homedir, hostname } from 'node:os';
import { join, resolve } from 'node:path';
import { z } from 'zod';
import { formatPrefix, parsePrefix, Refusal } from '../shared/index.js';

export const ROLES = ['capture', 'worker', 'api'] as const;
export type Role = (typeof ROLES)[number];

/** One environment variable: how it is read, and what the generated page says of it. */
export interface Variable<T> {
  schema: z.ZodType<T, string | undefined>;
  /** One or two sentences for the operator. */
  description: string;
  /** As the page shows it; computed defaults in words. */
  defaultText: string;
  example: string;
  /** Never printed. `url`: only the password in it. */
  secret?: 'whole' | 'url';
}

const KIBI = 1024;
const SIZES: Readonly<Record<string, number>> = {
  '': 1,
  k: 1e3,
  m: 1e6,
  g: 1e9,
  ki: KIBI,
  mi: KIBI ** 2,
  gi: KIBI ** 3,
};

function fromText<T>(parse: (text: string) => T): z.ZodType<T, string> {
  return z.string().transform((text, context) => {
    try {
      return parse(text.trim());
    } catch (error) {
      context.addIssue({ code: 'custom', message: error instanceof Error ? error.message : String(error) });
      return z.NEVER;
    }
  });
}

function withDefault<T>(schema: z.ZodType<T, string>, value: () => T): z.ZodType<T, string | undefined> {
  // An empty variable is what compose files and unit files make of an unset one.
  return z
    .string()
    .optional()
    .transform((text) => (text?.trim() === '' ? undefined : text))
    .transform((text, context) => {
      if (text === undefined) return value();
      const parsed = schema.safeParse(text);
      if (parsed.success) return parsed.data;
      for (const issue of parsed.error.issues) context.addIssue({ code: 'custom', message: issue.message });
      return z.NEVER;
    });
}

const optional = <T>(schema: z.ZodType<T, string>) => withDefault<T | null>(schema, () => null);

function urlOf(schemes: readonly string[], example: string): z.ZodType<string, string> {
  return fromText((text) => {
    const scheme = /^([a-z]+):\/\/\S+$/.exec(text)?.[1];
    if (scheme === undefined || !schemes.includes(scheme)) throw new Error(`give a URL such as ${example}`);
    if (scheme !== 'unix' && !URL.canParse(text)) {
      throw new Error(`is no valid URL: percent-encode special characters of user and password (${example})`);
    }
    return text;
  });
}

function numberBetween(least: number, most: number, whole = true): z.ZodType<number, string> {
  return fromText((text) => {
    const value = text === '' ? Number.NaN : Number(text);
    const sound =
      Number.isFinite(value) && value >= least && value <= most && (!whole || Number.isInteger(value));
    if (!sound) throw new Error(`give a ${whole ? 'whole ' : ''}number from ${least} to ${most}`);
    return value;
  });
}

function octetsBetween(least: number, most: number): z.ZodType<number, string> {
  return fromText((text) => {
    const match = /^(\d+)\s*([kmg]i?)?b?$/i.exec(text);
    const value = Number(match?.[1] ?? Number.NaN) * (SIZES[(match?.[2] ?? '').toLowerCase()] ?? Number.NaN);
    if (!(value >= least && value <= most)) {
      throw new Error(`give octets from ${least} to ${most}, plain or as 512MiB, 4GiB`);
    }
    return value;
  });
}

function oneOf<const T extends string>(...values: readonly T[]): z.ZodType<T, string> {
  return fromText((text) => {
    const value = values.find((candidate) => candidate === text.toLowerCase());
    if (value === undefined) throw new Error(`give one of ${values.join(', ')}`);
    return value;
  });
}

function listOf<T>(parse: (item: string) => T): z.ZodType<readonly T[], string> {
  return fromText((text) => {
    const items = text.split(',').map((item) => item.trim());
    return Object.freeze(items.filter((item) => item !== '').map(parse));
  });
}

const boolean = fromText((text) => {
  if (/^(?:true|yes|1|on)$/i.test(text)) return true;
  if (/^(?:false|no|0|off)$/i.test(text)) return false;
  throw new Error('give true or false');
});

function parseRoles(text: string): readonly Role[] {
  const names = text.split(',').map((name) => name.trim().toLowerCase());
  if (names.includes('all')) return ROLES;
  const unknown = names.filter((name) => !ROLES.some((role) => role === name));
  if (unknown.length > 0)
    throw new Error(`"${unknown.join(', ')}" is no role: give capture, worker, api or all`);
  return Object.freeze(ROLES.filter((role) => names.includes(role)));
}

function parseListen(text: string): { host: string; port: number } {
  const match = /^(?:\[([^\]]+)\]|([^:]*)):(\d{1,5})$/.exec(text);
  const host = match?.[1] ?? match?.[2] ?? '';
  const port = Number(match?.[3] ?? Number.NaN);
  if (match === null || port > 65_535 || (host !== 'localhost' && isIP(host) === 0)) {
    throw new Error('give ADDRESS:PORT, such as 127.0.0.1:8080, 0.0.0.0:8080 or [::1]:8080');
  }
  return Object.freeze({ host, port });
}

/** ifname of the kernel: dev_valid_name() in net/core/dev.c. */
function parseInterface(name: string): string {
  if (name.length > 15 || name === '.' || name === '..' || /[/:\s]/.test(name)) {
    throw new Error(`"${name}" cannot be an interface's name; "ip link" lists them`);
  }
  return name;
}

function parseCidr(text: string): string {
  try {
    return formatPrefix(parsePrefix(text));
  } catch (error) {
    throw error instanceof Refusal ? new Error(error.message) : error;
  }
}

function parseKey(text: string): Buffer {
  const key = /^[0-9a-f]{64}$/i.test(text) ? Buffer.from(text, 'hex') : Buffer.from(text, 'base64');
  if (key.length !== 32)
    throw new Error('give 32 bytes as base64 or hex: "openssl rand -base64 32" makes one');
  return key;
}

function parseSourceName(text: string): string {
  if (!/^[A-Za-z0-9._-]{1,64}$/.test(text))
    throw new Error('use 1 to 64 letters, digits, dots, hyphens, underscores');
  return text;
}

function parseBrake(text: string): number | null {
  if (text === 'off') return null;
  const factor = text === '' ? Number.NaN : Number(text);
  if (!(factor > 1 && factor <= 1000)) throw new Error('give a number above 1, up to 1000, or off');
  return factor;
}

function parseToken(text: string): string {
  if (!/^[\x21-\x7e]{16,256}$/.test(text))
    throw new Error('give 16 to 256 printable characters without spaces');
  return text;
}

function defaultDataDir(): string {
  if (process.getuid?.() === 0) return '/var/lib/countfree';
  return join(homedir(), '.local/share/countfree');
}

/** Host names may hold what a source name may not; never empty. */
function defaultSourceName(): string {
  return (
    hostname()
      .replaceAll(/[^A-Za-z0-9._-]/g, '-')
      .slice(0, 64) || 'countfree'
  );
}

function variable<T>(definition: Variable<T>): Variable<T> {
  return definition;
}

/** Every variable that the service reads. Nothing else may look at the environment. */
export const VARIABLES = {
  DATABASE_URL: variable({
    schema: optional(urlOf(['postgres', 'postgresql'], 'postgresql://user:password@host/database')),
    description: 'Postgres server (15 or later). Unset: a private one in the data folder.',
    defaultText: 'private server',
    example: 'postgresql://countfree:secret@db.example.net/countfree',
    secret: 'url',
  }),
  REDIS_URL: variable({
    schema: optional(urlOf(['redis', 'rediss', 'unix'], 'redis://host:6379/0')),
    description: 'Redis server of the job queue. Unset: a private one in the data folder.',
    defaultText: 'private server',
    example: 'redis://redis.example.net:6379/0',
    secret: 'url',
  }),
  COUNTFREE_DATA_DIR: variable({
    schema: withDefault(
      fromText((text) => resolve(text)),
      defaultDataDir,
    ),
    description:
      'Folder of the spool and of private servers. As root it must lie where other users may enter, so not in /root.',
    defaultText: '`/var/lib/countfree` for root, else `~/.local/share/countfree`',
    example: '/srv/countfree',
  }),
  COUNTFREE_ROLES: variable({
    schema: withDefault(fromText(parseRoles), () => ROLES),
    description: 'What this process does: any of `capture`, `worker`, `api`, separated by commas, or `all`.',
    defaultText: '`all`',
    example: 'worker,api',
  }),
  COUNTFREE_LISTEN: variable({
    schema: withDefault(fromText(parseListen), () => parseListen('127.0.0.1:8080')),
    description: 'Address and port of the REST API. Port 0 takes a free one.',
    defaultText: '`127.0.0.1:8080`',
    example: '0.0.0.0:8080',
  }),
  COUNTFREE_LOG_LEVEL: variable({
    schema: withDefault(oneOf('fatal', 'error', 'warn', 'info', 'debug', 'trace'), () => 'info' as const),
    description: 'Least level that is logged: `fatal`, `error`, `warn`, `info`, `debug` or `trace`.',
    defaultText: '`info`',
    example: 'debug',
  }),
  COUNTFREE_DATABASE_POOL_SIZE: variable({
    schema: withDefault(numberBetween(2, 200), () => 10),
    description: 'Most connections to Postgres at once, per process.',
    defaultText: '`10`',
    example: '20',
  }),
  COUNTFREE_CAPTURE_INTERFACES: variable({
    schema: withDefault(listOf(parseInterface), () => Object.freeze([])),
    description: 'Network interfaces that mirrored packets arrive at, separated by commas.',
    defaultText: 'none',
    example: 'ens6',
  }),
  COUNTFREE_CAPTURE_FILES: variable({
    schema: withDefault(
      listOf((path) => resolve(path)),
      () => Object.freeze([]),
    ),
    description: 'Capture files (pcap, pcapng) that are read once each, separated by commas.',
    defaultText: 'none',
    example: '/srv/captures/monday.pcapng',
  }),
  COUNTFREE_CAPTURE_MODE: variable({
    schema: withDefault(oneOf('auto', 'native', 'generic', 'socket'), () => 'auto' as const),
    description:
      'How packets are taken: XDP `native` (in the driver) or `generic` (after it, slower), `socket` (a packet socket without XDP: slowest, and packets may be dropped), `auto` (the first that works, `socket` only where the kernel forbids XDP).',
    defaultText: '`auto`',
    example: 'native',
  }),
  COUNTFREE_MIRROR_VERDICT: variable({
    schema: withDefault(oneOf('drop', 'pass'), () => 'drop' as const),
    description: 'What becomes of a mirrored packet after it was counted. Everything else always passes.',
    defaultText: '`drop`',
    example: 'pass',
  }),
  COUNTFREE_EPOCH_SECONDS: variable({
    schema: withDefault(numberBetween(0.2, 3600, false), () => 1),
    description:
      'Length of an epoch: how often flow records leave the kernel. Thresholds are told within it and 2 seconds; a longer one writes less where very many SIMs are always active.',
    defaultText: '`1`',
    example: '10',
  }),
  COUNTFREE_FLOW_TABLE_ENTRIES: variable({
    schema: withDefault(numberBetween(1024, 16_777_216), () => 262_144),
    description:
      'Flows that one epoch can hold before it counts per address. Two tables of this size are kept.',
    defaultText: '`262144`',
    example: '1048576',
  }),
  COUNTFREE_PIN_PATH: variable({
    schema: withDefault(
      fromText((text) => resolve(text)),
      () => '/sys/fs/bpf/countfree',
    ),
    description: 'Folder in bpffs where program and maps stay while the service restarts.',
    defaultText: '`/sys/fs/bpf/countfree`',
    example: '/sys/fs/bpf/countfree-2',
  }),
  COUNTFREE_SOURCE_NAME: variable({
    schema: withDefault(fromText(parseSourceName), defaultSourceName),
    description:
      'Name of this capture node. It must stay the same over restarts and differ from every other node.',
    defaultText: 'host name',
    example: 'tokyo-1',
  }),
  COUNTFREE_SPOOL_MAX_BYTES: variable({
    schema: withDefault(octetsBetween(16 * KIBI ** 2, 1024 * KIBI ** 3), () => 4 * KIBI ** 3),
    description:
      'Most octets on disk between capture and ledger. When it is full, records wait in the kernel.',
    defaultText: '`4GiB`',
    example: '16GiB',
  }),
  COUNTFREE_WEBHOOK_ALLOW_PRIVATE: variable({
    schema: withDefault(listOf(parseCidr), () => Object.freeze([])),
    description:
      'Private or special address ranges that webhooks may be sent to all the same, separated by commas.',
    defaultText: 'none',
    example: '10.20.0.0/16',
  }),
  COUNTFREE_WEBHOOK_ALLOW_HTTP: variable({
    schema: withDefault(boolean, () => false),
    description: 'Whether webhooks may be sent over plain http.',
    defaultText: '`false`',
    example: 'true',
  }),
  COUNTFREE_SECRET_KEY: variable({
    schema: optional(fromText(parseKey)),
    description:
      'Key of 32 bytes (base64 or hex) that encrypts the secrets of webhook endpoints in the database.',
    defaultText: 'stored unencrypted',
    example: 'made by `openssl rand -base64 32`',
    secret: 'whole',
  }),
  COUNTFREE_RADIUS_LISTEN: variable({
    schema: optional(fromText(parseListen)),
    description:
      'Address and UDP port at which RADIUS accounting is taken (RFC 2866; the usual port is 1813). Port 0 takes a free one.',
    defaultText: 'no RADIUS',
    example: '0.0.0.0:1813',
  }),
  COUNTFREE_RADIUS_CLIENTS_FILE: variable({
    schema: optional(fromText((text) => resolve(text))),
    description:
      'JSON file of the senders of accounting: address, shared secret and realm of each (docs/sessions.md shows its form).',
    defaultText: 'none; needed with `COUNTFREE_RADIUS_LISTEN`',
    example: '/etc/countfree/radius-clients.json',
  }),
  COUNTFREE_SORACOM_FILE: variable({
    schema: optional(fromText((text) => resolve(text))),
    description:
      'JSON file of the SORACOM accounts whose SIMs and sessions a worker keeps up to date (docs/sessions.md shows its form).',
    defaultText: 'no SORACOM sync',
    example: '/etc/countfree/soracom.json',
  }),
  COUNTFREE_FRAUD_ALERT_OCTETS: variable({
    schema: withDefault(octetsBetween(1, Number.MAX_SAFE_INTEGER), () => 100e6),
    description:
      'Octets of a SIM in one UTC day from which a finding of the fraud report sends the event `fraud.suspected`.',
    defaultText: '`100M`',
    example: '1G',
  }),
  COUNTFREE_REQUESTS_PER_MINUTE: variable({
    schema: withDefault(numberBetween(1, 10_000_000), () => 60_000),
    description:
      'Requests that one API key may make in a minute, at all processes that share a Redis together.',
    defaultText: '`60000`',
    example: '6000',
  }),
  COUNTFREE_CLOSING_GRACE_HOURS: variable({
    schema: withDefault(numberBetween(0, 720, false), () => 48),
    description: 'How long after its end a month waits for late usage before it is closed.',
    defaultText: '`48`',
    example: '72',
  }),
  COUNTFREE_CLOSING_BRAKE_FACTOR: variable({
    schema: withDefault(fromText(parseBrake), () => 2),
    description:
      'Factor between the total of a closing and that of the month before, over the same SIMs, past which the closing is held until it is confirmed. `off`: never held.',
    defaultText: '`2`',
    example: '1.5',
  }),
  COUNTFREE_API_KEY: variable({
    schema: optional(z.string()),
    description:
      'API key of commands that ask a running service, such as `countfree import`. `serve` has no use for it.',
    defaultText: 'none',
    example: '`cfk_…`, made by `countfree api-key create`',
    secret: 'whole',
  }),
  COUNTFREE_METRICS_TOKEN: variable({
    schema: optional(fromText(parseToken)),
    description: 'Bearer token that /metrics asks for.',
    defaultText: 'open to all who reach the port',
    example: 'made by `openssl rand -hex 24`',
    secret: 'whole',
  }),
} satisfies Record<string, Variable<unknown>>;

export type VariableName = keyof typeof VARIABLES;
export type Values = { [Name in VariableName]: z.output<(typeof VARIABLES)[Name]['schema']> };
