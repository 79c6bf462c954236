import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { root } from '../support/paths.mjs';
import { Stop } from '../support/steps.mjs';
import { planOf, PLANS } from './customer.mjs';
import { INTERFACE, Lab } from './lab.mjs';
import { integer, LiveLine } from './print.mjs';
import { squeezed } from './traffic.mjs';
import { readStatement } from './verify.mjs';

const FRAMES_PER_SECOND = 15_000;
const TIMEOUT = 60_000;

/** Waits until `probe` gives something; `what` (a text, or what makes it) says what is not so yet. */
export async function until(what, probe, pause = 200) {
  const deadline = Date.now() + TIMEOUT;
  for (;;) {
    const found = await probe();
    if (found) return found;
    if (Date.now() > deadline) {
      throw new Stop(`After ${TIMEOUT / 1000} s: ${typeof what === 'string' ? what : what()}.`);
    }
    await sleep(pause);
  }
}

/** Tells the service everything that it may know before the traffic. */
export async function enrol(customer, fleet, site) {
  await customer.makeRealm(fleet.realm);
  for (const plan of PLANS) await customer.makePlan(plan);
  for (const sim of fleet.sims) await customer.makeSim(sim, planOf(sim).code);
  const known = fleet.sims.filter(({ sessionComesLater }) => !sessionComesLater);
  await customer.openSessions(fleet.realm.name, known);
  site.receiver.secret = await customer.subscribeWebhook(site.hookUrl);
  await customer.untilLive();
  return { note: `${fleet.sims.length} SIMs` };
}

/** Sends the frames into the veth and shows what arrives meanwhile. */
export async function sendLive(lab, customer, traffic) {
  const { deliver } = await import(join(root, 'dist/src/simulate/index.js'));
  const line = new LiveLine();
  let sent = { frames: 0, bytes: 0 };
  let over = false;
  const showing = (async () => {
    while (!over) {
      const { seen, usageOctets, suspenseOctets } = await customer.conservation();
      line.show(
        `sent ${integer(sent.frames)} frames · seen ${integer(seen.packets)} packets, ${integer(seen.octets)} octets` +
          ` · on SIMs ${integer(usageOctets)} · no SIM yet ${integer(suspenseOctets)}`,
      );
      await sleep(250);
    }
    // What is only shown must not fail the run; what matters is asked for again below.
  })().catch(() => undefined);
  const target = {
    kind: 'interface',
    name: INTERFACE,
    framesPerSecond: FRAMES_PER_SECOND,
    namespacePath: Lab.pathOf(lab.tx),
  };
  try {
    sent = await deliver(traffic.frames(), target, (state) => (sent = state));
    await untilSeen(customer, traffic);
  } finally {
    over = true;
    await showing;
    line.done();
  }
  return { note: `${integer(sent.frames)} frames` };
}

/** Writes the frames into a capture file, which the service reads when it starts again. */
export async function readFromFile(lab, site, customer, traffic, start) {
  const { deliver } = await import(join(root, 'dist/src/simulate/index.js'));
  const path = join(lab.folder, 'traffic.pcap');
  const { frames } = await deliver(squeezed(traffic.frames(), start), { kind: 'file', path });
  await site.restartWithFiles([path]);
  await untilSeen(customer, traffic);
  return { note: `${integer(frames)} frames` };
}

function untilSeen(customer, traffic) {
  const expected = BigInt(traffic.prediction().sent.octets);
  let seen = 0n;
  const lacking = () => `${integer(expected)} octets were sent, ${integer(seen)} seen`;
  return until(lacking, async () => {
    seen = BigInt((await customer.conservation()).seen.octets);
    return seen >= expected;
  });
}

/** The sessions that come late, and the octets that waited for them. */
export async function bindNewcomers(customer, { fleet }) {
  const late = fleet.sims.filter(({ sessionComesLater }) => sessionComesLater);
  const { suspenseOctets } = await customer.conservation();
  await customer.openSessions(fleet.realm.name, late);
  await until('octets of an address whose SIM is known are still without a SIM', async () => {
    return BigInt((await customer.conservation()).suspenseOctets) === 0n;
  });
  return { note: `${integer(suspenseOctets)} octets bound` };
}

/** Closes the month; gives its statements once the receiver has an event for each. */
export async function closeMonth(customer, traffic, receiver) {
  await customer.closeMonth();
  await until('the month is not closed', () => customer.isClosed());
  const items = (await customer.statements()).map(readStatement);
  const expected = traffic.fleet.sims.length;
  const late = () => `the receiver has events of ${receiver.events.length} of ${expected} statements`;
  await until(late, () => receiver.events.length >= expected);
  return { items, note: `${items.length} statements` };
}

/** What is wrong with the events that arrived. */
export function webhookFaults(receiver, fleet, statements) {
  const faults = [];
  if (receiver.refused > 0) faults.push(`${receiver.refused} events had a wrong signature`);
  const told = new Set(receiver.events.map(({ simId }) => simId));
  for (const { simId } of fleet.sims) if (!told.has(simId)) faults.push(`no event told of ${simId}`);
  if (told.size !== statements.length)
    faults.push(`${told.size} SIMs were told of, ${statements.length} have a statement`);
  return faults;
}
