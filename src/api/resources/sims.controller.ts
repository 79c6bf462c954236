import { Controller } from '@nestjs/common';
import { z } from 'zod';
import { simInputSchema, simPatchSchema, simsFromCsv, SimsService } from '../../sims/index.js';
import type { RequestContext } from '../kit/context.js';
import { changing } from '../kit/etag.js';
import { instant, pageOfItems, pageQuery, simIdText } from '../kit/fields.js';
import { Reply } from '../kit/reply.js';
import { Context, defineRoute, Handle, Input, type AnswerOf, type InputOf } from '../kit/route.js';
import { bulkOf, bulkResult, notingFound } from './bulk.js';

const tag = 'sims';
const read = ['ingest', 'billing', 'usage-read'] as const;
const write = ['ingest'] as const;
const params = z.strictObject({ simId: simIdText });
const status = z.enum(['active', 'suspended', 'terminated']);

const sim = z
  .strictObject({
    id: z.string().meta({ description: "The operator's own id of the SIM." }),
    imsis: z.array(z.string()),
    iccid: z.string().nullable(),
    msisdn: z.string().nullable(),
    name: z.string().nullable(),
    nameConsent: z
      .boolean()
      .meta({ description: 'Whether host names in its traffic may be looked at and stored.' }),
    status,
    tags: z.record(z.string(), z.string()),
    revision: z.int(),
    createdAt: instant,
    updatedAt: instant,
  })
  .meta({ id: 'Sim' });

const listSims = defineRoute({
  method: 'GET',
  path: '/v1/sims',
  operationId: 'listSims',
  tag,
  summary: 'List SIMs, by id',
  scopes: read,
  query: z.strictObject({
    imsi: z.string().max(15).optional(),
    status: status.optional(),
    ...pageQuery.shape,
  }),
  response: pageOfItems(sim),
});
const createSim = defineRoute({
  method: 'POST',
  path: '/v1/sims',
  operationId: 'createSim',
  tag,
  summary: 'Add a SIM',
  scopes: write,
  body: simInputSchema,
  response: sim,
  etag: 'revision',
  examples: {
    body: { id: 'sim-0001', imsis: ['440101234567890'], nameConsent: true, tags: { fleet: 'buses' } },
  },
});
const putSims = defineRoute({
  method: 'POST',
  path: '/v1/sims/bulk',
  operationId: 'putSims',
  tag,
  summary: 'Add and replace many SIMs',
  scopes: write,
  body: bulkOf(simInputSchema),
  bodyLimit: 'bulk',
  response: bulkResult,
  status: 200,
  examples: { body: { items: [{ id: 'sim-0001', imsis: ['440101234567890'] }, { id: 'sim-0002' }] } },
});
const putSimsCsv = defineRoute({
  method: 'POST',
  path: '/v1/sims/csv',
  operationId: 'putSimsCsv',
  tag,
  summary: 'Add and replace many SIMs, given as CSV',
  description:
    'The first line names columns: id, imsis (with ; between), iccid, msisdn, name, nameConsent, status, and `tag:…` for tags. Good rows are taken, bad ones are named. `index` of an error counts the rows below the first line, from 0.',
  scopes: write,
  body: z.string().min(1, 'send the table as text/csv'),
  bodyTypes: ['text/csv'],
  bodyLimit: 'bulk',
  response: bulkResult,
  status: 200,
  examples: { body: 'id,imsis,nameConsent\nsim-0003,440101234567893,true\n' },
});
const getSim = defineRoute({
  method: 'GET',
  path: '/v1/sims/{simId}',
  operationId: 'getSim',
  tag,
  summary: 'Get a SIM',
  scopes: read,
  params,
  response: sim,
  etag: 'revision',
});
const updateSim = defineRoute({
  method: 'PATCH',
  path: '/v1/sims/{simId}',
  operationId: 'updateSim',
  tag,
  summary: 'Change a SIM',
  description: 'Fields that are left out stay as they are.',
  scopes: write,
  params,
  body: simPatchSchema,
  response: sim,
  etag: 'revision',
  examples: { body: { status: 'suspended' } },
});
const deleteSim = defineRoute({
  method: 'DELETE',
  path: '/v1/sims/{simId}',
  operationId: 'deleteSim',
  tag,
  summary: 'Remove a SIM that nothing refers to',
  description: 'One that has held a session stays; set its status to terminated.',
  scopes: write,
  params,
  etag: 'revision',
});

@Controller()
export class SimsController {
  constructor(private readonly sims: SimsService) {}

  @Handle(listSims)
  list(
    @Input() { query: { imsi, status, ...page } }: InputOf<typeof listSims>,
  ): Promise<AnswerOf<typeof listSims>> {
    return this.sims.list(page, { imsi, status });
  }

  @Handle(createSim)
  async create(@Input() { body }: InputOf<typeof createSim>): Promise<Reply<AnswerOf<typeof createSim>>> {
    const made = await this.sims.create(body);
    return new Reply(made, { location: `/v1/sims/${made.id}` });
  }

  @Handle(putSims)
  put(
    @Input() { body }: InputOf<typeof putSims>,
    @Context() context: RequestContext,
  ): Promise<AnswerOf<typeof putSims>> {
    return this.sims.bulkUpsert(body.items, notingFound(context));
  }

  @Handle(putSimsCsv)
  putCsv(
    @Input() { body }: InputOf<typeof putSimsCsv>,
    @Context() context: RequestContext,
  ): Promise<AnswerOf<typeof putSimsCsv>> {
    return this.sims.bulkUpsert(simsFromCsv(body), notingFound(context));
  }

  @Handle(getSim)
  get(@Input() { params }: InputOf<typeof getSim>): Promise<AnswerOf<typeof getSim>> {
    return this.sims.get(params.simId);
  }

  @Handle(updateSim)
  update(
    @Input() { params: { simId }, body }: InputOf<typeof updateSim>,
    @Context() context: RequestContext,
  ): Promise<AnswerOf<typeof updateSim>> {
    return changing(
      context,
      'revision',
      () => this.sims.get(simId),
      (revision) => this.sims.update(simId, body, revision),
    );
  }

  @Handle(deleteSim)
  async remove(
    @Input() { params: { simId } }: InputOf<typeof deleteSim>,
    @Context() context: RequestContext,
  ): Promise<void> {
    await changing(
      context,
      'revision',
      () => this.sims.get(simId),
      (revision) => this.sims.remove(simId, revision),
    );
  }
}
