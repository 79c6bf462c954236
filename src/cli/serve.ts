import { loadConfig } from '../config/index.js';
import { startService } from '../app/index.js';
import { createLogger } from '../shared/index.js';

const SIGNALS = ['SIGINT', 'SIGTERM'] as const;

/** Runs the service until it is told to end. A second signal ends it at once. */
export async function serve(): Promise<number> {
  const config = loadConfig(process.env);
  const logger = createLogger(config.logLevel);
  let ended: (signal: NodeJS.Signals) => void = () => undefined;
  const told = new Promise<NodeJS.Signals>((resolve) => (ended = resolve));
  for (const signal of SIGNALS) process.once(signal, ended);
  const service = await startService(config, logger);
  const signal = await told;
  logger.info({ signal }, 'stopping');
  for (const again of SIGNALS) process.once(again, () => process.exit(1));
  await service.close();
  logger.info('stopped');
  return 0;
}
