import { open } from 'node:fs/promises';
import { z } from 'zod';
import { databaseSettings } from '../app/index.js';
import {
  CatalogueRepository,
  CatalogueService,
  serviceInputSchema,
  serviceVersionInputSchema,
  type CatalogueSnapshot,
  type ServiceVersion,
} from '../catalogue/index.js';
import { loadConfig } from '../config/index.js';
import { openDatabase } from '../database/index.js';
import { createLogger, fieldErrors, Refusal, systemClock, type FieldError } from '../shared/index.js';

const MOST_OCTETS = 64 << 20;

const fileSchema = z.strictObject({
  services: z
    .array(
      serviceInputSchema.extend({
        policy: serviceVersionInputSchema.shape.policy,
        rules: serviceVersionInputSchema.shape.rules,
      }),
    )
    .min(1)
    .max(10_000),
});

/** The catalogue of the running service, each service with the rules that are in force now. */
export async function databaseCatalogue(): Promise<CatalogueSnapshot> {
  const config = loadConfig(process.env);
  const database = await openDatabase({
    ...databaseSettings(config, createLogger('warn', process.stderr)),
    // A report changes nothing: least of all the schema under a service that runs.
    migrations: 'check',
    whenRunning: 'join',
  });
  try {
    const catalogue = new CatalogueService(database.dataSource, new CatalogueRepository(), systemClock);
    return timeless(await catalogue.snapshot(), systemClock.now());
  } finally {
    await database.close();
  }
}

/**
 * A catalogue from a file: `{"services": [{"code", "name", …, "policy", "rules"}]}`, fields as the API takes them.
 * @throws Refusal with a pointer for each field at fault
 */
export async function fileCatalogue(path: string): Promise<CatalogueSnapshot> {
  const parsed = fileSchema.safeParse(await readJson(path));
  if (!parsed.success) throw refusal(path, fieldErrors(parsed.error));
  const { services } = parsed.data;
  const faults = services.flatMap(({ code, parentCode }, index): FieldError[] => {
    const pointer = `/services/${index}`;
    if (services.findIndex((other) => other.code === code) < index)
      return [{ pointer: `${pointer}/code`, detail: `${code} stands here twice` }];
    if (parentCode !== null && !services.some((other) => other.code === parentCode))
      return [{ pointer: `${pointer}/parentCode`, detail: `there is no service ${parentCode} in the file` }];
    return [];
  });
  if (faults.length > 0) throw refusal(path, faults);
  return {
    revision: 0,
    services: services.map(({ policy: _policy, rules: _rules, ...service }) => service),
    versions: services.map(({ code, policy, rules }, index) => ({
      id: index + 1,
      serviceCode: code,
      version: 1,
      effectiveFrom: 0,
      policy,
      rules,
    })),
  };
}

/** Captures may be older than the rules: those of now are looked at as if they had always been in force. */
export function timeless(snapshot: CatalogueSnapshot, now: number): CatalogueSnapshot {
  const latest = new Map<string, ServiceVersion>();
  for (const version of snapshot.versions) {
    const known = latest.get(version.serviceCode);
    if (version.effectiveFrom <= now && (known === undefined || known.version < version.version))
      latest.set(version.serviceCode, version);
  }
  return {
    ...snapshot,
    versions: [...latest.values()].map((version) => ({ ...version, effectiveFrom: 0 })),
  };
}

async function readJson(path: string): Promise<unknown> {
  try {
    const file = await open(path, 'r');
    try {
      const { size } = await file.stat();
      if (size > MOST_OCTETS) throw new Error(`it has ${size} octets, more than ${MOST_OCTETS}`);
      return JSON.parse(await file.readFile('utf8'));
    } finally {
      await file.close();
    }
  } catch (error) {
    throw new Refusal(
      'invalid',
      `--catalogue ${path} cannot be read: ${error instanceof Error ? error.message : String(error)}`,
    );
  }
}

function refusal(path: string, faults: readonly FieldError[]): Refusal {
  const text = faults.map(({ pointer, detail }) => `${pointer}: ${detail}`).join('; ');
  return new Refusal('invalid', `--catalogue ${path}: ${text}`, [...faults]);
}
