export * from './address.js';
export * from './clock.js';
export * from './errors.js';
export * from './instant.js';
export * from './logger.js';
export * from './metrics.js';
export * from './paging.js';
export * from './validation.js';
