import { Controller } from '@nestjs/common';
import { z } from 'zod';
import { MOST_SIMS, UsageTreatments, type TreatedOctets } from '../../billing/index.js';
import { CatalogueService, serviceCodeSchema } from '../../catalogue/index.js';
import { EVIDENCES } from '../../identify/index.js';
import {
  RESOLUTIONS,
  UsageReader,
  type UsageFilter,
  type UsageItem,
  type UsagePage,
  type UsageTotal,
} from '../../meter/index.js';
import { zoneNamed } from '../../plans/index.js';
import { formatInstant, once } from '../../shared/index.js';
import { SimsService } from '../../sims/index.js';
import { instant, octets, pageOfItems, pageQuery, simIdText, spanWith } from '../kit/fields.js';
import { defineRoute, Handle, Input, type AnswerOf, type InputOf } from '../kit/route.js';

const tag = 'usage';
const scopes = ['usage-read', 'billing'] as const;
const evidence = z.enum(EVIDENCES).meta({
  description:
    'Why the octets were taken for the service. sni_unverified: a name was claimed that the address does not bear out, so they are billed. none: nothing matched.',
});

const TOO_MANY_SIMS = `More than ${MOST_SIMS.all} SIMs have usage under this filter, or more than ${MOST_SIMS.hourly} on plans with caps or time windows: ask with simId or for a shorter span. Of a closed month, the statements have it by SIM.`;

const counts = { octetsUp: octets, octetsDown: octets, octets };
const usageItem = z
  .strictObject({
    simId: z.string(),
    start: instant.meta({ description: 'Start of the hour, day or month.' }),
    serviceCode: z
      .string()
      .nullable()
      .meta({ description: 'Null: no service matched; such octets are billed.' }),
    serviceVersionId: z.int().nullable().meta({ description: 'The version of the rules that matched.' }),
    claimedServiceCode: z.string().nullable(),
    evidence,
    rule: z.string().nullable().meta({ description: 'The name or prefix in the rules that fired.' }),
    name: z.string().nullable().meta({ description: 'The name seen, where the SIM consents.' }),
    mcc: z
      .string()
      .nullable()
      .meta({ description: 'Mobile country code of the visited network; null = unknown.' }),
    ...counts,
    packetsUp: z.string(),
    packetsDown: z.string(),
    explanation: z
      .string()
      .meta({ description: 'Path of what these octets rest on: rule, version, evidence, batch and hour.' }),
  })
  .meta({ id: 'UsageItem' });
const byPlan = z
  .strictObject({
    freeOctets: octets,
    billedOctets: octets,
    notCountedOctets: octets.meta({ description: 'Of a direction that the plan does not count.' }),
    withoutPlanOctets: octets.meta({ description: 'Of hours in which the SIM was on no plan.' }),
  })
  .meta({
    id: 'UsageByPlan',
    description:
      'What the plans in force make of these octets, as statements do. Where a cap runs out within an hour, its last free octets are given to services, rules and names in a fixed order, so that parts sum to the whole.',
  });
const usageTotals = z
  .strictObject({
    ...counts,
    serviceOctets: octets.meta({ description: 'Octets of services: plans can make them free.' }),
    otherOctets: octets.meta({ description: 'Octets of no service, or of a claim that was not borne out.' }),
    byPlan: byPlan.nullable().meta({
      description: 'Null where it takes too long to apply the plans: `byPlanMissing` says why.',
    }),
    byPlanMissing: z
      .string()
      .nullable()
      .meta({
        description: `Why \`byPlan\` is null, and what to do; null where it is there. Plans are applied for at most ${MOST_SIMS.all} SIMs, ${MOST_SIMS.hourly} of them on plans with caps or time windows.`,
      }),
    byService: z.array(z.strictObject({ serviceCode: z.string().nullable(), evidence, ...counts })),
  })
  .meta({ id: 'UsageTotals', description: 'Of everything under the filter, not only of this page.' });

const filter = {
  simId: simIdText.optional(),
  serviceCode: serviceCodeSchema.optional(),
  evidence: z.enum(EVIDENCES).optional(),
  name: z.string().min(1).max(255).optional().meta({ description: 'The name seen, exactly.' }),
  direction: z
    .enum(['up', 'down'])
    .optional()
    .meta({ description: 'Count only this direction: the octets and packets of the other are 0.' }),
};
const timeZone = z
  .string()
  .refine((name) => zoneNamed(name) !== null, 'is no IANA time zone; write one such as Asia/Tokyo')
  .default('UTC')
  .meta({
    description:
      'IANA zone of days and months: an hour is of the day that it begins in there. Hours are UTC hours in every zone.',
  });

const listUsage = defineRoute({
  method: 'GET',
  path: '/v1/usage',
  operationId: 'listUsage',
  tag,
  summary: 'Octets by SIM, time, service and evidence',
  description:
    'Usage is kept by the UTC hour, by service and name; the hours that begin from `from` to before `to` are counted, as in a billing period. `totals.byPlan` says what of it is free and what is billed under the plans in force. Each item says by which rule and on which evidence it was decided, and `explanation` leads to every hour and batch of it.',
  scopes,
  query: spanWith({
    ...filter,
    resolution: z.enum(RESOLUTIONS).default('day'),
    timeZone,
    ...pageQuery.shape,
  }),
  response: z
    .strictObject({ ...pageOfItems(usageItem).shape, totals: usageTotals })
    .meta({ id: 'UsagePage' }),
});

@Controller()
export class UsageController {
  constructor(
    private readonly usage: UsageReader,
    private readonly treatments: UsageTreatments,
    private readonly sims: SimsService,
    private readonly catalogue: CatalogueService,
  ) {}

  @Handle(listUsage)
  async list(
    @Input() { query: { limit, cursor, simId, from, to, ...query } }: InputOf<typeof listUsage>,
  ): Promise<AnswerOf<typeof listUsage>> {
    const simKey = simId === undefined ? undefined : (await this.sims.keysOf([simId])).get(simId);
    // A code that nothing has would otherwise look like no usage.
    if (query.serviceCode !== undefined) await this.catalogue.get(query.serviceCode);
    const filter = { ...query, simKey, from: new Date(from), to: new Date(to) };
    const listed = this.usage.list(filter, { limit, cursor });
    const [page, byPlan] = await Promise.all([listed, treated(this.usage, this.treatments, filter, listed)]);
    const ids =
      simId === undefined
        ? await this.sims.idsOf([...new Set(page.items.map((item) => item.simKey))])
        : undefined;
    const instant = once(formatInstant);
    return {
      items: page.items.map((item) =>
        present(
          item,
          simId ?? ids?.get(item.simKey) ?? '',
          { from, to, direction: query.direction },
          instant,
        ),
      ),
      nextCursor: page.nextCursor,
      totals: sumUp(page.totals, byPlan),
    };
  }
}

/** Null for more SIMs than there is time for. */
async function treated(
  usage: UsageReader,
  treatments: UsageTreatments,
  filter: UsageFilter,
  listed: Promise<UsagePage>,
): Promise<TreatedOctets | null> {
  const simKeys = filter.simKey === undefined ? await usage.sims(filter, MOST_SIMS.all + 1) : [filter.simKey];
  const [from, to] = [filter.from.getTime(), filter.to.getTime()];
  return treatments.totals({ ...filter, simKeys, from, to, sums: async () => (await listed).sums });
}

function present(
  { simKey: _simKey, start, end, reasonId, ...item }: UsageItem,
  simId: string,
  asked: { from: number; to: number; direction: 'up' | 'down' | undefined },
  instant: (time: number) => string,
): z.input<typeof usageItem> {
  // Of what stands in an instant a query escapes the colons alone.
  const [from, to] = [Math.max(start, asked.from), Math.min(end, asked.to)].map((time) =>
    instant(time).replaceAll(':', '%3A'),
  );
  const direction = asked.direction === undefined ? '' : `&direction=${asked.direction}`;
  return {
    ...item,
    simId,
    start: instant(start),
    ...countsOf(item),
    packetsUp: item.packetsUp.toString(),
    packetsDown: item.packetsDown.toString(),
    explanation: `/v1/usage/${encodeURIComponent(simId)}/explain?from=${from}&to=${to}&reason=${reasonId}${direction}`,
  };
}

function sumUp(totals: readonly UsageTotal[], plan: TreatedOctets | null): z.input<typeof usageTotals> {
  const sum = (rows: readonly UsageTotal[]) => ({
    octetsUp: rows.reduce((total, row) => total + row.octetsUp, 0n),
    octetsDown: rows.reduce((total, row) => total + row.octetsDown, 0n),
  });
  const all = sum(totals);
  return {
    ...countsOf(all),
    serviceOctets: countsOf(sum(totals.filter((row) => row.serviceCode !== null))).octets,
    otherOctets: countsOf(sum(totals.filter((row) => row.serviceCode === null))).octets,
    byPlan: plan && {
      freeOctets: plan.free.toString(),
      billedOctets: plan.billed.toString(),
      notCountedOctets: plan.notCounted.toString(),
      withoutPlanOctets: String(all.octetsUp + all.octetsDown - plan.free - plan.billed - plan.notCounted),
    },
    byPlanMissing: plan === null ? TOO_MANY_SIMS : null,
    byService: totals.map((row) => ({ ...row, ...countsOf(row) })),
  };
}

function countsOf({ octetsUp, octetsDown }: { octetsUp: bigint; octetsDown: bigint }) {
  return {
    octetsUp: octetsUp.toString(),
    octetsDown: octetsDown.toString(),
    octets: (octetsUp + octetsDown).toString(),
  };
}
