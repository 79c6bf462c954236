import { Controller } from '@nestjs/common';
import { z } from 'zod';
import { monthSchema, simulationInputSchema, SimulationsService } from '../../billing/index.js';
import { planCodeSchema } from '../../plans/index.js';
import type { RequestContext } from '../kit/context.js';
import { instant, octets, pageOfItems, pageQuery } from '../kit/fields.js';
import { Reply } from '../kit/reply.js';
import { Context, defineRoute, Handle, Input, type AnswerOf, type InputOf } from '../kit/route.js';

const tag = 'statements';
const scopes = ['billing'] as const;
const params = z.strictObject({ simulationId: z.uuid() });
const money = z.string().meta({ description: 'Decimal text.', examples: ['980'] });

const compared = {
  billedAmount: money,
  simulatedAmount: money,
  difference: money.meta({ description: 'Simulated less billed.' }),
  billedFreeOctets: octets,
  simulatedFreeOctets: octets,
  octets: octets.meta({ description: 'All octets of the month; the same in both.' }),
  dependsOctets: octets.nullable().meta({
    description:
      'Of them: octets that the draft catalogue takes for what the rules say of the name, which would hold only if the address bears it out; no address is stored. null: rated by a version that did not tell.',
  }),
  unknownOctets: octets.nullable().meta({
    description:
      'Of them: octets that stay as they were recognised although the draft catalogue could move them, since neither name nor address is stored. null: as above.',
  }),
};
const simulation = z
  .strictObject({
    id: z.string(),
    month: z.string(),
    planCode: z.string(),
    serviceCodes: z.array(z.string()).meta({ description: 'The services whose draft rules it is about.' }),
    status: z.enum(['running', 'finished', 'failed']),
    failedBecause: z
      .string()
      .nullable()
      .meta({ description: 'What kept it from being carried out; null unless it failed.' }),
    sims: z.int().meta({ description: 'SIMs that were on the plan in the month.' }),
    done: z.int(),
    currency: z.string(),
    totals: z.strictObject(compared).meta({ description: 'Of the SIMs that are done.' }),
    createdAt: instant,
    finishedAt: instant.nullable(),
  })
  .meta({ id: 'Simulation' });
const summary = simulation
  .omit({ serviceCodes: true, currency: true, totals: true })
  .meta({ id: 'SimulationSummary' });
const result = z
  .strictObject({
    simId: z.string(),
    statement: z.int().nullable().meta({
      description: 'The final statement, with its corrections; null: compared with the draft of now.',
    }),
    ...compared,
  })
  .meta({ id: 'SimulationResult' });

const startSimulation = defineRoute({
  method: 'POST',
  path: '/v1/simulations',
  operationId: 'startSimulation',
  tag,
  summary: 'What would a month have cost under other terms, or with another catalogue?',
  description:
    'A worker rates the stored usage of all SIMs that were on the plan under the draft terms, the draft rules of services (also of services that the catalogue does not have yet) or both, and compares it with what was billed. The ledger keeps names and rules, not addresses: octets whose service depends on the address are taken for what the rules say of the name (`dependsOctets`), and those of which nothing tells stay as they are (`unknownOctets`). Nothing else is touched. Ask for the simulation to see how far it is.',
  scopes,
  body: simulationInputSchema,
  bodyLimit: 'bulk',
  response: simulation,
  status: 202,
  examples: {
    body: {
      month: '2026-10',
      planCode: 'light-3gb',
      terms: {
        currency: { code: 'JPY', exponent: 0 },
        timeZone: 'Asia/Tokyo',
        rounding: 'half_up',
        tax: { treatment: 'exclusive', rates: [{ percent: '10' }] },
        baseFee: { amount: '1280', proration: 'by_day' },
        quota: { included: { value: '3', unit: 'GB' }, proration: 'by_day' },
        overage: { kind: 'none' },
        free: [{ id: 'video', services: ['video-drafted'] }],
      },
      services: [
        {
          serviceCode: 'video-drafted',
          policy: 'name',
          rules: { domainNames: ['video.example.com', 'videocdn.example.net'] },
        },
      ],
    },
  },
});
const listSimulations = defineRoute({
  method: 'GET',
  path: '/v1/simulations',
  operationId: 'listSimulations',
  tag,
  summary: 'Simulations, newest first',
  description: 'They are kept until they are deleted. Ask for one of them for its totals.',
  scopes,
  query: z.strictObject({
    month: monthSchema.optional(),
    planCode: planCodeSchema.optional(),
    ...pageQuery.shape,
  }),
  response: pageOfItems(summary),
});
const getSimulation = defineRoute({
  method: 'GET',
  path: '/v1/simulations/{simulationId}',
  operationId: 'getSimulation',
  tag,
  summary: 'How far a simulation is, and its totals',
  scopes,
  params,
  response: simulation,
});
const listSimulationResults = defineRoute({
  method: 'GET',
  path: '/v1/simulations/{simulationId}/results',
  operationId: 'listSimulationResults',
  tag,
  summary: 'What each SIM would have paid',
  scopes,
  params,
  query: pageQuery,
  response: pageOfItems(result),
});
const deleteSimulation = defineRoute({
  method: 'DELETE',
  path: '/v1/simulations/{simulationId}',
  operationId: 'deleteSimulation',
  tag,
  summary: 'Remove a simulation and its results; one that runs ends',
  scopes,
  params,
});

@Controller()
export class SimulationsController {
  constructor(private readonly simulations: SimulationsService) {}

  @Handle(startSimulation)
  async start(
    @Input() { body }: InputOf<typeof startSimulation>,
  ): Promise<Reply<AnswerOf<typeof startSimulation>>> {
    const started = await this.simulations.start(body);
    return new Reply(started, { location: `/v1/simulations/${started.id}` });
  }

  @Handle(listSimulations)
  list(
    @Input() { query: { limit, cursor, ...filter } }: InputOf<typeof listSimulations>,
  ): Promise<AnswerOf<typeof listSimulations>> {
    return this.simulations.list(filter, { limit, cursor });
  }

  @Handle(getSimulation)
  get(@Input() { params }: InputOf<typeof getSimulation>): Promise<AnswerOf<typeof getSimulation>> {
    return this.simulations.get(params.simulationId);
  }

  @Handle(listSimulationResults)
  results(
    @Input() { params, query }: InputOf<typeof listSimulationResults>,
  ): Promise<AnswerOf<typeof listSimulationResults>> {
    return this.simulations.results(params.simulationId, query);
  }

  @Handle(deleteSimulation)
  async remove(
    @Input() { params }: InputOf<typeof deleteSimulation>,
    @Context() context: RequestContext,
  ): Promise<void> {
    context.before = await this.simulations.get(params.simulationId);
    await this.simulations.remove(params.simulationId);
  }
}
