import { Controller } from '@nestjs/common';
import { z } from 'zod';
import { packInputSchema, PacksService } from '../../plans/index.js';
import type { RequestContext } from '../kit/context.js';
import { instant, numericId, octets, pageOfItems, pageQuery, simIdText } from '../kit/fields.js';
import { Reply } from '../kit/reply.js';
import { Context, defineRoute, Handle, Input, type AnswerOf, type InputOf } from '../kit/route.js';

const tag = 'subscriptions';
const read = ['billing', 'usage-read'] as const;
const write = ['billing'] as const;
const params = z.strictObject({ packId: numericId });

const pack = z
  .strictObject({
    id: z.string(),
    simId: z.string(),
    planCode: z.string(),
    planVersion: z.int(),
    pack: z.string().meta({ description: 'Id of the pack within the plan.' }),
    octets,
    price: z.string().meta({ description: 'Decimal text, as it was when the pack was bought.' }),
    currency: z.string(),
    use: z.enum(['before_quota', 'after_quota']),
    boughtAt: instant,
    from: instant.meta({ description: 'UTC hour of the purchase.' }),
    to: instant.meta({ description: 'Exclusive.' }),
  })
  .meta({ id: 'BoughtPack', description: 'Octets that a SIM bought beside its plan.' });

const listPacks = defineRoute({
  method: 'GET',
  path: '/v1/packs',
  operationId: 'listPacks',
  tag,
  summary: 'List packs that SIMs bought',
  scopes: read,
  query: z.strictObject({ simId: simIdText.optional(), ...pageQuery.shape }),
  response: pageOfItems(pack),
});
const buyPack = defineRoute({
  method: 'POST',
  path: '/v1/packs',
  operationId: 'buyPack',
  tag,
  summary: 'Sell a SIM a pack of its plan',
  description:
    'The price stands on the statement of the period in which it is bought; what the pack covers, on a line of its own in each period that it holds in.',
  scopes: write,
  body: packInputSchema,
  response: pack,
  examples: { body: { simId: 'sim-0001', pack: 'plus-1gb', at: '2026-10-10T12:00:00+09:00' } },
});
const getPack = defineRoute({
  method: 'GET',
  path: '/v1/packs/{packId}',
  operationId: 'getPack',
  tag,
  summary: 'Get a pack that was bought',
  scopes: read,
  params,
  response: pack,
});
const withdrawPack = defineRoute({
  method: 'DELETE',
  path: '/v1/packs/{packId}',
  operationId: 'withdrawPack',
  tag,
  summary: 'Take back a pack that was bought by mistake',
  description: 'Not once a statement of its time is final.',
  scopes: write,
  params,
});

@Controller()
export class PacksController {
  constructor(private readonly packs: PacksService) {}

  @Handle(listPacks)
  list(
    @Input() { query: { simId, ...page } }: InputOf<typeof listPacks>,
  ): Promise<AnswerOf<typeof listPacks>> {
    return this.packs.list({ simId }, page);
  }

  @Handle(buyPack)
  async buy(@Input() { body }: InputOf<typeof buyPack>): Promise<Reply<AnswerOf<typeof buyPack>>> {
    const made = await this.packs.buy(body);
    return new Reply(made, { location: `/v1/packs/${made.id}` });
  }

  @Handle(getPack)
  get(@Input() { params }: InputOf<typeof getPack>): Promise<AnswerOf<typeof getPack>> {
    return this.packs.get(params.packId);
  }

  @Handle(withdrawPack)
  async withdraw(
    @Input() { params }: InputOf<typeof withdrawPack>,
    @Context() context: RequestContext,
  ): Promise<void> {
    context.before = await this.packs.get(params.packId);
    await this.packs.withdraw(params.packId);
  }
}
