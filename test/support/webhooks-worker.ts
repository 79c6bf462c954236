// A worker process of the webhooks, to be killed: `node --import ./test/support/typescript.mjs this.ts SETTINGS`.
import 'reflect-metadata';
import { createDataSource } from '../../src/database/index.js';
import { startWebhooksApp } from './webhooks-app.js';
import type { WebhookSettings } from '../../src/webhooks/index.js';

/** What the parent hands over, as JSON. */
export interface WorkerArguments {
  databaseUrl: string;
  redisUrl: string;
  prefix: string;
  settings: Partial<WebhookSettings>;
}

const { databaseUrl, redisUrl, prefix, settings } = JSON.parse(process.argv[2] ?? '{}') as WorkerArguments;
const dataSource = await createDataSource({ url: databaseUrl }).initialize();
await startWebhooksApp({ dataSource, redisUrl, settings, queue: { prefix } });
process.stdout.write('ready\n');
