import { VARIABLES, type Variable } from './variables.js';

/** docs/configuration.md, made from the variables themselves (scripts/generate-config-docs.mjs). */
export function configurationPage(): string {
  const rows = Object.entries(VARIABLES).map(([name, variable]: [string, Variable<unknown>]) => {
    const note = variable.secret === undefined ? '' : ' Secret: never logged.';
    const example = variable.example.includes('`') ? variable.example : `\`${variable.example}\``;
    return `| \`${name}\` | ${variable.description}${note} | ${variable.defaultText} | ${example} |`;
  });
  return [
    '# Configuration',
    '',
    '<!-- Made by scripts/generate-config-docs.mjs from src/config/variables.ts: change it there. -->',
    '',
    'Countfree is configured by environment variables. They are read once, when the service starts; if any is not',
    'valid, or a `COUNTFREE_` variable does not exist, it names all of them and does not start. An empty variable counts',
    'as unset.',
    '',
    '| variable | meaning | default | example |',
    '| --- | --- | --- | --- |',
    ...rows,
    '',
  ].join('\n');
}
