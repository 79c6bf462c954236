export * from './plain.js';
export * from './instant.js';
export * from './logger.js';
export * from './metrics.js';
export * from './once.js';
export * from './reviver.js';
