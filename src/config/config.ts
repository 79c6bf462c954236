import { Refusal, type FieldError } from '../shared/index.js';
import { closest } from './closest.js';
import { VARIABLES, type Role, type Values, type VariableName } from './variables.js';

/** Nest injection token for the {@link Config}. */
export const CONFIG = Symbol('Config');

/** The whole configuration, read once at the start and never changed. Null = not set. */
export interface Config {
  readonly databaseUrl: string | null;
  readonly databasePoolSize: number;
  readonly redisUrl: string | null;
  /** Absolute path. */
  readonly dataDir: string;
  readonly roles: readonly Role[];
  readonly listen: { readonly host: string; readonly port: number };
  readonly logLevel: Values['COUNTFREE_LOG_LEVEL'];
  readonly metricsToken: string | null;
  /** 32 bytes. */
  readonly secretKey: Buffer | null;
  readonly capture: {
    readonly interfaces: readonly string[];
    /** Absolute paths. */
    readonly files: readonly string[];
    readonly mode: 'auto' | 'native' | 'generic' | 'socket';
    readonly verdict: 'drop' | 'pass';
    readonly epochSeconds: number;
    readonly flowTableEntries: number;
    readonly pinPath: string;
    readonly sourceName: string;
    readonly spoolMaxBytes: number;
  };
  /** Absolute path. */
  readonly soracomFile: string | null;
  readonly fraudAlertOctets: number;
  /** Null = no RADIUS server. */
  readonly radius: {
    readonly listen: { readonly host: string; readonly port: number };
    /** Absolute path. */
    readonly clientsFile: string;
  } | null;
  readonly requestsPerMinute: number;
  readonly closing: {
    readonly graceMs: number;
    /** Null = no brake. */
    readonly brakeFactor: number | null;
  };
  readonly webhooks: {
    /** CIDR texts. */
    readonly allowPrivate: readonly string[];
    readonly allowHttp: boolean;
  };
}

const PREFIX = 'COUNTFREE_';

/**
 * Reads the environment once. Throws one {@link Refusal} (`invalid`) that names every bad variable and every
 * COUNTFREE_ variable that does not exist. Values never stand in the message: they may be secrets.
 */
export function loadConfig(environment: Readonly<Record<string, string | undefined>>): Config {
  const faults: FieldError[] = [];
  const values: Partial<Record<VariableName, unknown>> = {};
  for (const [name, { schema }] of Object.entries(VARIABLES) as [
    VariableName,
    (typeof VARIABLES)[VariableName],
  ][]) {
    const parsed = schema.safeParse(environment[name]);
    if (parsed.success) values[name] = parsed.data;
    else for (const issue of parsed.error.issues) faults.push({ pointer: `/${name}`, detail: issue.message });
  }
  faults.push(...unknownVariables(environment));
  if (faults.length > 0) {
    const lines = faults.map((fault) => `  ${fault.pointer.slice(1)}: ${fault.detail}`);
    throw new Refusal('invalid', `The configuration is not valid:\n${lines.join('\n')}`, faults);
  }
  return toConfig(values as Values);
}

function unknownVariables(environment: Readonly<Record<string, string | undefined>>): FieldError[] {
  return Object.keys(environment)
    .filter((name) => name.startsWith(PREFIX) && !(name in VARIABLES))
    .map((name) => {
      const near = closest(name, Object.keys(VARIABLES));
      const hint = near === undefined ? 'docs/configuration.md lists them all' : `did you mean ${near}?`;
      return { pointer: `/${name}`, detail: `there is no such variable; ${hint}` };
    });
}

function toConfig(values: Values): Config {
  return Object.freeze({
    databaseUrl: values.DATABASE_URL,
    databasePoolSize: values.COUNTFREE_DATABASE_POOL_SIZE,
    redisUrl: values.REDIS_URL,
    dataDir: values.COUNTFREE_DATA_DIR,
    roles: values.COUNTFREE_ROLES,
    listen: values.COUNTFREE_LISTEN,
    logLevel: values.COUNTFREE_LOG_LEVEL,
    metricsToken: values.COUNTFREE_METRICS_TOKEN,
    secretKey: values.COUNTFREE_SECRET_KEY,
    capture: Object.freeze({
      interfaces: values.COUNTFREE_CAPTURE_INTERFACES,
      files: values.COUNTFREE_CAPTURE_FILES,
      mode: values.COUNTFREE_CAPTURE_MODE,
      verdict: values.COUNTFREE_MIRROR_VERDICT,
      epochSeconds: values.COUNTFREE_EPOCH_SECONDS,
      flowTableEntries: values.COUNTFREE_FLOW_TABLE_ENTRIES,
      pinPath: values.COUNTFREE_PIN_PATH,
      sourceName: values.COUNTFREE_SOURCE_NAME,
      spoolMaxBytes: values.COUNTFREE_SPOOL_MAX_BYTES,
    }),
    soracomFile: values.COUNTFREE_SORACOM_FILE,
    fraudAlertOctets: values.COUNTFREE_FRAUD_ALERT_OCTETS,
    radius: toRadius(values),
    requestsPerMinute: values.COUNTFREE_REQUESTS_PER_MINUTE,
    closing: Object.freeze({
      graceMs: values.COUNTFREE_CLOSING_GRACE_HOURS * 3_600_000,
      brakeFactor: values.COUNTFREE_CLOSING_BRAKE_FACTOR,
    }),
    webhooks: Object.freeze({
      allowPrivate: values.COUNTFREE_WEBHOOK_ALLOW_PRIVATE,
      allowHttp: values.COUNTFREE_WEBHOOK_ALLOW_HTTP,
    }),
  });
}

function toRadius(values: Values): Config['radius'] {
  const listen = values.COUNTFREE_RADIUS_LISTEN;
  const clientsFile = values.COUNTFREE_RADIUS_CLIENTS_FILE;
  if (listen === null) return null;
  if (clientsFile !== null) return Object.freeze({ listen, clientsFile });
  const detail = 'must be set with COUNTFREE_RADIUS_LISTEN: without clients nobody may send accounting';
  throw new Refusal(
    'invalid',
    `The configuration is not valid:\n  COUNTFREE_RADIUS_CLIENTS_FILE: ${detail}`,
    [{ pointer: '/COUNTFREE_RADIUS_CLIENTS_FILE', detail }],
  );
}

/** The variables that are set, in the order of the page, fit to be logged: no secret and no password in it. */
export function describeEnvironment(
  environment: Readonly<Record<string, string | undefined>>,
): { name: VariableName; value: string }[] {
  const names = Object.keys(VARIABLES) as VariableName[];
  return names.flatMap((name) => {
    const text = environment[name];
    if (text === undefined || text.trim() === '') return [];
    const secret = 'secret' in VARIABLES[name] ? VARIABLES[name].secret : undefined;
    if (secret === undefined) return [{ name, value: text }];
    return [{ name, value: secret === 'url' ? withoutPassword(text) : '(secret)' }];
  });
}

/** The URL without user, password and query (where a password may stand as well). */
export function withoutPassword(url: string): string {
  const match = /^([a-z]+:\/\/)(?:.*@)?([^?#]*)/s.exec(url);
  return match === null ? '(secret)' : `${match[1] ?? ''}${match[2] ?? ''}`;
}
