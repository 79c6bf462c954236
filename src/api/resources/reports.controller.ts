import { Controller } from '@nestjs/common';
import { z } from 'zod';
import { serviceCodeSchema, serviceVersionInputSchema } from '../../catalogue/index.js';
import { FRAUD_DEFAULTS, fraudFields, FraudService } from '../../billing/index.js';
import { DryRunService, FRAUD_KINDS } from '../../meter/index.js';
import { SimsService } from '../../sims/index.js';
import { octets, pageOfItems, pageQuery, simIdText, spanWith } from '../kit/fields.js';
import { defineRoute, Handle, Input, type AnswerOf, type InputOf } from '../kit/route.js';

const MOST_DAYS = 92;

const namesOf = (description: string) =>
  z.array(z.strictObject({ name: z.string(), octets })).meta({ description });
const number = (least: number, most: number, fallback: number) =>
  z.coerce
    .number({ error: 'write a number' })
    .min(least, `at least ${least}`)
    .max(most, `at most ${most}`)
    .default(fallback);

/** A finding, in the report and in events. */
export const fraudShape = {
  kind: z.enum(FRAUD_KINDS).meta({
    description:
      'failed_claim: a name was claimed that the address does not bear out (billed). foreign_dns: port 53 of a host that is none of the session’s resolvers. unusual_volume: far more within a service than its other SIMs, or than the SIM before.',
  }),
  serviceCode: z.string().nullable().meta({ description: 'The service claimed, or with the volume.' }),
  octetsUp: octets,
  octetsDown: octets,
  octets,
  names: namesOf('The names claimed with the most octets, where the SIM consents.'),
  atStake: z.array(z.strictObject({ currency: z.string(), amount: z.string() })).meta({
    description:
      'Of failed_claim: what the claims would have saved, tax included. The periods that the span touches are rated as they are, and as if the claims had held; this is the difference. Empty for a SIM on no plan.',
  }),
  grounds: z.array(z.enum(['fleet', 'own'])).meta({
    description:
      'Of unusual_volume. fleet: `factor` times the median of the service’s SIMs. own: `factor` times what the SIM used in as long a span of the 28 days before, and 3 times that median.',
  }),
  usualOctets: octets.nullable().meta({
    description:
      'Of unusual_volume: what the SIM used in as long a span of the 28 days before; null = nothing.',
  }),
  distribution: z
    .strictObject({
      sims: z.int().meta({ description: 'SIMs that used the service in the span.' }),
      medianOctets: octets,
      p99Octets: octets,
    })
    .nullable()
    .meta({ description: 'Of the service, for unusual_volume.' }),
};
const fraudItem = z.strictObject({ simId: z.string(), ...fraudShape }).meta({ id: 'FraudItem' });

const getFraudReport = defineRoute({
  method: 'GET',
  path: '/v1/reports/fraud',
  operationId: 'getFraudReport',
  tag: 'usage',
  summary: 'What looks like an attempt to get traffic free, most octets first',
  description:
    'It accuses nobody: a resolver of the user’s own choice, an address that rules do not know yet, or a heavy user look the same. Ranked by what is known when a page is asked for: to read all pages of it, ask for a span that is over.',
  scopes: ['usage-read', 'billing'],
  query: spanWith({
    kind: z.enum(FRAUD_KINDS).optional(),
    simId: simIdText.optional(),
    factor: number(1, 1_000_000, FRAUD_DEFAULTS.factor).meta({
      description: 'A volume is unusual from this many times the median of the service’s SIMs.',
    }),
    leastSims: number(2, 1_000_000, FRAUD_DEFAULTS.leastSims).meta({
      description: '…of services that at least so many SIMs use in the span.',
    }),
    leastOctets: number(1, Number.MAX_SAFE_INTEGER, 1).meta({
      description: 'Findings of fewer octets are left out.',
    }),
    ...pageQuery.shape,
  }).refine(({ from, to }) => to - from <= MOST_DAYS * 86_400_000, {
    path: ['to'],
    error: `at most ${MOST_DAYS} days after from`,
  }),
  response: pageOfItems(fraudItem),
});

const dryRunService = defineRoute({
  method: 'POST',
  path: '/v1/services/{serviceCode}/dry-run',
  operationId: 'dryRunService',
  tag: 'services',
  summary: 'Which octets of a past span would move under draft rules',
  description:
    'Changes nothing. The ledger keeps names and rules, never addresses: a move is `certain` where name or rule alone tell it, and `depends` where it holds only if the address bears it out. Octets without a name (or of which it is not kept) that a new prefix or name could take are `unknownOctets`. total = unchanged + unknown + moves.',
  scopes: ['catalogue'],
  params: z.strictObject({ serviceCode: serviceCodeSchema }),
  body: spanWith(serviceVersionInputSchema.omit({ effectiveFrom: true }).shape).refine(
    ({ from, to }) => to - from <= MOST_DAYS * 86_400_000,
    { path: ['to'], error: `at most ${MOST_DAYS} days after from` },
  ),
  bodyLimit: 'bulk',
  response: z
    .strictObject({
      totalOctets: octets,
      unchangedOctets: octets,
      unknownOctets: octets,
      moves: z.array(
        z.strictObject({
          from: z.string().nullable().meta({ description: 'Service as recorded; null = none.' }),
          to: z.string().nullable(),
          certainty: z.enum(['certain', 'depends']),
          octetsUp: octets,
          octetsDown: octets,
          octets,
          names: namesOf('Names, or rules where no name is kept, with the most octets of the move.'),
        }),
      ),
    })
    .meta({ id: 'DryRunResult' }),
  status: 200,
  examples: {
    body: {
      from: '2026-10-01T00:00:00Z',
      to: '2026-10-08T00:00:00Z',
      rules: { domainNames: ['music.example.com'] },
    },
  },
});

/** Questions about stored usage that answer with more than sums. */
@Controller()
export class ReportsController {
  constructor(
    private readonly fraud: FraudService,
    private readonly dryRuns: DryRunService,
    private readonly sims: SimsService,
  ) {}

  @Handle(getFraudReport)
  async fraudReport(
    @Input() { query: { limit, cursor, simId, from, to, ...query } }: InputOf<typeof getFraudReport>,
  ): Promise<AnswerOf<typeof getFraudReport>> {
    const simKey = simId === undefined ? undefined : (await this.sims.keysOf([simId])).get(simId);
    const page = await this.fraud.list(
      { ...query, simKey, from: new Date(from), to: new Date(to) },
      { limit, cursor },
    );
    const ids = await this.sims.idsOf([...new Set(page.items.map((item) => item.simKey))]);
    return {
      nextCursor: page.nextCursor,
      items: page.items.map((item) => ({ simId: ids.get(item.simKey) ?? '', ...fraudFields(item) })),
    };
  }

  @Handle(dryRunService)
  async dryRun(
    @Input() { params: { serviceCode }, body: { from, to, policy, rules } }: InputOf<typeof dryRunService>,
  ): Promise<AnswerOf<typeof dryRunService>> {
    const result = await this.dryRuns.run({ serviceCode, policy, rules }, new Date(from), new Date(to));
    return {
      totalOctets: result.totalOctets.toString(),
      unchangedOctets: result.unchangedOctets.toString(),
      unknownOctets: result.unknownOctets.toString(),
      moves: result.moves.map((move) => ({ ...move, ...octetsOf(move), names: namesText(move.names) })),
    };
  }
}

function octetsOf({ octetsUp, octetsDown }: { octetsUp: bigint; octetsDown: bigint }) {
  return {
    octetsUp: octetsUp.toString(),
    octetsDown: octetsDown.toString(),
    octets: (octetsUp + octetsDown).toString(),
  };
}

function namesText(names: readonly { name: string; octets: bigint }[]) {
  return names.map(({ name, octets: count }) => ({ name, octets: count.toString() }));
}
