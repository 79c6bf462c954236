import { z } from 'zod';
import {
  formatAddress,
  formatPrefix,
  instantSchema,
  parseAddress,
  parsePrefix,
  Refusal,
  type Prefix,
} from '../shared/index.js';

const realmNameSchema = z
  .string()
  .max(64)
  .regex(
    /^[a-z0-9]+(?:[-_.][a-z0-9]+)*$/,
    'lower-case letters and digits, parted by single - _ or ., such as vpg-tokyo',
  )
  .describe('Name of a realm, e.g. `vpg-tokyo`');

export const addressSchema = z
  .string()
  .max(64)
  .transform((text, context) => {
    const address = parseAddress(text.trim());
    if (address !== undefined) return formatAddress(address.bytes, 0, address.family === 6);
    context.addIssue({ code: 'custom', message: 'write an IPv4 or IPv6 address, such as 100.127.0.53' });
    return z.NEVER;
  })
  .describe('IPv4 or IPv6 address');

function prefixSchema(check: (prefix: Prefix) => string | undefined) {
  return z
    .string()
    .max(64)
    .transform((text, context) => {
      try {
        const prefix = parsePrefix(text);
        const fault = check(prefix);
        if (fault === undefined) return formatPrefix(prefix);
        context.addIssue({ code: 'custom', message: fault });
      } catch (error) {
        if (!(error instanceof Refusal)) throw error;
        context.addIssue({ code: 'custom', message: error.fields[0]?.detail ?? error.message });
      }
      return z.NEVER;
    });
}

const subscriberPrefixSchema = prefixSchema((prefix) =>
  prefix.length === 0 ? 'this is every address: nothing would be left for the peer side' : undefined,
).describe('Addresses of subscribers, e.g. `10.128.0.0/9`');

const sessionPrefixSchema = prefixSchema((prefix) =>
  prefix.length < (prefix.family === 4 ? 8 : 16) ? 'is too wide for one SIM: check the length' : undefined,
).describe('Address, or LAN prefix, that the SIM holds; e.g. `10.128.0.1` or `192.168.7.0/24`');

function distinct(values: readonly string[], context: z.RefinementCtx): void {
  const first = new Map<string, number>();
  values.forEach((value, index) => {
    const earlier = first.get(value);
    if (earlier === undefined) first.set(value, index);
    else
      context.addIssue({
        code: 'custom',
        path: [index],
        message: `the same as entry ${earlier}: remove one`,
      });
  });
}

const mirrorSchema = z
  .strictObject({
    type: z.enum(['none', 'gre', 'vxlan', 'gtpu', 'ipip']).describe('Tunnel that the mirror arrives in'),
    outerSource: addressSchema.optional().describe('Outer source address; absent = any'),
    outerDestination: addressSchema.optional().describe('Outer destination address; absent = any'),
    key: z.int().min(0).max(4_294_967_295).optional().describe('GRE key, VNI or TEID; absent = any'),
  })
  .superRefine((mirror, context) => {
    const refuse = (path: string, message: string) =>
      context.addIssue({ code: 'custom', path: [path], message });
    for (const field of ['outerSource', 'outerDestination', 'key'] as const) {
      if (mirror.type === 'none' && mirror[field] !== undefined)
        refuse(field, 'there is no tunnel: leave it out');
    }
    if (mirror.type === 'ipip' && mirror.key !== undefined)
      refuse('key', 'IP in IP has no key: leave it out');
    if (mirror.type === 'vxlan' && (mirror.key ?? 0) > 0xff_ffff) refuse('key', 'a VNI has 24 bits');
    const families = [mirror.outerSource, mirror.outerDestination].map((text) => text?.includes(':'));
    if (families[0] !== undefined && families[1] !== undefined && families[0] !== families[1]) {
      refuse('outerDestination', 'is of another IP version than outerSource');
    }
  });

const realmFields = {
  name: realmNameSchema,
  mirror: mirrorSchema,
  subscriberPrefixes: z
    .array(subscriberPrefixSchema)
    .min(1, 'give at least one prefix')
    .max(1000)
    .superRefine(distinct),
  resolvers: z
    .array(addressSchema)
    .max(64)
    .superRefine(distinct)
    .describe('DNS servers that are believed for sessions that name none'),
  shareNames: z
    .boolean()
    .describe('Whether a name that one SIM resolved also names flows of other SIMs of the realm'),
  retentionDays: z.int().min(0).max(36_500).describe('Days after which names are forgotten'),
};

export const realmInputSchema = z.strictObject({
  ...realmFields,
  mirror: realmFields.mirror.default({ type: 'none' }),
  resolvers: realmFields.resolvers.default([]),
  shareNames: realmFields.shareNames.default(false),
  retentionDays: realmFields.retentionDays.default(90),
});
export type RealmInput = z.output<typeof realmInputSchema>;

export const realmPatchSchema = z
  .strictObject(realmFields)
  .partial()
  .refine((patch) => Object.keys(patch).length > 0, 'nothing to change: give at least one field');
export type RealmPatch = z.output<typeof realmPatchSchema>;

export const simIdSchema = z
  .string()
  .regex(/^[A-Za-z0-9][A-Za-z0-9._:-]{0,63}$/, '1 to 64 letters, digits, dots, colons, hyphens, underscores')
  .describe("The operator's own id of the SIM");

const simFields = {
  imsis: z
    .array(z.string().regex(/^\d{5,15}$/, 'an IMSI is 5 to 15 digits (ITU-T E.212)'))
    .max(16)
    .superRefine(distinct)
    .describe('ITU-T E.212'),
  iccid: z
    .string()
    .regex(/^\d{18,22}$/, 'an ICCID is 18 to 22 digits (ITU-T E.118)')
    .nullable()
    .describe('ITU-T E.118'),
  msisdn: z
    .string()
    .regex(/^\+?\d{5,15}$/, 'an MSISDN is 5 to 15 digits (ITU-T E.164)')
    .transform((text) => text.replace('+', ''))
    .nullable()
    .describe('ITU-T E.164, without +'),
  name: z.string().trim().min(1).max(200).nullable(),
  nameConsent: z
    .boolean()
    .describe('Whether host names in the traffic may be looked at and stored (通信の秘密)'),
  status: z.enum(['active', 'suspended', 'terminated']),
  tags: z
    .record(z.string().min(1).max(64), z.string().max(256))
    .refine((tags) => Object.keys(tags).length <= 50, 'at most 50 tags'),
};

export const simInputSchema = z.strictObject({
  id: simIdSchema,
  imsis: simFields.imsis.default([]),
  iccid: simFields.iccid.default(null),
  msisdn: simFields.msisdn.default(null),
  name: simFields.name.default(null),
  nameConsent: simFields.nameConsent.default(false),
  status: simFields.status.default('active'),
  tags: simFields.tags.default({}),
});
export type SimInput = z.output<typeof simInputSchema>;

export const simPatchSchema = z
  .strictObject(simFields)
  .partial()
  .refine((patch) => Object.keys(patch).length > 0, 'nothing to change: give at least one field');
export type SimPatch = z.output<typeof simPatchSchema>;

/** Absent keeps what is known of a stored session. */
const mccSchema = z
  .string()
  .regex(/^\d{3}$/, 'a mobile country code is 3 digits (ITU-T E.212), such as 440')
  .nullable()
  .optional()
  .describe('Mobile country code of the visited network (ITU-T E.212); null = unknown, taken for home');
const endTimeSchema = instantSchema.nullable().describe('Exclusive; null = the SIM still holds it');
const dnsServersSchema = z
  .array(addressSchema)
  .max(16)
  .superRefine(distinct)
  .describe("DNS servers that are believed for this session; empty = the realm's");

export const sessionInputSchema = z
  .strictObject({
    simId: simIdSchema,
    realm: realmNameSchema,
    prefix: sessionPrefixSchema,
    startTime: instantSchema.describe('Inclusive'),
    endTime: endTimeSchema.default(null),
    dnsServers: dnsServersSchema.default([]),
    mcc: mccSchema,
  })
  .superRefine(({ startTime, endTime }, context) => {
    if (endTime === null || endTime > startTime) return;
    context.addIssue({ code: 'custom', path: ['endTime'], message: 'must be after startTime' });
  });
export type SessionInput = z.output<typeof sessionInputSchema>;

export const sessionPatchSchema = z
  .strictObject({ endTime: endTimeSchema, dnsServers: dnsServersSchema, mcc: mccSchema })
  .partial()
  .refine((patch) => Object.keys(patch).length > 0, 'nothing to change: give at least one field');
export type SessionPatch = z.output<typeof sessionPatchSchema>;
