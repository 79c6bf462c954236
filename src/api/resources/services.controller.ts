import { Controller } from '@nestjs/common';
import { z } from 'zod';
import {
  CatalogueService,
  serviceCodeSchema,
  serviceInputSchema,
  servicePatchSchema,
  serviceVersionInputSchema,
} from '../../catalogue/index.js';
import type { RequestContext } from '../kit/context.js';
import { changing, noteFound } from '../kit/etag.js';
import { instant, pageOfItems, pageQuery, versionNumber } from '../kit/fields.js';
import { Reply } from '../kit/reply.js';
import { Context, defineRoute, Handle, Input, type AnswerOf, type InputOf } from '../kit/route.js';

const tag = 'services';
const read = ['catalogue', 'billing', 'usage-read'] as const;
const write = ['catalogue'] as const;
const params = z.strictObject({ serviceCode: serviceCodeSchema });
const versionParams = z.strictObject({ serviceCode: serviceCodeSchema, version: versionNumber });

const service = z
  .strictObject({
    code: z.string(),
    name: z.string(),
    parentCode: z.string().nullable().meta({ description: 'The service that this one is a part of.' }),
    ratingGroup: z.int().meta({ description: '3GPP TS 32.255.' }),
    serviceIdentifier: z.int().meta({ description: '3GPP TS 32.255.' }),
    sponsor: z.string().nullable().meta({
      description: 'Who pays for it where it is free for its users; null = nobody else.',
    }),
    revision: z
      .int()
      .meta({ description: 'Grows with each change of this record; not a version of its rules.' }),
    createdAt: instant,
    updatedAt: instant,
  })
  .meta({ id: 'Service', description: 'A thing that plans make free or not.' });

const prefixRule = z
  .strictObject({
    prefix: z.string(),
    protocol: z.int().optional().meta({ description: 'IPFIX protocolIdentifier: 6 TCP, 17 UDP.' }),
    ports: z
      .tuple([z.int(), z.int()])
      .optional()
      .meta({ description: 'First and last peer port, inclusive.' }),
  })
  .meta({ id: 'PrefixRule' });
const policy = z.enum(['agree', 'name', 'prefix']);
export const serviceVersion = z
  .strictObject({
    id: z.int().meta({ description: 'Usage names it as `serviceVersionId`.' }),
    serviceCode: z.string(),
    version: z.int(),
    effectiveFrom: instant,
    effectiveTo: instant.nullable().meta({ description: 'Start of the next version; null = none is known.' }),
    policy: policy.meta({
      description:
        'agree: a claimed name needs an address that agrees; name: the name is enough; prefix: names are ignored.',
    }),
    rules: z.strictObject({
      domainNames: z.array(z.string()),
      exactDomainNames: z
        .array(z.string())
        .meta({ description: 'Names that match alone, without what lies below them.' }),
      excludeDomainNames: z.array(z.string()),
      prefixes: z.array(prefixRule),
    }),
    createdAt: instant,
  })
  .meta({
    id: 'ServiceVersion',
    description: 'The rules of a service from one instant to the next version.',
  });

const changed = <Item extends z.ZodType>(item: Item) =>
  z.strictObject({ added: z.array(item), removed: z.array(item) });
export const rulesDiff = z
  .strictObject({
    domainNames: changed(z.string()),
    exactDomainNames: changed(z.string()),
    excludeDomainNames: changed(z.string()),
    prefixes: changed(prefixRule),
    policy: z.strictObject({ from: policy, to: policy }).nullable().meta({ description: 'Null = the same.' }),
  })
  .meta({ id: 'RulesDiff' });

const listServices = defineRoute({
  method: 'GET',
  path: '/v1/services',
  operationId: 'listServices',
  tag,
  summary: 'List services, by code',
  scopes: read,
  query: pageQuery,
  response: pageOfItems(service),
});
const createService = defineRoute({
  method: 'POST',
  path: '/v1/services',
  operationId: 'createService',
  tag,
  summary: 'Add a service',
  description: 'It matches nothing until it has a version with rules.',
  scopes: write,
  body: serviceInputSchema,
  response: service,
  etag: 'revision',
  examples: { body: { code: 'example-music', name: 'Example Music', ratingGroup: 4711 } },
});
const getService = defineRoute({
  method: 'GET',
  path: '/v1/services/{serviceCode}',
  operationId: 'getService',
  tag,
  summary: 'Get a service',
  scopes: read,
  params,
  response: service,
  etag: 'revision',
});
const updateService = defineRoute({
  method: 'PATCH',
  path: '/v1/services/{serviceCode}',
  operationId: 'updateService',
  tag,
  summary: 'Change a service',
  description: 'Fields that are left out stay as they are.',
  scopes: write,
  params,
  body: servicePatchSchema,
  response: service,
  etag: 'revision',
  examples: { body: { name: 'Example Music Premium' } },
});
const deleteService = defineRoute({
  method: 'DELETE',
  path: '/v1/services/{serviceCode}',
  operationId: 'deleteService',
  tag,
  summary: 'Remove a service none of whose versions has been in force',
  scopes: write,
  params,
  etag: 'revision',
});
const listServiceVersions = defineRoute({
  method: 'GET',
  path: '/v1/services/{serviceCode}/versions',
  operationId: 'listServiceVersions',
  tag,
  summary: 'List the versions of a service, newest first',
  scopes: read,
  params,
  query: pageQuery,
  response: pageOfItems(serviceVersion),
});
const addServiceVersion = defineRoute({
  method: 'POST',
  path: '/v1/services/{serviceCode}/versions',
  operationId: 'addServiceVersion',
  tag,
  summary: 'Add a version of the rules of a service',
  description: 'A version that is in force never changes: add the next one. Empty rules retire the service.',
  scopes: write,
  params,
  body: serviceVersionInputSchema,
  response: serviceVersion,
  examples: {
    body: {
      policy: 'agree',
      rules: {
        domainNames: ['music.example.com'],
        excludeDomainNames: ['news.music.example.com'],
        prefixes: [{ prefix: '203.0.113.0/24', protocol: 17, ports: [10001, 30000] }],
      },
    },
  },
});
const getServiceVersion = defineRoute({
  method: 'GET',
  path: '/v1/services/{serviceCode}/versions/{version}',
  operationId: 'getServiceVersion',
  tag,
  summary: 'Get a version of the rules of a service',
  scopes: read,
  params: versionParams,
  response: serviceVersion,
  etag: 'content',
});
const withdrawServiceVersion = defineRoute({
  method: 'DELETE',
  path: '/v1/services/{serviceCode}/versions/{version}',
  operationId: 'withdrawServiceVersion',
  tag,
  summary: 'Withdraw the latest version before it comes into force',
  scopes: write,
  params: versionParams,
  etag: 'content',
});
const diffServiceVersions = defineRoute({
  method: 'GET',
  path: '/v1/services/{serviceCode}/versions/{version}/diff',
  operationId: 'diffServiceVersions',
  tag,
  summary: 'What changes from another version to this one',
  scopes: read,
  params: versionParams,
  query: z.strictObject({ from: versionNumber.meta({ description: 'The version to compare with.' }) }),
  response: rulesDiff,
});

@Controller()
export class ServicesController {
  constructor(private readonly catalogue: CatalogueService) {}

  @Handle(listServices)
  list(@Input() { query }: InputOf<typeof listServices>): Promise<AnswerOf<typeof listServices>> {
    return this.catalogue.list(query);
  }

  @Handle(createService)
  async create(
    @Input() { body }: InputOf<typeof createService>,
  ): Promise<Reply<AnswerOf<typeof createService>>> {
    const made = await this.catalogue.create(body);
    return new Reply(made, { location: `/v1/services/${made.code}` });
  }

  @Handle(getService)
  get(@Input() { params }: InputOf<typeof getService>): Promise<AnswerOf<typeof getService>> {
    return this.catalogue.get(params.serviceCode);
  }

  @Handle(updateService)
  update(
    @Input() { params, body }: InputOf<typeof updateService>,
    @Context() context: RequestContext,
  ): Promise<AnswerOf<typeof updateService>> {
    const code = params.serviceCode;
    return changing(
      context,
      'revision',
      () => this.catalogue.get(code),
      (revision) => this.catalogue.update(code, body, revision),
    );
  }

  @Handle(deleteService)
  async remove(
    @Input() { params }: InputOf<typeof deleteService>,
    @Context() context: RequestContext,
  ): Promise<void> {
    const code = params.serviceCode;
    await changing(
      context,
      'revision',
      () => this.catalogue.get(code),
      (revision) => this.catalogue.remove(code, revision),
    );
  }

  @Handle(listServiceVersions)
  listVersions(
    @Input() { params, query }: InputOf<typeof listServiceVersions>,
  ): Promise<AnswerOf<typeof listServiceVersions>> {
    return this.catalogue.listVersions(params.serviceCode, query);
  }

  @Handle(addServiceVersion)
  async addVersion(
    @Input() { params, body }: InputOf<typeof addServiceVersion>,
  ): Promise<Reply<AnswerOf<typeof addServiceVersion>>> {
    const made = await this.catalogue.addVersion(params.serviceCode, body);
    return new Reply(made, { location: `/v1/services/${made.serviceCode}/versions/${made.version}` });
  }

  @Handle(getServiceVersion)
  getVersion(
    @Input() { params }: InputOf<typeof getServiceVersion>,
  ): Promise<AnswerOf<typeof getServiceVersion>> {
    return this.catalogue.getVersion(params.serviceCode, params.version);
  }

  @Handle(withdrawServiceVersion)
  async withdrawVersion(
    @Input() { params: { serviceCode, version } }: InputOf<typeof withdrawServiceVersion>,
    @Context() context: RequestContext,
  ): Promise<void> {
    noteFound(context, await this.catalogue.getVersion(serviceCode, version));
    await this.catalogue.withdrawVersion(serviceCode, version);
  }

  @Handle(diffServiceVersions)
  diff(
    @Input() { params, query }: InputOf<typeof diffServiceVersions>,
  ): Promise<AnswerOf<typeof diffServiceVersions>> {
    return this.catalogue.diff(params.serviceCode, query.from, params.version);
  }
}
