import js from '@eslint/js';
import tseslint from 'typescript-eslint';

/**
 * A folder under src/ is a domain. It may import only the public index of the domains named here (or plain.js, the part
 * of it that needs no framework): data walks left to right, and a stage knows nothing of the stages after it
 * (ARCHITECTURE.md, "Folders").
 */
const mayImport = {
  shared: [],
  config: ['shared'],
  database: ['shared', 'config'],
  queue: ['shared', 'config'],
  capture: ['shared', 'config'],
  doctor: ['shared', 'config', 'capture'],
  catalogue: ['shared', 'database'],
  sims: ['shared', 'database', 'capture'],
  identify: ['shared', 'capture', 'catalogue', 'sims'],
  meter: ['shared', 'config', 'database', 'capture', 'catalogue', 'sims', 'identify', 'webhooks'],
  plans: ['shared', 'database', 'catalogue', 'sims', 'webhooks'],
  rating: ['shared', 'plans'],
  webhooks: ['shared', 'config', 'database', 'queue'],
  billing: [
    'shared',
    'config',
    'database',
    'queue',
    'catalogue',
    'sims',
    'meter',
    'plans',
    'rating',
    'webhooks',
  ],
  integrations: ['shared', 'config', 'database', 'sims', 'meter', 'webhooks'],
  simulate: ['shared', 'capture'],
  api: [
    'shared',
    'config',
    'database',
    'queue',
    'capture',
    'catalogue',
    'sims',
    'integrations',
    'identify',
    'meter',
    'plans',
    'rating',
    'webhooks',
    'billing',
  ],
  app: [
    'shared',
    'config',
    'database',
    'queue',
    'capture',
    'doctor',
    'catalogue',
    'sims',
    'integrations',
    'identify',
    'meter',
    'plans',
    'rating',
    'webhooks',
    'billing',
    'simulate',
    'api',
  ],
  cli: [
    'shared',
    'config',
    'database',
    'queue',
    'capture',
    'doctor',
    'catalogue',
    'sims',
    'integrations',
    'identify',
    'meter',
    'plans',
    'rating',
    'webhooks',
    'billing',
    'simulate',
    'api',
    'app',
  ],
};

const boundaries = Object.entries(mayImport).map(([domain, allowed]) => {
  const others = Object.keys(mayImport).filter((name) => name !== domain);
  const forbidden = others.filter((name) => !allowed.includes(name));
  const patterns = [
    {
      regex: `^(\\.\\./)+(${others.join('|')})/(?!(index|plain)\\.js$)`,
      message: 'Import another domain through its index.js (or plain.js) only.',
    },
  ];
  if (forbidden.length > 0) {
    patterns.push({
      regex: `^(\\.\\./)+(${forbidden.join('|')})/`,
      message: `src/${domain} may not know this domain (eslint.config.js, mayImport).`,
    });
  }
  return {
    files: [`src/${domain}/**/*.ts`],
    ignores: ['**/*.spec.ts'],
    rules: { 'no-restricted-imports': ['error', { patterns }] },
  };
});

export default tseslint.config(
  { ignores: ['dist/**', 'build/**', 'native/build/**', 'node_modules/**', 'coverage/**', 'clients/**'] },
  js.configs.recommended,
  {
    files: ['**/*.ts'],
    extends: [...tseslint.configs.strictTypeChecked],
    languageOptions: { parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname } },
    rules: {
      '@typescript-eslint/switch-exhaustiveness-check': [
        'error',
        { considerDefaultExhaustiveForUnions: true },
      ],
      '@typescript-eslint/no-extraneous-class': 'off', // Nest modules are empty classes
      '@typescript-eslint/no-unsafe-class-instance-assignment': 'off', // Nest's options are classes in name only
      '@typescript-eslint/restrict-template-expressions': [
        'error',
        { allowNumber: true, allowBoolean: true },
      ],
      '@typescript-eslint/no-confusing-void-expression': ['error', { ignoreArrowShorthand: true }],
      '@typescript-eslint/no-unused-vars': ['error', { argsIgnorePattern: '^_' }],
    },
  },
  {
    files: ['**/*.spec.ts', 'test/**/*.ts'],
    rules: {
      '@typescript-eslint/no-non-null-assertion': 'off',
      '@typescript-eslint/no-unsafe-assignment': 'off',
      '@typescript-eslint/no-unsafe-member-access': 'off',
      '@typescript-eslint/no-unsafe-argument': 'off',
      '@typescript-eslint/no-unsafe-return': 'off',
    },
  },
  {
    files: ['**/*.{js,mjs}'],
    languageOptions: {
      globals: {
        console: 'readonly',
        process: 'readonly',
        URL: 'readonly',
        setTimeout: 'readonly',
        Buffer: 'readonly',
      },
    },
  },
  ...boundaries,
);
