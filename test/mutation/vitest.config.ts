import { fileURLToPath } from 'node:url';
import type { Plugin } from 'vitest/config';
import { defineConfig } from 'vitest/config';
import { BaseSequencer, type TestSpecification } from 'vitest/node';
import base from '../../vitest.config.js';

const shared = Object.entries(base.test ?? {}).filter(([option]) => option !== 'projects');

/** A mutant costs a run, and a run loads all modules: those of the framework, which nothing here uses, take most of it. */
const withoutFramework: Plugin = {
  name: 'without-framework',
  enforce: 'pre',
  resolveId(source) {
    const face = /\/(plans|shared)\/index\.js$/.exec(source)?.[1];
    return face === undefined ? null : fileURLToPath(new URL(`${face}.ts`, import.meta.url));
  },
};

/** A mutant is done with at the first test that fails: scenarios first, as they are quick and see most; properties last. */
class QuickFirst extends BaseSequencer {
  override sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const cost = ({ moduleId }: TestSpecification) =>
      moduleId.includes('/test/scenarios/')
        ? 0
        : [
            '/rating/rate.spec',
            '/rating/together.spec',
            '/rating/thresholds.spec',
            '/billing/csv.spec',
          ].findIndex((slow) => moduleId.includes(slow)) + 2;
    return Promise.resolve(
      [...files].sort((a, b) => cost(a) - cost(b) || (a.moduleId < b.moduleId ? -1 : 1)),
    );
  }
}

/** The pure parts of rating and statements, and the tests of them that need no database. */
export default defineConfig({
  ...base,
  plugins: [...(base.plugins ?? []), withoutFramework],
  test: {
    ...Object.fromEntries(shared),
    include: ['src/rating/**/*.spec.ts', 'test/scenarios/*.test.ts', 'src/billing/*.spec.ts'],
    exclude: ['**/*.db.spec.ts', 'src/billing/cdr.spec.ts'],
    setupFiles: ['test/mutation/setup.ts'],
    sequence: { sequencer: QuickFirst },
    // What is imported once serves all files of a run.
    isolate: false,
    maxWorkers: 1,
  },
});
