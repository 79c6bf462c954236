import { defineConfig } from 'vitest/config';
import base from '../../vitest.config.js';

const shared = Object.entries(base.test ?? {}).filter(([option]) => option !== 'projects');

/** The pure parts of rating and statements, and the tests of them that need no database. */
export default defineConfig({
  ...base,
  test: {
    ...Object.fromEntries(shared),
    include: ['src/rating/**/*.spec.ts', 'test/scenarios/*.test.ts', 'src/billing/*.spec.ts'],
    exclude: ['**/*.db.spec.ts', 'src/billing/cdr.spec.ts'],
    setupFiles: ['test/mutation/setup.ts'],
    // A mutant costs a run: what is imported once serves them all.
    isolate: false,
    maxWorkers: 1,
  },
});
