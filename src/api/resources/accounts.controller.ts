import { Controller } from '@nestjs/common';
import { z } from 'zod';
import { AccountsReader } from '../../meter/index.js';
import { formatInstant } from '../../shared/index.js';
import { instant, octets, pageOfItems, pageQuery, spanWith } from '../kit/fields.js';
import { defineRoute, Handle, Input, type AnswerOf, type InputOf } from '../kit/route.js';

const tag = 'usage';
const scopes = ['usage-read', 'billing'] as const;

const account = z
  .strictObject({ account: z.string(), packets: z.string(), octets })
  .meta({ id: 'Account', description: 'Packets and octets that are on no SIM.' });
const conservation = z
  .strictObject({
    seen: z.strictObject({ packets: z.string(), octets }).meta({ description: 'By the capture engines.' }),
    accounts: z.array(account).meta({ description: 'What was seen and belongs to no subscriber, by why.' }),
    usageOctets: octets.meta({ description: "On SIMs' accounts." }),
    suspenseOctets: octets.meta({ description: 'Of addresses that no session held, not bound yet.' }),
    bothSubscribersOctets: octets.meta({ description: 'On two lines, as both ends are subscribers.' }),
    difference: octets.meta({
      description: 'seen + bothSubscribers − accounts − usage − suspense: 0 unless something is broken.',
    }),
  })
  .meta({ id: 'Conservation', description: 'Every octet that was seen is on exactly one of these.' });
const suspenseItem = z
  .strictObject({
    realmIndex: z.int(),
    address: z.string(),
    hour: instant,
    firstTime: instant,
    lastTime: instant,
    serviceCode: z.string().nullable(),
    evidence: z.string(),
    octetsUp: octets,
    octetsDown: octets,
  })
  .meta({ id: 'SuspenseItem' });

const getConservation = defineRoute({
  method: 'GET',
  path: '/v1/conservation',
  operationId: 'getConservation',
  tag,
  summary: 'Where every octet went',
  description: 'Exact for the epochs that are closed; of the UTC hours that begin in the span.',
  scopes,
  query: spanWith({}),
  response: conservation,
});
const listSuspense = defineRoute({
  method: 'GET',
  path: '/v1/suspense',
  operationId: 'listSuspense',
  tag,
  summary: 'Octets of addresses that no session held',
  description: 'They move to the SIM when its session becomes known.',
  scopes,
  query: spanWith(pageQuery.shape),
  response: pageOfItems(suspenseItem),
});

@Controller()
export class AccountsController {
  constructor(private readonly accounts: AccountsReader) {}

  @Handle(getConservation)
  async conservation(
    @Input() { query: { from, to } }: InputOf<typeof getConservation>,
  ): Promise<AnswerOf<typeof getConservation>> {
    const found = await this.accounts.conservation(new Date(from), new Date(to));
    const text = <T extends { packets: bigint; octets: bigint }>(tally: T) => ({
      ...tally,
      packets: tally.packets.toString(),
      octets: tally.octets.toString(),
    });
    return {
      seen: text(found.seen),
      accounts: found.accounts.map(text),
      usageOctets: found.usageOctets.toString(),
      suspenseOctets: found.suspenseOctets.toString(),
      bothSubscribersOctets: found.bothSubscribersOctets.toString(),
      difference: found.difference.toString(),
    };
  }

  @Handle(listSuspense)
  async suspense(
    @Input() { query: { from, to, ...page } }: InputOf<typeof listSuspense>,
  ): Promise<AnswerOf<typeof listSuspense>> {
    const { items, nextCursor } = await this.accounts.suspense(new Date(from), new Date(to), page);
    return {
      items: items.map((item) => ({
        ...item,
        hour: formatInstant(item.hour),
        firstTime: formatInstant(item.firstTime.getTime()),
        lastTime: formatInstant(item.lastTime.getTime()),
        octetsUp: item.octetsUp.toString(),
        octetsDown: item.octetsDown.toString(),
      })),
      nextCursor,
    };
  }
}
