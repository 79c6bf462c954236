import { databaseSettings } from '../app/index.js';
import { loadConfig } from '../config/index.js';
import { openDatabase } from '../database/index.js';
import { readSoracomSettings, SoracomService, type SyncReport } from '../integrations/index.js';
import { createLogger, Refusal, systemClock } from '../shared/index.js';
import { createSimsServices } from '../sims/index.js';

/** Brings SIMs and sessions of the SORACOM accounts up to date once, and says what was done. */
export async function soracomSync(options: { account?: string; json?: boolean }): Promise<number> {
  const config = loadConfig(process.env);
  if (config.soracomFile === null) {
    throw new Refusal(
      'invalid',
      'Set COUNTFREE_SORACOM_FILE to the file of the accounts (docs/sessions.md shows its form).',
    );
  }
  const settings = await readSoracomSettings(config.soracomFile);
  const accounts = settings.accounts.filter(
    ({ name }) => options.account === undefined || name === options.account,
  );
  if (accounts.length === 0) {
    const names = settings.accounts.map(({ name }) => name).join(', ');
    throw new Refusal(
      'invalid',
      `There is no account ${options.account ?? ''} in the file: give one of ${names}.`,
    );
  }
  const database = await openDatabase({
    ...databaseSettings(config, createLogger('warn', process.stderr)),
    whenRunning: 'join',
  });
  try {
    const { sims, sessions } = createSimsServices(database.dataSource, systemClock);
    const soracom = new SoracomService(database.dataSource, sims, sessions, systemClock);
    let refused = 0;
    for (const account of accounts) {
      const report = await soracom.sync(account);
      if (report === undefined) {
        process.stderr.write(`${account.name}: another process syncs this account now.\n`);
        continue;
      }
      refused += report.sims.refused + report.sessions.refused;
      process.stdout.write(options.json === true ? `${JSON.stringify(report)}\n` : describe(report));
    }
    return refused > 0 ? 1 : 0;
  } finally {
    await database.close();
  }
}

function describe({ account, sims, sessions, faults }: SyncReport): string {
  const lines = [
    `${account}: ${sims.listed} SIMs, ${sims.changed} changed, ${sims.created} new; ` +
      `${sessions.created} sessions new, ${sessions.updated} changed; ${sims.refused + sessions.refused} rows refused.`,
    ...faults.map((fault) => `  ${fault}`),
  ];
  return `${lines.join('\n')}\n`;
}
