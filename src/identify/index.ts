export * from './types.js';
export { Identifier } from './identifier.js';
export type { IdentifierOptions } from './options.js';
