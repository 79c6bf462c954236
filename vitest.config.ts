import swc from 'unplugin-swc';
import { defineConfig } from 'vitest/config';

// swc rather than esbuild: Nest's injection needs emitted decorator metadata.
const decorators = swc.vite({
  module: { type: 'es6' },
  jsc: {
    target: 'es2022',
    parser: { syntax: 'typescript', decorators: true },
    transform: { legacyDecorator: true, decoratorMetadata: true },
  },
});

export default defineConfig({
  plugins: [decorators],
  test: {
    environment: 'node',
    pool: 'forks',
    maxWorkers: 2,
    testTimeout: 30_000,
    hookTimeout: 120_000,
    projects: [
      {
        extends: true,
        test: { name: 'unit', include: ['src/**/*.spec.ts'], exclude: ['src/**/*.db.spec.ts'] },
      },
      { extends: true, test: { name: 'scenarios', include: ['test/scenarios/**/*.test.ts'] } },
      {
        extends: true,
        test: {
          name: 'database',
          include: ['src/**/*.db.spec.ts', 'test/database/**/*.test.ts'],
          globalSetup: ['test/support/servers.global.ts'],
        },
      },
      { extends: true, test: { name: 'bpf', include: ['test/bpf/**/*.test.ts'], fileParallelism: false } },
      {
        extends: true,
        test: {
          name: 'e2e',
          include: ['test/e2e/**/*.test.ts'],
          globalSetup: ['test/support/servers.global.ts'],
          fileParallelism: false,
          testTimeout: 180_000,
        },
      },
    ],
  },
});
