/** The seed catalogue and the shapes of any: no database, no framework. */
export { SEED_SERVICES, seedSnapshot, type SeedService } from './seed.js';
export * from './types.js';
