/** What needs no library: for commands that must start fast. */
export * from './address.js';
export * from './clock.js';
export * from './errors.js';
export * from './paging.js';
export * from './steps.js';
export * from './validation.js';
