import { join } from 'node:path';
import { root } from '../support/paths.mjs';
import { planOf } from './customer.mjs';

/**
 * Compares what the service says with what was sent. Gives texts of what does not agree, none if all does.
 *
 * @param statements as {@link readStatement} gives them
 */
export async function compareStatements(prediction, fleet, statements) {
  const { expectBill } = await import(join(root, 'dist/src/simulate/index.js'));
  const faults = [];
  const check = (what, found, expected) => {
    if (String(found) !== String(expected)) faults.push(`${what}: ${found}, expected ${expected}`);
  };
  for (const sim of fleet.sims) {
    const statement = statements.find(({ simId }) => simId === sim.simId);
    if (statement === undefined) {
      faults.push(`${sim.simId} has no statement`);
      continue;
    }
    const usage = prediction.usage.filter(({ simId }) => simId === sim.simId);
    if (!prediction.servicesKnown) {
      const octets = usage.reduce((sum, { octetsUp, octetsDown }) => sum + octetsUp + octetsDown, 0);
      check(`${sim.simId}, octets`, statement.totalOctets, octets);
      continue;
    }
    const bill = expectBill(usage, planOf(sim));
    check(`${sim.simId}, octets`, statement.totalOctets, bill.totalOctets);
    check(`${sim.simId}, billed octets`, statement.billedOctets, bill.billedOctets);
    check(`${sim.simId}, charge`, statement.charge, bill.chargeYen);
    const services = new Set([...Object.keys(bill.freeByService), ...Object.keys(statement.freeByService)]);
    for (const service of services) {
      const [found, expected] = [statement.freeByService[service] ?? 0, bill.freeByService[service] ?? 0];
      check(`${sim.simId}, ${service} free`, found, expected);
    }
  }
  check('statements', statements.length, fleet.sims.length);
  return faults;
}

/** Sent = seen = billed + free + every named account (a packet between two SIMs is on both their statements). */
export function compareConservation(prediction, conservation, statements) {
  const faults = [];
  const check = (what, found, expected) => {
    if (BigInt(found) !== BigInt(expected)) faults.push(`${what}: ${found}, expected ${expected}`);
  };
  const account = (name) => conservation.accounts.find((entry) => entry.account === name)?.octets ?? 0;
  const sum = (field) => statements.reduce((total, statement) => total + BigInt(statement[field]), 0n);
  check('octets seen', conservation.seen.octets, prediction.sent.octets);
  check('octets of no subscriber', account('not_subscriber'), prediction.accounts.not_subscriber.octets);
  check('octets that are not IP', account('not_ip'), prediction.accounts.not_ip.octets);
  check('octets without a SIM', conservation.suspenseOctets, 0);
  check('difference', conservation.difference, 0);
  const elsewhere = conservation.accounts.reduce((total, { octets }) => total + BigInt(octets), 0n);
  const onLines = sum('billedOctets') + sum('freeOctets');
  check(
    'billed + free + accounts',
    onLines + elsewhere,
    BigInt(prediction.sent.octets) + BigInt(prediction.bothSubscribersOctets),
  );
  return faults;
}
