import { z } from 'zod';
import { serviceCodeSchema, serviceVersionInputSchema } from '../catalogue/index.js';
import { planCodeSchema, planTermsSchema, servicesNamed, unknownServices } from '../plans/index.js';
import { Refusal, type FieldError } from '../shared/index.js';
import { monthSchema } from './schemas.js';

const MOST_DRAFTS = 100;

const draftServiceSchema = z
  .strictObject({
    serviceCode: serviceCodeSchema.describe('Of a service of the catalogue, or of a new one'),
    parentCode: serviceCodeSchema
      .nullable()
      .optional()
      .describe('The service that it would be a part of; left out: as in the catalogue, a new one of none'),
    policy: serviceVersionInputSchema.shape.policy,
    rules: serviceVersionInputSchema.shape.rules,
  })
  .meta({ id: 'DraftService' });
export type DraftService = z.output<typeof draftServiceSchema>;

export const simulationInputSchema = z
  .strictObject({
    month: monthSchema,
    planCode: planCodeSchema.describe('Plan whose SIMs are rated, and whose terms draft terms stand in for'),
    terms: planTermsSchema
      .optional()
      .describe(
        'Draft terms, in every version; currency, time zone and anchor day are those of the plan, as they fix the period. Left out: the terms that were in force',
      ),
    services: z
      .array(draftServiceSchema)
      .min(1)
      .max(MOST_DRAFTS)
      .superRefine((drafts, context) => {
        drafts.forEach(({ serviceCode }, index) => {
          if (drafts.findIndex((draft) => draft.serviceCode === serviceCode) < index)
            context.addIssue({
              code: 'custom',
              path: [index, 'serviceCode'],
              message: 'stands in the draft already: give each service once',
            });
        });
      })
      .optional()
      .describe(
        'Draft catalogue: rules of services, in place of those in force now, or of services that would be new. Left out: what was recognised stands',
      ),
  })
  .refine(({ terms, services }) => terms !== undefined || services !== undefined, {
    path: ['terms'],
    error: 'give draft terms, draft rules of services, or both',
  });
export type SimulationInput = z.output<typeof simulationInputSchema>;

/** What each service is a part of, with drafts in their place; null = of nothing. */
export function parentsUnder(
  catalogue: ReadonlyMap<string, string | null>,
  drafts: readonly DraftService[],
): Map<string, string | null> {
  const parents = new Map(catalogue);
  for (const { serviceCode, parentCode } of drafts)
    parents.set(serviceCode, parentCode === undefined ? (parents.get(serviceCode) ?? null) : parentCode);
  return parents;
}

/** Throws a {@link Refusal} that points at every draft and every name in the terms that does not fit the catalogue. */
export function refuseMisfits(
  { terms, services: drafts = [] }: Pick<SimulationInput, 'terms' | 'services'>,
  catalogue: ReadonlyMap<string, string | null>,
): void {
  const parents = parentsUnder(catalogue, drafts);
  const fields = terms === undefined ? [] : unknownServices(servicesNamed(terms), parents);
  drafts.forEach((draft, index) => {
    const refuse = (field: string, detail: string) =>
      fields.push({ pointer: `/services/${index}/${field}`, detail });
    const problem = parentProblem(draft, parents);
    if (problem !== undefined) refuse('parentCode', problem);
    const { domainNames, exactDomainNames, prefixes } = draft.rules;
    if (
      !catalogue.has(draft.serviceCode) &&
      domainNames.length + exactDomainNames.length + prefixes.length === 0
    )
      refuse('rules', 'match nothing, and the service would be new: give a domain name or a prefix');
  });
  if (fields.length === 0) return;
  const details = fields.map(({ detail }: FieldError) => detail).join('; ');
  throw new Refusal('invalid', `The draft does not fit the catalogue: ${details}.`, fields);
}

function parentProblem(
  { serviceCode, parentCode }: DraftService,
  parents: ReadonlyMap<string, string | null>,
): string | undefined {
  if (parentCode === undefined || parentCode === null) return undefined;
  if (!parents.has(parentCode))
    return `neither the catalogue nor the draft has a service "${parentCode}": mend the code, or add it`;
  const above = new Set<string>();
  for (let at: string | null = parentCode; at !== null && !above.has(at); at = parents.get(at) ?? null)
    above.add(at);
  return above.has(serviceCode)
    ? `${parentCode} is ${serviceCode} itself or a part of it: break the circle`
    : undefined;
}
