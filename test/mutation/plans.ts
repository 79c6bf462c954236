/** What rating and its tests take of `src/plans`, without the framework behind the rest of that face. */
export * from '../../src/plans/calendar.js';
export * from '../../src/plans/quantity.js';
export * from '../../src/plans/schemas.js';
export * from '../../src/plans/terms.js';
