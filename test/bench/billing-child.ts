/**
 * `billing-child.ts DATABASE_URL closing|simulation MONTH`: carries one out in a process of its own, so that its memory is its
 * own. Prints JSON.
 */
import 'reflect-metadata';
import { ClosingService, SimulationsService, simulationInputSchema } from '../../src/billing/index.js';
import { LINE_FREE } from '../support/billing-fleet.js';
import { billingContext } from './support/billing-context.js';

const [url = '', work, month = ''] = process.argv.slice(2);
const context = await billingContext(url);

/** Resolves to the number of SIMs. */
async function close(): Promise<number> {
  const closing = context.get(ClosingService, { strict: false });
  return (await closing.closeNow({ month, force: false })).statements;
}

/** What the month would cost with a second service free. */
async function simulate(): Promise<number> {
  const simulations = context.get(SimulationsService, { strict: false });
  const terms = { ...LINE_FREE, free: [{ id: 'two', services: ['line', 'youtube'] }] };
  const input = simulationInputSchema.parse({ month, planCode: 'light', terms });
  const { id } = await simulations.start(input);
  await simulations.carryOut(id);
  return (await simulations.get(id)).done;
}

const before = process.resourceUsage();
const started = performance.now();
const sims = await (work === 'closing' ? close() : simulate());
const seconds = (performance.now() - started) / 1000;
const after = process.resourceUsage();
const cpu = (after.userCPUTime + after.systemCPUTime - before.userCPUTime - before.systemCPUTime) / 1e6;
process.stdout.write(`${JSON.stringify({ sims, seconds, cpu, bytes: after.maxRSS * 1024 })}\n`);
process.exit(0);
