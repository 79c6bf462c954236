import { Controller } from '@nestjs/common';
import { z } from 'zod';
import { CatalogueService, serviceCodeSchema } from '../../catalogue/index.js';
import { UsageTreatments } from '../../billing/index.js';
import { EVIDENCES } from '../../identify/index.js';
import { TREATMENTS } from '../../rating/index.js';
import { AccountsReader, ExplanationsReader, type Explanation } from '../../meter/index.js';
import { formatInstant, Refusal } from '../../shared/index.js';
import { SimsService } from '../../sims/index.js';
import { instant, octets, pageOfItems, pageQuery, simIdText, spanWith } from '../kit/fields.js';
import { completeness } from './statement.schema.js';
import { defineRoute, Handle, Input, type AnswerOf, type InputOf } from '../kit/route.js';

const evidence = z.enum(EVIDENCES);
const explanation = z
  .strictObject({
    hour: instant,
    serviceCode: z.string().nullable(),
    serviceVersion: z
      .strictObject({ id: z.int(), version: z.int(), effectiveFrom: instant })
      .nullable()
      .meta({ description: 'The version of the service’s rules that matched; null: none did.' }),
    claimedServiceCode: z.string().nullable(),
    evidence,
    rule: z.string().nullable().meta({ description: 'The name or prefix in the rules that fired.' }),
    name: z.string().nullable(),
    agreed: z
      .boolean()
      .nullable()
      .meta({ description: 'Whether name and address agreed; null where only one of them was looked at.' }),
    mcc: z
      .string()
      .nullable()
      .meta({ description: 'Mobile country code of the visited network; null = unknown.' }),
    octetsUp: octets,
    octetsDown: octets,
    packetsUp: z.string(),
    packetsDown: z.string(),
    plan: z
      .strictObject({
        planCode: z.string(),
        planVersion: z.int(),
        treatments: z
          .array(
            z.strictObject({
              treatment: z.enum(TREATMENTS),
              reason: z.string().meta({ description: 'Why it is treated so.' }),
              planRule: z.string().nullable().meta({
                description: 'Id of the free rule that decided or refused; null: none speaks of it.',
              }),
              octetsUp: octets,
              octetsDown: octets,
            }),
          )
          .meta({ description: 'All octets of the figure are on one of these.' }),
      })
      .nullable()
      .meta({
        description:
          'What the plan in force makes of these octets; null in an hour in which the SIM was on none.',
      }),
    batch: z
      .strictObject({
        source: z.string(),
        generation: z.string(),
        sequence: z.string(),
        firstTime: instant.nullable(),
        lastTime: instant.nullable(),
        receivedAt: instant,
      })
      .nullable()
      .meta({
        description: 'The last batch that changed the figure; null where all of it was bound from suspense.',
      }),
    bindings: z
      .array(
        z.strictObject({
          sessionId: z.string(),
          address: z.string(),
          octetsUp: octets,
          octetsDown: octets,
          boundAt: instant,
        }),
      )
      .meta({ description: 'Octets that came from an address before its session was known; at most 20.' }),
  })
  .meta({ id: 'UsageExplanation', description: 'What one figure of one UTC hour rests on.' });

const explainUsage = defineRoute({
  method: 'GET',
  path: '/v1/usage/{simId}/explain',
  operationId: 'explainUsage',
  tag: 'usage',
  summary:
    'What the usage of a SIM rests on: rule, version, evidence, batch and hour, and what its plan makes of it',
  description:
    'One item per UTC hour and reason. Filter as in `GET /v1/usage`, or follow the `explanation` of an item there: the items then sum to the figure shown.',
  scopes: ['usage-read', 'billing'],
  params: z.strictObject({ simId: simIdText }),
  query: spanWith({
    serviceCode: serviceCodeSchema.optional(),
    evidence: evidence.optional(),
    name: z.string().min(1).max(255).optional().meta({ description: 'The name seen, exactly.' }),
    direction: z
      .enum(['up', 'down'])
      .optional()
      .meta({ description: 'Count only this direction: the octets and packets of the other are 0.' }),
    reason: z.coerce
      .number({ error: 'write a whole number' })
      .int('write a whole number')
      .min(1, 'at least 1')
      .max(2_147_483_647, 'at most 2147483647')
      .optional()
      .meta({ description: 'As the `explanation` of an item of usage names it.' }),
    ...pageQuery.shape,
  }),
  response: z
    .strictObject({ ...pageOfItems(explanation).shape, completeness })
    .meta({ id: 'UsageExplanations' }),
});

@Controller()
export class ExplanationsController {
  constructor(
    private readonly explanations: ExplanationsReader,
    private readonly accounts: AccountsReader,
    private readonly sims: SimsService,
    private readonly treatments: UsageTreatments,
    private readonly catalogue: CatalogueService,
  ) {}

  @Handle(explainUsage)
  async explain(
    @Input()
    {
      params: { simId },
      query: { from, to, limit, cursor, reason, ...filter },
    }: InputOf<typeof explainUsage>,
  ): Promise<AnswerOf<typeof explainUsage>> {
    const simKey = (await this.sims.keysOf([simId])).get(simId);
    if (simKey === undefined) throw new Refusal('not_found', `There is no SIM "${simId}".`);
    // A code that nothing has would otherwise look like no usage.
    if (filter.serviceCode !== undefined) await this.catalogue.get(filter.serviceCode);
    const span = { simKey, from: new Date(from), to: new Date(to), reasonId: reason, ...filter };
    const [{ items, nextCursor }, gaps] = await Promise.all([
      this.explanations.list(span, { limit, cursor }),
      this.accounts.completeness(span.from, span.to),
    ]);
    const treated = await this.treatments.ofBuckets(
      simKey,
      items.map(({ hour, reasonId }) => ({ hour: hour.getTime(), reasonId })),
    );
    return {
      items: items.map((item, index) => present(item, treated[index] ?? null, filter.direction)),
      nextCursor,
      completeness: Object.fromEntries(Object.entries(gaps).map(([name, count]) => [name, String(count)])),
    };
  }
}

function present(
  { reasonId: _reasonId, ...one }: Explanation,
  plan: Awaited<ReturnType<UsageTreatments['ofBuckets']>>[number],
  direction: 'up' | 'down' | undefined,
): z.input<typeof explanation> {
  const time = (date: Date) => formatInstant(date.getTime());
  const { serviceVersion, batch } = one;
  return {
    ...one,
    hour: time(one.hour),
    evidence: evidence.parse(one.evidence),
    serviceVersion: serviceVersion && {
      ...serviceVersion,
      effectiveFrom: time(serviceVersion.effectiveFrom),
    },
    plan: plan && {
      planCode: plan.planCode,
      planVersion: plan.planVersion,
      treatments: plan.lines
        .map((line) => ({
          ...line,
          octetsUp: direction === 'down' ? 0n : line.octetsUp,
          octetsDown: direction === 'up' ? 0n : line.octetsDown,
        }))
        .filter(({ octetsUp, octetsDown }) => octetsUp + octetsDown > 0n)
        .map(({ treatment, reason, planRule, octetsUp, octetsDown }) => ({
          treatment,
          reason,
          planRule,
          octetsUp: octetsUp.toString(),
          octetsDown: octetsDown.toString(),
        })),
    },
    batch: batch && {
      ...batch,
      firstTime: batch.firstTime && time(batch.firstTime),
      lastTime: batch.lastTime && time(batch.lastTime),
      receivedAt: time(batch.receivedAt),
    },
    bindings: one.bindings.map((binding) => ({ ...binding, boundAt: time(binding.boundAt) })),
  };
}
