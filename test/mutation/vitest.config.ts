import { defineConfig } from 'vitest/config';
import base from '../../vitest.config.js';

/** The pure parts of rating and statements, and the tests of them that need no database. */
export default defineConfig({
  ...base,
  test: {
    ...base.test,
    projects: undefined,
    include: ['src/rating/**/*.spec.ts', 'test/scenarios/*.test.ts', 'src/billing/*.spec.ts'],
    exclude: ['**/*.db.spec.ts', 'src/billing/cdr.spec.ts'],
    setupFiles: ['test/mutation/setup.ts'],
    // A mutant costs a run: what is imported once serves them all.
    isolate: false,
    maxWorkers: 1,
  },
});
