import { z } from 'zod';
import { instantSchema } from '../shared/index.js';
import { isTimeZone, withinHour } from './calendar.js';
import { positiveQuantitySchema } from './quantity.js';
import { codeSchema, planTermsSchema } from './terms.js';

export const planCodeSchema = z
  .string()
  .max(64)
  .regex(/^[a-z0-9]+(?:-[a-z0-9]+)*$/, 'lower-case letters, digits and single hyphens, such as light-3gb')
  .describe('Natural key of a plan');

/** An instant at which rating may split: see `refuseWithinHour`, for which the zone must be known. */
const edgeSchema = instantSchema.describe(
  'ISO 8601 with offset: a whole hour of UTC, or the start of a day in the time zone of the plan',
);

const versionFields = {
  effectiveFrom: edgeSchema.describe(
    'From when the terms hold: a whole hour of UTC or the start of a day in the time zone of the terms, not in the past unless it is the first version of the plan',
  ),
  terms: planTermsSchema,
};

/** Runs on values, too, that the schemas of the instant and of the terms have complained of. */
function checkEdge(
  { effectiveFrom, terms }: { effectiveFrom: unknown; terms: { timeZone: string } },
  context: z.core.$RefinementCtx,
): void {
  if (typeof effectiveFrom !== 'number') return;
  const detail = withinHour(effectiveFrom, isTimeZone(terms.timeZone) ? [terms.timeZone] : []);
  if (detail !== null) context.addIssue({ code: 'custom', path: ['effectiveFrom'], message: detail });
}

export const planInputSchema = z
  .strictObject({ code: planCodeSchema, name: z.string().trim().min(1).max(200), ...versionFields })
  .superRefine(checkEdge)
  .describe('A plan and its first version');
export type PlanInput = z.output<typeof planInputSchema>;

export const planPatchSchema = z.strictObject({ name: z.string().trim().min(1).max(200) });
export type PlanPatch = z.output<typeof planPatchSchema>;

export const planVersionInputSchema = z.strictObject(versionFields).superRefine(checkEdge);
export type PlanVersionInput = z.output<typeof planVersionInputSchema>;

const planVersionNumber = z
  .int()
  .min(1)
  .nullable()
  .default(null)
  .describe('Stay on this version; null = follow the plan');
const simId = z.string().min(1).max(128).describe("The operator's id of the SIM");

export const subscriptionInputSchema = z.strictObject({
  simId,
  planCode: planCodeSchema,
  planVersion: planVersionNumber,
  from: edgeSchema,
  to: edgeSchema.nullable().default(null).describe('Exclusive; null = until further notice'),
});
export type SubscriptionInput = z.output<typeof subscriptionInputSchema>;

export const subscriptionPatchSchema = z.strictObject({
  to: edgeSchema.nullable().describe('End, exclusive; null = until further notice'),
});
export type SubscriptionPatch = z.output<typeof subscriptionPatchSchema>;

export const planChangeSchema = z
  .strictObject({ simId, planCode: planCodeSchema, planVersion: planVersionNumber, at: edgeSchema })
  .describe('Ends what the SIM is on at the instant, and starts another plan at it');
export type PlanChange = z.output<typeof planChangeSchema>;

export const groupInputSchema = z
  .strictObject({
    code: planCodeSchema.describe('Natural key of a group'),
    name: z.string().trim().min(1).max(200),
    pool: z
      .discriminatedUnion('kind', [
        z.strictObject({ kind: z.literal('sum') }),
        z.strictObject({ kind: z.literal('fixed'), quota: positiveQuantitySchema }),
      ])
      .describe(
        'sum: the quotas of the SIMs in it together. fixed: this much in a period, in place of them.',
      ),
  })
  .describe('SIMs that share a quota');
export type GroupInput = z.output<typeof groupInputSchema>;

export const memberInputSchema = z.strictObject({
  simId,
  from: edgeSchema,
  to: edgeSchema.nullable().default(null).describe('Exclusive; null = until further notice'),
});
export type MemberInput = z.output<typeof memberInputSchema>;

export const memberPatchSchema = z.strictObject({
  to: edgeSchema.nullable().describe('End, exclusive; null = until further notice'),
});
export type MemberPatch = z.output<typeof memberPatchSchema>;

export const packInputSchema = z.strictObject({
  simId,
  pack: codeSchema.describe('Id of a pack that the SIM’s plan offers'),
  at: instantSchema.optional().describe('When it is bought; left out: now'),
});
export type PackInput = z.output<typeof packInputSchema>;

export interface GroupView {
  code: string;
  name: string;
  /** Of a fixed pool; null = the sum of the quotas of its SIMs. */
  poolOctets: string | null;
  createdAt: string;
}

/** A SIM is in a group from one instant to another. */
export interface MemberView {
  id: string;
  groupCode: string;
  simId: string;
  from: string;
  to: string | null;
  /** Counts changes, for ETags. */
  version: number;
}

export interface PackView {
  id: string;
  simId: string;
  planCode: string;
  planVersion: number;
  pack: string;
  octets: string;
  price: string;
  currency: string;
  use: 'before_quota' | 'after_quota';
  boughtAt: string;
  /** Hours that it covers: from inclusive, to exclusive. */
  from: string;
  to: string;
}

export interface PlanView {
  code: string;
  name: string;
  /** Number of the version in force now; null before the first. */
  currentVersion: number | null;
  latestVersion: number;
  /** Counts changes, for ETags. */
  version: number;
  createdAt: string;
  updatedAt: string;
}

export interface PlanVersionView {
  planCode: string;
  version: number;
  effectiveFrom: string;
  /** Start of the next version; null = none is known. */
  effectiveTo: string | null;
  status: 'scheduled' | 'in_force' | 'past';
  terms: z.output<typeof planTermsSchema>;
  createdAt: string;
}

export interface SubscriptionView {
  id: string;
  simId: string;
  planCode: string;
  planVersion: number | null;
  from: string;
  to: string | null;
  /** Counts changes, for ETags. */
  version: number;
  createdAt: string;
  updatedAt: string;
}
