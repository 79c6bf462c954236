// Goes on with the closing of a month, a SIM to a transaction, to be killed: `node --import ./test/support/typescript.mjs this.ts DATABASE_URL MONTH NOW`.
import 'reflect-metadata';
import { createDataSource } from '../../src/database/index.js';
import { billingServices } from './billing-services.js';

const [url = '', month = '', now] = process.argv.slice(2);
const dataSource = await createDataSource({ url }).initialize();
const settings = { graceMs: 0, batchSims: 1, brakeFactor: 2, brakeSims: 1 };
await billingServices(dataSource, { now: () => Number(now) }, settings).closing.carryOut(month);
await dataSource.destroy();
