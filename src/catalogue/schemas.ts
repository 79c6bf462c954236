import { z } from 'zod';
import { formatPrefix, instantSchema, parsePrefix, Refusal } from '../shared/index.js';
import { normaliseName } from './names.js';
import type { PrefixRule } from './types.js';

const MOST_NAMES = 100_000;
const MOST_PREFIXES = 50_000;

/** IPFIX protocolIdentifier of the protocols that have ports: TCP, UDP, DCCP, SCTP, UDP-Lite. */
const WITH_PORTS = new Set([6, 17, 33, 132, 136]);

export const serviceCodeSchema = z
  .string()
  .max(64)
  .regex(/^[a-z0-9]+(?:-[a-z0-9]+)*$/, 'lower-case letters, digits and single hyphens, such as line-calls')
  .describe('Natural key of a service, e.g. `line-calls`');

const domainNameSchema = z
  .string()
  .max(512)
  .transform((text, context) => {
    const result = normaliseName(text);
    if ('name' in result) return result.name;
    context.addIssue({ code: 'custom', message: result.fault });
    return z.NEVER;
  })
  .describe('Domain name; covers itself and every name below it. Stored as lower-case A-labels');

const prefixTextSchema = z
  .string()
  .max(64)
  .transform((text, context) => {
    const fault = (message: string): never => {
      context.addIssue({ code: 'custom', message });
      return z.NEVER;
    };
    try {
      const prefix = parsePrefix(text);
      if (prefix.length === 0) return fault('this is every address: a service cannot be the whole Internet');
      return formatPrefix(prefix);
    } catch (error) {
      if (!(error instanceof Refusal)) throw error;
      return fault(error.fields[0]?.detail ?? error.message);
    }
  })
  .describe('CIDR prefix of destinations, e.g. `147.92.128.0/17`');

const portSchema = z.int().min(0, 'a port is 0 to 65535').max(65_535, 'a port is 0 to 65535');

export const prefixRuleSchema = z
  .strictObject({
    prefix: prefixTextSchema,
    protocol: z
      .int()
      .min(0)
      .max(255, 'an IP protocol number is 0 to 255')
      .optional()
      .describe('IPFIX protocolIdentifier: 6 TCP, 17 UDP'),
    ports: z.tuple([portSchema, portSchema]).optional().describe('First and last peer port, inclusive'),
  })
  .superRefine((rule, context) => {
    if (rule.ports === undefined) return;
    if (rule.ports[0] > rule.ports[1]) {
      context.addIssue({
        code: 'custom',
        path: ['ports'],
        message: 'the first port is above the last: swap them',
      });
    }
    if (rule.protocol === undefined) {
      context.addIssue({
        code: 'custom',
        path: ['protocol'],
        message: 'a rule with ports names its protocol, 6 or 17',
      });
    } else if (!WITH_PORTS.has(rule.protocol)) {
      context.addIssue({
        code: 'custom',
        path: ['ports'],
        message: `protocol ${rule.protocol} has no ports: leave them out`,
      });
    }
  })
  .transform(({ prefix, protocol, ports }): PrefixRule => ({
    prefix,
    ...(protocol === undefined ? {} : { protocol }),
    ...(ports === undefined ? {} : { ports }),
  }));

const nameListSchema = z.array(domainNameSchema).max(MOST_NAMES).default([]).transform(sortedSet);

/** Destination rules (3GPP: PFD) of one service version. */
export const destinationRulesSchema = z
  .strictObject({
    domainNames: nameListSchema,
    exactDomainNames: nameListSchema.describe('These names alone, without what lies below them'),
    excludeDomainNames: nameListSchema.describe('Not this service although a name above covers them'),
    prefixes: z.array(prefixRuleSchema).max(MOST_PREFIXES).default([]),
  })
  .superRefine((rules, context) => {
    const included = new Set(rules.domainNames);
    const exact = new Set(rules.exactDomainNames);
    rules.excludeDomainNames.forEach((name, index) => {
      const fault = excludeFault(name, included, exact);
      if (fault !== undefined)
        context.addIssue({ code: 'custom', path: ['excludeDomainNames', index], message: fault });
    });
    const seen = new Map<string, number>();
    rules.prefixes.forEach((rule, index) => {
      const key = JSON.stringify([rule.prefix, rule.protocol, rule.ports]);
      const earlier = seen.get(key);
      if (earlier !== undefined) {
        context.addIssue({
          code: 'custom',
          path: ['prefixes', index],
          message: `the same as entry ${earlier}: remove one`,
        });
      } else seen.set(key, index);
    });
  })
  .describe('What a service version matches');

function excludeFault(
  name: string,
  included: ReadonlySet<string>,
  exact: ReadonlySet<string>,
): string | undefined {
  if (exact.has(name)) return `${name} is also among exactDomainNames: remove it from one of the two`;
  if (included.has(name)) return `${name} is also among domainNames: remove it from one of the two`;
  const labels = name.split('.');
  const covered = labels.some((_, index) => included.has(labels.slice(index).join('.')));
  return covered
    ? undefined
    : `${name} lies under none of domainNames, so excluding it does nothing: mend or remove it`;
}

function sortedSet(names: string[]): string[] {
  return [...new Set(names)].sort();
}

export const policySchema = z
  .enum(['agree', 'name', 'prefix'])
  .default('agree')
  .describe(
    'agree: a claimed name needs an address that agrees; name: the name is enough; prefix: names are ignored',
  );

export const serviceVersionInputSchema = z.strictObject({
  effectiveFrom: instantSchema
    .optional()
    .describe('Absent: at once. May lie in the past for the first version only'),
  policy: policySchema,
  rules: destinationRulesSchema,
});
export type ServiceVersionInput = z.output<typeof serviceVersionInputSchema>;

const unsigned32 = z.int().min(0).max(4_294_967_295);
const serviceFields = {
  name: z.string().trim().min(1).max(200),
  parentCode: serviceCodeSchema.nullable().describe('The service that this one is a part of'),
  ratingGroup: unsigned32.describe('3GPP TS 32.255'),
  serviceIdentifier: unsigned32.describe('3GPP TS 32.255'),
  sponsor: z
    .string()
    .trim()
    .min(1)
    .max(200)
    .nullable()
    .describe('Who pays for it where it is free for its users (3GPP TS 29.214, Sponsor-Identity)'),
};

export const serviceInputSchema = z.strictObject({
  code: serviceCodeSchema,
  ...serviceFields,
  parentCode: serviceFields.parentCode.default(null),
  serviceIdentifier: serviceFields.serviceIdentifier.default(0),
  sponsor: serviceFields.sponsor.optional(),
});
export type ServiceInput = z.output<typeof serviceInputSchema>;

export const servicePatchSchema = z
  .strictObject(serviceFields)
  .partial()
  .refine((patch) => Object.keys(patch).length > 0, 'nothing to change: give at least one field');
export type ServicePatch = z.output<typeof servicePatchSchema>;
