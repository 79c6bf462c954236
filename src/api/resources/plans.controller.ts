import { Controller } from '@nestjs/common';
import { z } from 'zod';
import {
  planCodeSchema,
  planInputSchema,
  planPatchSchema,
  PlansService,
  planTermsSchema,
  planVersionInputSchema,
} from '../../plans/index.js';
import type { RequestContext } from '../kit/context.js';
import { changing, noteFound } from '../kit/etag.js';
import { instant, pageOfItems, pageQuery, versionNumber } from '../kit/fields.js';
import { Reply } from '../kit/reply.js';
import { Context, defineRoute, Handle, Input, type AnswerOf, type InputOf } from '../kit/route.js';

const tag = 'plans';
const read = ['catalogue', 'billing', 'usage-read'] as const;
const write = ['catalogue'] as const;
const params = z.strictObject({ planCode: planCodeSchema });
const versionParams = z.strictObject({ planCode: planCodeSchema, version: versionNumber });

const plan = z
  .strictObject({
    code: z.string(),
    name: z.string(),
    currentVersion: z.int().nullable().meta({ description: 'In force now; null before the first.' }),
    latestVersion: z.int(),
    version: z.int().meta({ description: 'Counts changes of this record; not a version of the plan.' }),
    createdAt: instant,
    updatedAt: instant,
  })
  .meta({ id: 'Plan' });
const planVersion = z
  .strictObject({
    planCode: z.string(),
    version: z.int(),
    effectiveFrom: instant,
    effectiveTo: instant.nullable().meta({ description: 'Start of the next version; null = none is known.' }),
    status: z.enum(['scheduled', 'in_force', 'past']),
    terms: planTermsSchema,
    createdAt: instant,
  })
  .meta({ id: 'PlanVersion', description: 'The terms of a plan from one instant to the next version.' });

/** "980 yen a month, 3 GB, LINE is free". */
const exampleTerms = {
  currency: { code: 'JPY', exponent: 0 },
  timeZone: 'Asia/Tokyo',
  anchorDay: 1,
  rounding: 'down',
  tax: { treatment: 'inclusive', rates: [{ percent: '10' }] },
  baseFee: { amount: '980', proration: 'full' },
  quota: { included: { value: '3', unit: 'GB' }, proration: 'full' },
  overage: {
    kind: 'per_unit',
    unit: { value: '1', unit: 'GB' },
    unitRounding: 'up',
    tiers: [{ upTo: null, price: '550' }],
  },
  free: [{ id: 'line-free', services: ['line'], includeSubServices: true }],
  packs: [
    {
      id: 'plus-1gb',
      octets: { value: '1', unit: 'GB' },
      price: '500',
      validFor: { days: 30 },
      use: 'after_quota',
    },
  ],
};

const listPlans = defineRoute({
  method: 'GET',
  path: '/v1/plans',
  operationId: 'listPlans',
  tag,
  summary: 'List plans, by code',
  scopes: read,
  query: pageQuery,
  response: pageOfItems(plan),
});
const createPlan = defineRoute({
  method: 'POST',
  path: '/v1/plans',
  operationId: 'createPlan',
  tag,
  summary: 'Add a plan with its first version',
  description: 'The first version may start in the past; every later one starts in the future.',
  scopes: write,
  body: planInputSchema,
  response: plan,
  etag: 'version',
  examples: {
    body: {
      code: 'light-3gb',
      name: 'Light 3 GB',
      effectiveFrom: '2026-10-01T00:00:00+09:00',
      terms: exampleTerms,
    },
  },
});
const getPlan = defineRoute({
  method: 'GET',
  path: '/v1/plans/{planCode}',
  operationId: 'getPlan',
  tag,
  summary: 'Get a plan',
  scopes: read,
  params,
  response: plan,
  etag: 'version',
});
const renamePlan = defineRoute({
  method: 'PATCH',
  path: '/v1/plans/{planCode}',
  operationId: 'renamePlan',
  tag,
  summary: 'Rename a plan',
  scopes: write,
  params,
  body: planPatchSchema,
  response: plan,
  etag: 'version',
  examples: { body: { name: 'Light 3 GB (2026)' } },
});
const listPlanVersions = defineRoute({
  method: 'GET',
  path: '/v1/plans/{planCode}/versions',
  operationId: 'listPlanVersions',
  tag,
  summary: 'List the versions of a plan, oldest first',
  description: 'All of them, on one page.',
  scopes: read,
  params,
  response: pageOfItems(planVersion),
});
const addPlanVersion = defineRoute({
  method: 'POST',
  path: '/v1/plans/{planCode}/versions',
  operationId: 'addPlanVersion',
  tag,
  summary: 'Add a version of a plan',
  description: 'SIMs that follow the plan change to it at its start; the month splits there.',
  scopes: write,
  params,
  body: planVersionInputSchema,
  response: planVersion,
  examples: { body: { effectiveFrom: '2027-04-01T00:00:00+09:00', terms: exampleTerms } },
});
const getPlanVersion = defineRoute({
  method: 'GET',
  path: '/v1/plans/{planCode}/versions/{version}',
  operationId: 'getPlanVersion',
  tag,
  summary: 'Get a version of a plan',
  scopes: read,
  params: versionParams,
  response: planVersion,
  etag: 'content',
});
const withdrawPlanVersion = defineRoute({
  method: 'DELETE',
  path: '/v1/plans/{planCode}/versions/{version}',
  operationId: 'withdrawPlanVersion',
  tag,
  summary: 'Withdraw the latest version before it comes into force',
  scopes: write,
  params: versionParams,
  etag: 'content',
});

@Controller()
export class PlansController {
  constructor(private readonly plans: PlansService) {}

  @Handle(listPlans)
  list(@Input() { query }: InputOf<typeof listPlans>): Promise<AnswerOf<typeof listPlans>> {
    return this.plans.list(query);
  }

  @Handle(createPlan)
  async create(@Input() { body }: InputOf<typeof createPlan>): Promise<Reply<AnswerOf<typeof createPlan>>> {
    const made = await this.plans.create(body);
    return new Reply(made, { location: `/v1/plans/${made.code}` });
  }

  @Handle(getPlan)
  get(@Input() { params }: InputOf<typeof getPlan>): Promise<AnswerOf<typeof getPlan>> {
    return this.plans.get(params.planCode);
  }

  @Handle(renamePlan)
  rename(
    @Input() { params: { planCode }, body }: InputOf<typeof renamePlan>,
    @Context() context: RequestContext,
  ): Promise<AnswerOf<typeof renamePlan>> {
    return changing(
      context,
      'version',
      () => this.plans.get(planCode),
      (version) => this.plans.rename(planCode, body, version),
    );
  }

  @Handle(listPlanVersions)
  async listVersions(
    @Input() { params }: InputOf<typeof listPlanVersions>,
  ): Promise<AnswerOf<typeof listPlanVersions>> {
    return { items: await this.plans.versions(params.planCode), nextCursor: null };
  }

  @Handle(addPlanVersion)
  async addVersion(
    @Input() { params, body }: InputOf<typeof addPlanVersion>,
  ): Promise<Reply<AnswerOf<typeof addPlanVersion>>> {
    const made = await this.plans.addVersion(params.planCode, body);
    return new Reply(made, { location: `/v1/plans/${made.planCode}/versions/${made.version}` });
  }

  @Handle(getPlanVersion)
  getVersion(@Input() { params }: InputOf<typeof getPlanVersion>): Promise<AnswerOf<typeof getPlanVersion>> {
    return this.plans.version(params.planCode, params.version);
  }

  @Handle(withdrawPlanVersion)
  async withdrawVersion(
    @Input() { params: { planCode, version } }: InputOf<typeof withdrawPlanVersion>,
    @Context() context: RequestContext,
  ): Promise<void> {
    noteFound(context, await this.plans.version(planCode, version));
    await this.plans.withdrawVersion(planCode, version);
  }
}
