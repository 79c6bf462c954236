import { readFile } from 'node:fs/promises';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Refusal } from '../shared/index.js';
import { configurationPage, describeEnvironment, loadConfig, VARIABLES, withoutPassword } from './index.js';

function refusalOf(environment: Record<string, string>): Refusal {
  try {
    loadConfig(environment);
  } catch (error) {
    if (error instanceof Refusal) return error;
    throw error;
  }
  throw new Error('no refusal');
}

describe('loadConfig', () => {
  it('needs nothing', () => {
    const config = loadConfig({ PATH: '/bin' });
    expect(config).toMatchObject({
      databaseUrl: null,
      redisUrl: null,
      roles: ['capture', 'worker', 'api'],
      listen: { host: '127.0.0.1', port: 8080 },
      capture: {
        interfaces: [],
        mode: 'auto',
        verdict: 'drop',
        epochSeconds: 1,
        spoolMaxBytes: 4 * 2 ** 30,
      },
      webhooks: { allowPrivate: [], allowHttp: false },
      requestsPerMinute: 60_000,
      closing: { graceMs: 48 * 3_600_000, brakeFactor: 2 },
    });
    expect(Object.isFrozen(config)).toBe(true);
  });

  it('reads every variable', () => {
    const config = loadConfig({
      DATABASE_URL: 'postgresql://u:p@db/x',
      REDIS_URL: 'unix:///run/redis.sock',
      COUNTFREE_DATA_DIR: '/srv/x',
      COUNTFREE_API_KEY: 'cfk_of_a_command',
      COUNTFREE_ROLES: 'api, capture',
      COUNTFREE_LISTEN: '[::1]:0',
      COUNTFREE_LOG_LEVEL: 'debug',
      COUNTFREE_DATABASE_POOL_SIZE: '20',
      COUNTFREE_CAPTURE_INTERFACES: 'eth0, eth1.100',
      COUNTFREE_CAPTURE_FILES: '/a.pcap,/b.pcap',
      COUNTFREE_CAPTURE_MODE: 'native',
      COUNTFREE_MIRROR_VERDICT: 'pass',
      COUNTFREE_EPOCH_SECONDS: '0.5',
      COUNTFREE_FLOW_TABLE_ENTRIES: '4096',
      COUNTFREE_PIN_PATH: '/sys/fs/bpf/x',
      COUNTFREE_SOURCE_NAME: 'tokyo-1',
      COUNTFREE_SPOOL_MAX_BYTES: '1GiB',
      COUNTFREE_WEBHOOK_ALLOW_PRIVATE: '127.0.0.0/8,::1',
      COUNTFREE_WEBHOOK_ALLOW_HTTP: 'true',
      COUNTFREE_SECRET_KEY: Buffer.alloc(32, 7).toString('base64'),
      COUNTFREE_METRICS_TOKEN: '0123456789abcdef',
      COUNTFREE_RADIUS_LISTEN: '0.0.0.0:1813',
      COUNTFREE_RADIUS_CLIENTS_FILE: '/etc/radius.json',
      COUNTFREE_SORACOM_FILE: '/etc/soracom.json',
      COUNTFREE_FRAUD_ALERT_OCTETS: '2g',
      COUNTFREE_REQUESTS_PER_MINUTE: '600',
      COUNTFREE_CLOSING_GRACE_HOURS: '1.5',
      COUNTFREE_CLOSING_BRAKE_FACTOR: 'off',
    });
    expect(config).toEqual({
      databaseUrl: 'postgresql://u:p@db/x',
      databasePoolSize: 20,
      redisUrl: 'unix:///run/redis.sock',
      dataDir: '/srv/x',
      roles: ['capture', 'api'],
      listen: { host: '::1', port: 0 },
      logLevel: 'debug',
      metricsToken: '0123456789abcdef',
      secretKey: Buffer.alloc(32, 7),
      capture: {
        interfaces: ['eth0', 'eth1.100'],
        files: ['/a.pcap', '/b.pcap'],
        mode: 'native',
        verdict: 'pass',
        epochSeconds: 0.5,
        flowTableEntries: 4096,
        pinPath: '/sys/fs/bpf/x',
        sourceName: 'tokyo-1',
        spoolMaxBytes: 2 ** 30,
      },
      webhooks: { allowPrivate: ['127.0.0.0/8', '::1/128'], allowHttp: true },
      radius: { listen: { host: '0.0.0.0', port: 1813 }, clientsFile: '/etc/radius.json' },
      soracomFile: '/etc/soracom.json',
      fraudAlertOctets: 2e9,
      requestsPerMinute: 600,
      closing: { graceMs: 5_400_000, brakeFactor: null },
    });
  });

  it('asks for the clients where RADIUS is to be taken', () => {
    expect(loadConfig({ COUNTFREE_RADIUS_CLIENTS_FILE: '/etc/radius.json' }).radius).toBeNull();
    const { fields } = refusalOf({ COUNTFREE_RADIUS_LISTEN: '0.0.0.0:1813' });
    expect(fields.map(({ pointer }) => pointer)).toEqual(['/COUNTFREE_RADIUS_CLIENTS_FILE']);
  });

  it('names every bad and every unknown variable at once, and repeats no value', () => {
    const refusal = refusalOf({
      DATABASE_URL: 'mysql://root:hunter2@db/x',
      COUNTFREE_LISTEN: '8080',
      COUNTFREE_ROLES: 'capture,wroker',
      COUNTFREE_EPOCH_SECONDS: '0',
      COUNTFREE_SECRET_KEY: 'hunter2',
      COUNTFREE_SPOOL_MAX_BYTES: '4 bananas',
      COUNTFREE_WEBHOOK_ALLOW_PRIVATE: '10.0.0.1/8',
      COUNTFREE_CAPTURE_INTERFACE: 'eth0',
      COUNTFREE_QUITE_ELSEWHERE: '1',
    });
    expect(refusal.fields.map((field) => field.pointer)).toEqual([
      '/DATABASE_URL',
      '/COUNTFREE_ROLES',
      '/COUNTFREE_LISTEN',
      '/COUNTFREE_EPOCH_SECONDS',
      '/COUNTFREE_SPOOL_MAX_BYTES',
      '/COUNTFREE_WEBHOOK_ALLOW_PRIVATE',
      '/COUNTFREE_SECRET_KEY',
      '/COUNTFREE_CAPTURE_INTERFACE',
      '/COUNTFREE_QUITE_ELSEWHERE',
    ]);
    for (const { pointer } of refusal.fields) expect(refusal.message).toContain(pointer.slice(1));
    expect(refusal.message).toContain('did you mean COUNTFREE_CAPTURE_INTERFACES?');
    expect(refusal.message).toContain('did you mean 10.0.0.0/8?');
    expect(refusal.message).not.toContain('hunter2');
  });

  it('takes an empty variable for unset', () => {
    const empty = Object.fromEntries(Object.keys(VARIABLES).map((name) => [name, ' ']));
    expect(loadConfig(empty)).toEqual(loadConfig({}));
  });

  it('answers anything with a configuration or a refusal', () => {
    const name = fc.constantFrom(...Object.keys(VARIABLES));
    fc.assert(
      fc.property(fc.dictionary(name, fc.string()), (environment) => {
        try {
          loadConfig(environment);
        } catch (error) {
          expect(error).toBeInstanceOf(Refusal);
        }
      }),
    );
  });
});

describe('printing', () => {
  it('keeps secrets out', () => {
    const environment = {
      DATABASE_URL: 'postgresql://u:hun@ter2@db:5432/x?password=hunter2',
      COUNTFREE_SECRET_KEY: 'hunter2',
      COUNTFREE_LISTEN: '0.0.0.0:80',
      COUNTFREE_API_KEY: 'cfk_hunter2',
    };
    expect(describeEnvironment(environment)).toEqual([
      { name: 'DATABASE_URL', value: 'postgresql://db:5432/x' },
      { name: 'COUNTFREE_LISTEN', value: '0.0.0.0:80' },
      { name: 'COUNTFREE_SECRET_KEY', value: '(secret)' },
      { name: 'COUNTFREE_API_KEY', value: '(secret)' },
    ]);
    expect(withoutPassword('unix:///run/redis.sock')).toBe('unix:///run/redis.sock');
  });
});

describe('docs/configuration.md', () => {
  it('is what the variables say: node scripts/generate-config-docs.mjs writes it', async () => {
    const page = await readFile(new URL('../../docs/configuration.md', import.meta.url), 'utf8');
    expect(page).toBe(configurationPage());
  });
});
