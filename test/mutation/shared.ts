/** What plans take of `src/shared`, without the libraries behind the rest of that face. */
export * from '../../src/shared/instant.js';
export * from '../../src/shared/plain.js';
