import { Controller } from '@nestjs/common';
import { z } from 'zod';
import { serviceCodeSchema } from '../../catalogue/index.js';
import { EVIDENCES } from '../../identify/index.js';
import { RESOLUTIONS, UsageReader, type UsageItem, type UsageTotal } from '../../meter/index.js';
import { isTimeZone } from '../../plans/index.js';
import { formatInstant } from '../../shared/index.js';
import { SimsService } from '../../sims/index.js';
import { instant, octets, pageOfItems, pageQuery, simIdText, spanWith } from '../kit/fields.js';
import { defineRoute, Handle, Input, type AnswerOf, type InputOf } from '../kit/route.js';

const tag = 'usage';
const scopes = ['usage-read', 'billing'] as const;
const evidence = z.enum(EVIDENCES).meta({
  description:
    'Why the octets were taken for the service. sni_unverified: a name was claimed that the address does not bear out, so they are billed. none: nothing matched.',
});

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
  })
  .meta({ id: 'UsageItem' });
const usageTotals = z
  .strictObject({
    ...counts,
    serviceOctets: octets.meta({ description: 'Octets of services: plans can make them free.' }),
    otherOctets: octets.meta({ description: 'Octets of no service, or of a claim that was not borne out.' }),
    byService: z.array(z.strictObject({ serviceCode: z.string().nullable(), evidence, ...counts })),
  })
  .meta({ id: 'UsageTotals', description: 'Of everything under the filter, not only of this page.' });

const filter = {
  simId: simIdText.optional(),
  serviceCode: serviceCodeSchema.optional(),
  evidence: z.enum(EVIDENCES).optional(),
  name: z.string().min(1).max(255).optional().meta({ description: 'The name seen, exactly.' }),
};
const timeZone = z
  .string()
  .refine(isTimeZone, 'is no IANA time zone; write one such as Asia/Tokyo')
  .default('UTC')
  .meta({ description: 'IANA zone in which days and months begin.' });

const listUsage = defineRoute({
  method: 'GET',
  path: '/v1/usage',
  operationId: 'listUsage',
  tag,
  summary: 'Octets by SIM, time, service and evidence',
  description:
    'Usage is kept by the UTC hour and does not depend on plans; what a plan makes free of it is on statements. Each item says by which rule and on which evidence it was decided.',
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
    private readonly sims: SimsService,
  ) {}

  @Handle(listUsage)
  async list(
    @Input() { query: { limit, cursor, simId, from, to, ...query } }: InputOf<typeof listUsage>,
  ): Promise<AnswerOf<typeof listUsage>> {
    const simKey = simId === undefined ? undefined : (await this.sims.keysOf([simId])).get(simId);
    const filter = { ...query, simKey, from: new Date(from), to: new Date(to) };
    const [page, totals] = await Promise.all([
      this.usage.list(filter, { limit, cursor }),
      this.usage.totals(filter),
    ]);
    const ids = await this.sims.idsOf([...new Set(page.items.map((item) => item.simKey))]);
    return {
      items: page.items.map((item) => present(item, ids.get(item.simKey) ?? '')),
      nextCursor: page.nextCursor,
      totals: sumUp(totals),
    };
  }
}

function present({ simKey: _simKey, start, ...item }: UsageItem, simId: string): z.input<typeof usageItem> {
  return {
    ...item,
    simId,
    start: formatInstant(start),
    ...countsOf(item),
    packetsUp: item.packetsUp.toString(),
    packetsDown: item.packetsDown.toString(),
  };
}

function sumUp(totals: readonly UsageTotal[]): z.input<typeof usageTotals> {
  const sum = (rows: readonly UsageTotal[]) => ({
    octetsUp: rows.reduce((total, row) => total + row.octetsUp, 0n),
    octetsDown: rows.reduce((total, row) => total + row.octetsDown, 0n),
  });
  return {
    ...countsOf(sum(totals)),
    serviceOctets: countsOf(sum(totals.filter((row) => row.serviceCode !== null))).octets,
    otherOctets: countsOf(sum(totals.filter((row) => row.serviceCode === null))).octets,
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
