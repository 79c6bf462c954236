export * from './schemas.js';
export * from './seed.js';
export * from './types.js';
