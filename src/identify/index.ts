export * from './types.js';
export { Identifier } from './identifier.js';
export type { IdentifierOptions } from './options.js';
export { FOREIGN_DNS_RULE } from './decide.js';
export { EXACT, prefixRuleText, ServiceIndex, type NameFinding } from './service-index.js';
