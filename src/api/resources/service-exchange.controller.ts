import { Controller } from '@nestjs/common';
import { z } from 'zod';
import {
  EXCHANGE_FORMATS,
  importRulesSchema,
  pfdDataSchema,
  RuleExchange,
  serviceCodeSchema,
} from '../../catalogue/index.js';
import { versionNumber } from '../kit/fields.js';
import { Download, Reply } from '../kit/reply.js';
import { defineRoute, Handle, Input, type AnswerOf, type InputOf } from '../kit/route.js';
import { rulesDiff, serviceVersion } from './services.controller.js';

const tag = 'services';

const importServiceVersion = defineRoute({
  method: 'POST',
  path: '/v1/services/{serviceCode}/versions/import',
  operationId: 'importServiceVersion',
  tag,
  summary: 'Add a version from a list of another format',
  description:
    '`pfd`: 3GPP TS 29.551 PfdDataForApp. `domains`: a v2fly domain list. `prefixes`: one CIDR a line. A line that cannot be taken (`regexp:`, `keyword:`, `include:`, a path of a URL …) is named in `errors`, and then nothing is taken.',
  scopes: ['catalogue'],
  params: z.strictObject({ serviceCode: serviceCodeSchema }),
  body: importRulesSchema,
  bodyLimit: 'bulk',
  response: z
    .strictObject({
      version: serviceVersion,
      changes: rulesDiff.nullable().meta({ description: 'Against the version before; null = the first.' }),
      widened: z.array(z.string()).meta({
        description: 'Names that the list means alone and that now cover what lies below them too.',
      }),
    })
    .meta({ id: 'ImportResult' }),
  examples: {
    body: {
      format: 'domains',
      text: 'domain:music.example.com\nfull:cdn.example.net @cdn # by name only',
      effectiveFrom: '2027-06-01T00:00:00+09:00',
    },
  },
});
const exportServiceVersion = defineRoute({
  method: 'GET',
  path: '/v1/services/{serviceCode}/versions/{version}/export',
  operationId: 'exportServiceVersion',
  tag,
  summary: 'Get the rules of a version in another format',
  description:
    'As JSON for `pfd`, as text otherwise. Where the format cannot say everything it is refused; `partial=true` gives the rest; a text then says in its head what is left out.',
  scopes: ['catalogue', 'billing', 'usage-read'],
  params: z.strictObject({ serviceCode: serviceCodeSchema, version: versionNumber }),
  query: z.strictObject({
    format: z.enum(EXCHANGE_FORMATS),
    partial: z
      .enum(['true', 'false'])
      .default('false')
      .meta({ description: 'Leave out what the format cannot say.' }),
  }),
  response: pfdDataSchema,
  otherResponseTypes: ['text/plain'],
});

/** Rules of services in the formats that others write. */
@Controller()
export class ServiceExchangeController {
  constructor(private readonly exchange: RuleExchange) {}

  @Handle(importServiceVersion)
  async import(
    @Input() { params, body }: InputOf<typeof importServiceVersion>,
  ): Promise<Reply<AnswerOf<typeof importServiceVersion>>> {
    const result = await this.exchange.importRules(params.serviceCode, body);
    const { serviceCode, version } = result.version;
    return new Reply(result, { location: `/v1/services/${serviceCode}/versions/${version}` });
  }

  @Handle(exportServiceVersion)
  async export(@Input() { params, query }: InputOf<typeof exportServiceVersion>): Promise<Download> {
    const { serviceCode, version } = params;
    const made = await this.exchange.exportRules(
      serviceCode,
      version,
      query.format,
      query.partial === 'true',
    );
    return new Download(made.contentType, made.text);
  }
}
