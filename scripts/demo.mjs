#!/usr/bin/env node
/** The whole way once, on real packets (scripts/demo/options.mjs). Exits with 0 only when every number agrees. */
import process from 'node:process';
import { Customer, monthOf } from './demo/customer.mjs';
import { chooseEngine } from './demo/engine.mjs';
import { Lab, removeLeftovers } from './demo/lab.mjs';
import { readOptions, USAGE } from './demo/options.mjs';
import { showConservation, showStatements, showWebhook } from './demo/report.mjs';
import { Site } from './demo/site.mjs';
import { bindNewcomers, closeMonth, enrol, readFromFile, sendLive, webhookFaults } from './demo/stages.mjs';
import { makeTraffic } from './demo/traffic.mjs';
import { compareConservation, compareStatements } from './demo/verify.mjs';
import { setup } from './setup.mjs';
import { bold, dim, green, main, red, seconds, step, yellow } from './support/steps.mjs';

const MINUTE = 60_000;

/** What is to be undone at the end, last first; each may be called at any moment. */
const undoing = [];
let ending;
/** True once the demo is over and only left up: to end it then is no interruption. */
let kept = false;

function end() {
  ending ??= (async () => {
    for (const undo of undoing.reverse()) await undo().catch((error) => console.error(dim(String(error))));
  })();
  return ending;
}

const SIGNALS = { SIGHUP: 129, SIGINT: 130, SIGTERM: 143 };
for (const [signal, code] of Object.entries(SIGNALS)) {
  process.on(signal, () => {
    if (ending === undefined) console.log(dim(`\n  ${signal}: cleaning up`));
    void end().then(() => process.exit(kept ? process.exitCode : code));
  });
}

await main(async () => {
  const options = readOptions(process.argv.slice(2));
  if (options.help) return console.log(USAGE);
  const started = Date.now();
  console.log(bold('Countfree: the whole way once\n'));
  try {
    await setup('demo');
    await demonstrate(options, started);
  } catch (error) {
    // After a signal things fail because they are being taken away.
    if (ending === undefined) throw error;
  } finally {
    await end();
  }
});

async function demonstrate(options, started) {
  await removeLeftovers();
  const lab = new Lab();
  undoing.push(() => lab.remove());
  lab.makeFolder();
  const engine = await findEngine(options, lab);
  const site = new Site(lab, engine);
  undoing.push(() => site.stop());
  const month = monthOf(Date.now());
  // Not before the month began: its statement is what is closed.
  const start = Math.max(month.start, Date.now() - MINUTE);
  const traffic = await makeTraffic(options, start);

  await step('Service with a private Postgres and Redis', () => site.start());
  const customer = new Customer(site.api, month);
  await step('Realm, plans, SIMs, sessions, webhook', () => enrol(customer, traffic.fleet, site));
  if (engine.kind === 'xdp') await step('Frames through XDP', () => sendLive(lab, customer, traffic));
  else await step('Frames through a file', () => readFromFile(lab, site, customer, traffic, start));
  await step('Sessions that become known later', () => bindNewcomers(customer, traffic));
  const { items } = await step('Month closed', () => closeMonth(customer, traffic, site.receiver));

  const agreed = await report(traffic, await customer.conservation(), items, site.receiver);
  console.log(dim(`  in ${seconds(Date.now() - started)}\n`));
  if (!agreed) process.exitCode = 1;
  if (options.keep) await keepUp(site);
}

async function findEngine(options, lab) {
  const engine = options.engine === 'user' ? { kind: 'user', reason: 'asked for' } : await chooseEngine(lab);
  // What failed because it was being taken away says nothing of XDP.
  if (ending !== undefined) throw new Error('the demo was ended');
  if (engine.kind === 'xdp') {
    const where = dim('(a veth pair between two network namespaces)');
    console.log(`  ${green('✓')} XDP attaches in ${engine.mode} mode ${where}`);
  } else {
    console.log(yellow(`  ! Without XDP: ${engine.reason}.`));
    console.log(yellow('    The same parser runs in user space over a capture file instead.'));
  }
  return engine;
}

/** Shows what came of it. True if every number is the one that was to be expected. */
async function report(traffic, conservation, statements, receiver) {
  const prediction = traffic.prediction();
  showStatements(traffic.fleet, statements);
  showWebhook(receiver);
  showConservation(prediction, conservation, statements);
  const faults = [
    ...(await compareStatements(prediction, traffic.fleet, statements)),
    ...compareConservation(prediction, conservation, statements),
    ...webhookFaults(receiver, traffic.fleet, statements),
  ];
  console.log('');
  for (const fault of faults) console.log(red(`  ✗ ${fault}`));
  if (faults.length === 0) console.log(green('  ✓ every number agrees with what was sent'));
  return faults.length === 0;
}

/** Leaves the service up until a signal comes. */
async function keepUp(site) {
  const url = await site.openDoor();
  kept = true;
  console.log(`  The service stays up until Ctrl+C: ${bold(`${url}/docs`)}`);
  console.log(`  API key: ${site.api.key}\n`);
  await new Promise(() => setTimeout(() => undefined, 2 ** 31 - 1));
}
