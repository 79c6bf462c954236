export { SpoolFullError } from './disk.js';
export { lockFolder } from './lock.js';
export * from './reader.js';
export * from './record.js';
export { type SpoolFault, type SpoolPosition } from './segment.js';
export * from './spool.js';
