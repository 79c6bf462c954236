import { NestFactory } from '@nestjs/core';
import { Module } from '@nestjs/common';
import { apiKeyInputSchema, ApiKeysModule, ApiKeysService, AuditLog } from '../api/index.js';
import { CoreModule, databaseSettings, nestLogger } from '../app/index.js';
import { CONFIG, loadConfig, type Config } from '../config/index.js';
import { DatabaseModule } from '../database/index.js';
import { createLogger, parseOrRefuse } from '../shared/index.js';

@Module({})
class ApiKeyCommandModule {}

/** Makes a key. The secret alone goes to standard output, so that a script can take it; the rest to standard error. */
export async function createApiKey(options: {
  name: string;
  scopes: string;
  expires?: string;
}): Promise<number> {
  const config = loadConfig(process.env);
  const logger = createLogger('warn', process.stderr);
  const module = {
    module: ApiKeyCommandModule,
    imports: [
      CoreModule.forRoot({ config, logger }),
      DatabaseModule.forRootAsync({
        inject: [CONFIG],
        useFactory: (given: Config) => ({ ...databaseSettings(given, logger), whenRunning: 'join' as const }),
      }),
      ApiKeysModule,
    ],
  };
  const app = await NestFactory.createApplicationContext(module, {
    logger: nestLogger(logger),
    abortOnError: false,
  });
  try {
    const input = parseOrRefuse(apiKeyInputSchema, {
      name: options.name,
      scopes: options.scopes.split(',').map((scope) => scope.trim()),
      expiresAt: options.expires,
    });
    const { key, secret } = await app.get(AuditLog).aroundCommand(
      {
        operation: 'createApiKey',
        path: '/v1/api-keys',
        requested: input,
        after: ({ key: { id, name, scopes } }) => ({ id, name, scopes }),
      },
      () => app.get(ApiKeysService).create(input),
    );
    process.stderr.write(
      `Key "${key.name}" (${key.scopes.join(', ')}). It is shown this once; keep it safe:\n`,
    );
    process.stdout.write(`${secret}\n`);
    return 0;
  } finally {
    await app.close();
  }
}
