import { databaseSettings } from '../app/index.js';
import { createVerification, parseMark, type Verification } from '../billing/index.js';
import { loadConfig } from '../config/index.js';
import { openDatabase } from '../database/index.js';
import { createLogger } from '../shared/index.js';
import { EXIT_FAILURE } from './output.js';

/** Checks everything that is final. Only reads, so an account that may do no more is enough. */
export async function verifyCommand(options: { mark?: string; json?: boolean }): Promise<number> {
  const mark = options.mark === undefined ? null : parseMark(options.mark);
  const config = loadConfig(process.env);
  const database = await openDatabase({
    ...databaseSettings(config, createLogger('warn')),
    applicationName: 'countfree verify',
    migrations: 'check',
    whenRunning: 'join',
  });
  try {
    const found = await createVerification(database.dataSource).verify(mark);
    process.stdout.write(options.json === true ? `${JSON.stringify(found)}\n` : describe(found));
    return isSound(found) ? 0 : EXIT_FAILURE;
  } finally {
    await database.close();
  }
}

function isSound({ faultCount, markHolds }: Verification): boolean {
  return faultCount === 0 && markHolds !== false;
}

/** What was found, for a person. */
export function describe(found: Verification): string {
  const { statements, corrections, faults, faultCount, mark, markHolds } = found;
  const looked = `${statements} final statements and ${corrections} corrections`;
  const lines = faults.map(
    ({ statement, correction, reason }) =>
      `statement ${statement}${correction === null ? '' : `, correction ${correction}`}: ${reason}`,
  );
  if (faultCount > faults.length) lines.push(`and ${faultCount - faults.length} more`);
  lines.push(
    faultCount === 0
      ? `${looked}: numbers, hashes and chains hold.`
      : `${looked}: ${faultCount} ${faultCount === 1 ? 'fault' : 'faults'}.`,
  );
  if (markHolds !== null)
    lines.push(
      markHolds
        ? 'The mark holds: what was final when it was made is stored as it was.'
        : 'The mark does not hold: something that was final when it was made was changed or taken out since.',
    );
  if (isSound(found)) lines.push(`Mark of today, to be kept outside of this database: ${mark}`);
  return `${lines.join('\n')}\n`;
}
