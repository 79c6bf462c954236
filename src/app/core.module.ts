import { Global, Module, type DynamicModule, type LoggerService } from '@nestjs/common';
import { CONFIG, type Config } from '../config/index.js';
import { CLOCK, LOGGER, systemClock, type Clock, type Logger } from '../shared/index.js';

export interface Core {
  config: Config;
  logger: Logger;
  clock?: Clock | undefined;
}

/** What every module may ask for beside the database: configuration, log, time. */
@Global()
@Module({})
export class CoreModule {
  static forRoot({ config, logger, clock = systemClock }: Core): DynamicModule {
    const providers = [
      { provide: CONFIG, useValue: config },
      { provide: LOGGER, useValue: logger },
      { provide: CLOCK, useValue: clock },
    ];
    return { module: CoreModule, providers, exports: [CONFIG, LOGGER, CLOCK] };
  }
}

/** Sends what Nest itself has to say into the process's log; its start-up chatter is debug. */
export function nestLogger(logger: Logger): LoggerService {
  const text = (message: unknown) => (message instanceof Error ? message.message : String(message));
  return {
    log: (message: unknown) => logger.debug(text(message)),
    error: (message: unknown, stack?: unknown) => logger.error({ stack }, text(message)),
    warn: (message: unknown) => logger.warn(text(message)),
    debug: (message: unknown) => logger.debug(text(message)),
    verbose: (message: unknown) => logger.trace(text(message)),
  };
}
