/** `closing-child.ts DATABASE_URL`: closes the month in a process of its own, so that its memory is its own. Prints JSON. */
import 'reflect-metadata';
import { ClosingService } from '../../src/billing/index.js';
import { billingContext } from './support/billing-context.js';
import { MONTH } from './support/fleet.js';

const context = await billingContext(process.argv[2] ?? '');
const closing = context.get(ClosingService, { strict: false });
const before = process.resourceUsage();
const started = performance.now();
const { statements } = await closing.closeNow({ month: MONTH, force: false });
const seconds = (performance.now() - started) / 1000;
const after = process.resourceUsage();
const cpu = (after.userCPUTime + after.systemCPUTime - before.userCPUTime - before.systemCPUTime) / 1e6;
process.stdout.write(`${JSON.stringify({ statements, seconds, cpu, bytes: after.maxRSS * 1024 })}\n`);
process.exit(0);
