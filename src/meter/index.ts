export * from './entities.js';
export * from './types.js';
