export * from './layout.js';
export * from './records.js';
export * from './types.js';
