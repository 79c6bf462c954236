export * from './plain.js';
export { followCatalogue } from './catalogue-feed.js';
export { CatalogueModule } from './catalogue.module.js';
export { CatalogueRepository, type ServiceVersionView, type ServiceView } from './catalogue.repository.js';
export { CatalogueService, type SeedResult } from './catalogue.service.js';
export type { RulesDiff } from './diff.js';
export { catalogueEntities } from './entities.js';
export { pfdDataSchema, type PfdData } from './exchange/pfd.js';
export {
  importRulesSchema,
  RuleExchange,
  type ExportedRules,
  type ImportResult,
  type ImportRules,
} from './exchange/rule-exchange.js';
export { EXCHANGE_FORMATS, type ExchangeFormat } from './exchange/types.js';
export {
  destinationRulesSchema,
  prefixRuleSchema,
  serviceCodeSchema,
  serviceInputSchema,
  servicePatchSchema,
  serviceVersionInputSchema,
  type ServiceInput,
  type ServicePatch,
  type ServiceVersionInput,
} from './schemas.js';
