import { loadConfig } from '../config/index.js';
import { startService } from '../app/index.js';
import { createLogger } from '../shared/index.js';
import { EXIT_FAILURE } from './output.js';

const CLOSE_MS = 20_000;
const SIGNALS = ['SIGINT', 'SIGTERM'] as const;

/** Runs the service until it is told to end. A second signal ends it at once. */
export async function serve(): Promise<number> {
  const config = loadConfig(process.env);
  const logger = createLogger(config.logLevel);
  let ended: (signal: NodeJS.Signals) => void = () => undefined;
  const told = new Promise<NodeJS.Signals>((resolve) => (ended = resolve));
  for (const signal of SIGNALS) process.once(signal, ended);
  const service = await startService(config, logger);
  const end = await Promise.race([
    told.then((signal) => ({ signal })),
    service.lost.then((reason) => ({ reason })),
  ]);
  const failed = 'reason' in end;
  if (failed) {
    logger.fatal(end, 'stopping');
    // What waits for the lost server must not keep the process: whoever looks after it shall start it anew.
    setTimeout(() => process.exit(EXIT_FAILURE), CLOSE_MS).unref();
  } else logger.info(end, 'stopping');
  for (const again of SIGNALS) process.once(again, () => process.exit(1));
  await service.close();
  logger.info('stopped');
  return failed ? EXIT_FAILURE : 0;
}
