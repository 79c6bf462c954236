import { z } from 'zod';
import { parseOrRefuse } from '../../shared/index.js';
import { parseSecretFile, readSecretFile } from '../secret-file.js';

const BASES = { japan: 'https://api.soracom.io', global: 'https://g.api.soracom.io' } as const;

const MILLION = 1_000_000;
const ratio = z.number().min(0).max(1000);

/** What is usual where mirror and SORACOM count the same traffic on other layers. */
const compareSchema = z
  .strictObject({
    least: ratio.default(0.95),
    most: ratio.default(1.05),
    leastOctets: z.int().min(0).default(MILLION),
    everyDays: z.int().min(1).max(28).default(1),
  })
  .refine(({ least, most }) => least <= most, { path: ['most'], error: 'not below least' })
  .transform(({ least, most, leastOctets, everyDays }) => ({
    leastPerMillion: BigInt(Math.round(least * MILLION)),
    mostPerMillion: BigInt(Math.round(most * MILLION)),
    leastOctets: BigInt(leastOctets),
    everyDays,
  }));

const accountSchema = z
  .strictObject({
    name: z
      .string()
      .regex(/^[a-z0-9][a-z0-9-]{0,31}$/, 'lower-case letters, digits and hyphens, such as japan')
      .optional(),
    coverage: z.enum(['japan', 'global']).default('japan'),
    /** Instead of that of the coverage. */
    baseUrl: z.url({ protocol: /^https?$/, error: 'give a URL such as https://api.soracom.io' }).optional(),
    authKeyId: z.string().regex(/^keyId-\S{1,200}$/, 'an AuthKey id begins with keyId-'),
    authKey: z.string().regex(/^secret-\S{1,500}$/, 'an AuthKey begins with secret-'),
    /** VPG id → realm. */
    vpgs: z
      .record(z.string().min(1).max(64), z.string().min(1).max(64))
      .refine((vpgs) => Object.keys(vpgs).length > 0, 'name at least one VPG and its realm'),
    requestsPerSecond: z.number().min(0.1).max(100).default(5),
    /** False: SORACOM's statistics are not read. */
    compare: z.union([z.literal(false), compareSchema]).default(compareSchema.parse({})),
  })
  .transform(({ coverage, baseUrl, name, vpgs, ...rest }) => ({
    ...rest,
    name: name ?? coverage,
    baseUrl: (baseUrl ?? BASES[coverage]).replace(/\/+$/, ''),
    vpgs: new Map(Object.entries(vpgs)),
  }));

const fileSchema = z.strictObject({
  syncSeconds: z.int().min(30).max(86_400).default(300),
  accounts: z
    .array(accountSchema)
    .min(1, 'name at least one account')
    .max(100)
    .refine((accounts) => new Set(accounts.map(({ name }) => name)).size === accounts.length, {
      message: 'two accounts have the same name: give each a name of its own',
    }),
});

/** One SORACOM account in one coverage. */
export type SoracomAccount = z.output<typeof accountSchema>;
/** mirror / SORACOM of a day is usual from least to most; days with fewer octets on both sides than `leastOctets` are not judged. */
export type CompareSettings = z.output<typeof compareSchema>;
export type SoracomSettings = z.output<typeof fileSchema>;

/** Reads the file of COUNTFREE_SORACOM_FILE. Throws a {@link Refusal}; no key stands in its message. */
export async function readSoracomSettings(path: string): Promise<SoracomSettings> {
  return parseSoracomSettings(await readSecretFile('COUNTFREE_SORACOM_FILE', path), path);
}

export function parseSoracomSettings(text: string, path: string): SoracomSettings {
  return parseOrRefuse(fileSchema, parseSecretFile(text, path));
}
