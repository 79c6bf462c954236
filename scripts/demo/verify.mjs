import { join } from 'node:path';
import { root } from '../support/paths.mjs';
import { planOf } from './customer.mjs';

/** A final statement of the API in short: octets as numbers, the charge in yen. */
export function readStatement({ simId, totals, usage }) {
  const freeByService = {};
  const byEvidence = {};
  for (const { serviceCode, evidence, octets, treatment } of usage) {
    const key = `${serviceCode ?? 'no service'}, ${evidence}`;
    byEvidence[key] = (byEvidence[key] ?? 0) + Number(octets);
    if (treatment === 'free') freeByService[serviceCode] = (freeByService[serviceCode] ?? 0) + Number(octets);
  }
  return {
    simId,
    totalOctets: Number(totals.octets),
    freeOctets: Number(totals.freeOctets),
    billedOctets: Number(totals.billedOctets),
    charge: Number(totals.amount),
    freeByService,
    byEvidence,
  };
}

/**
 * Compares what the service says with what was sent. Gives texts of what does not agree, none if all does.
 *
 * @param statements as {@link readStatement} gives them
 */
export async function compareStatements(prediction, fleet, statements) {
  const { expectBill } = await import(join(root, 'dist/src/simulate/index.js'));
  const faults = [];
  if (statements.length !== fleet.sims.length) {
    faults.push(`${statements.length} statements, expected ${fleet.sims.length}`);
  }
  for (const sim of fleet.sims) {
    const statement = statements.find(({ simId }) => simId === sim.simId);
    if (statement === undefined) {
      faults.push(`${sim.simId} has no statement`);
      continue;
    }
    const usage = prediction.usage.filter(({ simId }) => simId === sim.simId);
    const [found, expected] = prediction.servicesKnown
      ? [numbersOf(statement), numbersOf(expectedStatement(usage, expectBill(usage, planOf(sim))))]
      : [{ octets: statement.totalOctets }, { octets: octetsOf(usage) }];
    for (const name of new Set([...Object.keys(found), ...Object.keys(expected)])) {
      const [is, should] = [found[name] ?? 0, expected[name] ?? 0];
      if (is !== should) faults.push(`${sim.simId}, ${name}: ${is}, expected ${should}`);
    }
  }
  return faults;
}

function octetsOf(usage) {
  return usage.reduce((sum, { octetsUp, octetsDown }) => sum + octetsUp + octetsDown, 0);
}

/** A bill that was worked out from what was sent, in the shape of {@link readStatement}. */
function expectedStatement(usage, bill) {
  const byEvidence = {};
  for (const { service, evidence, octetsUp, octetsDown } of usage) {
    const key = `${service ?? 'no service'}, ${evidence}`;
    byEvidence[key] = (byEvidence[key] ?? 0) + octetsUp + octetsDown;
  }
  return { ...bill, charge: bill.chargeYen, byEvidence };
}

/** Every number of a statement under one name. */
function numbersOf({ totalOctets, freeOctets, billedOctets, charge, freeByService, byEvidence }) {
  const named = (prefix, numbers) =>
    Object.fromEntries(Object.entries(numbers).map(([name, value]) => [`${prefix} ${name}`, value]));
  return {
    octets: totalOctets,
    'free octets': freeOctets,
    'billed octets': billedOctets,
    yen: charge,
    ...named('free:', freeByService),
    ...named('octets of', byEvidence),
  };
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
