import { FLEET } from './traffic.mjs';

const HOUR = 3_600_000;

/** Every number that is not what was sent, in words. `usageOf` gives a SIM's totals from the ledger. */
export async function compare(sent, customer) {
  const found = await customer.conservation();
  const faults = [];
  const hold = (what, wanted, got) => {
    if (String(wanted) !== String(got)) faults.push(`${what}: sent ${wanted}, found ${got}`);
  };
  hold('packets seen', sent.packets, found.seen.packets);
  hold('octets seen', sent.octets, found.seen.octets);
  hold('octets without a SIM yet', sent.suspense, found.suspenseOctets);
  hold('octets between two subscribers', sent.both, found.bothSubscribersOctets);
  hold('octets on no account', 0, found.difference);
  for (const { account, octets } of found.accounts) {
    hold(`octets of account ${account}`, sent.outcomes[account] ?? 0, octets);
  }
  const sims = [...sent.sims.values()];
  const onSims = sims.reduce((sum, { up, down }) => sum + up + down, 0);
  hold('octets of all SIMs', onSims, found.usageOctets);
  for (const { simId } of FLEET) {
    const { up, down } = sent.sims.get(simId);
    const { octetsUp, octetsDown } = await usageOf(customer, simId);
    hold(`octets up of ${simId}`, up, octetsUp);
    hold(`octets down of ${simId}`, down, octetsDown);
  }
  return { faults, found, onSims };
}

async function usageOf(customer, simId) {
  const from = new Date(customer.month.start).toISOString();
  const to = new Date(Date.now() + HOUR).toISOString();
  return (await customer.api.get(`/v1/usage?simId=${simId}&from=${from}&to=${to}`)).totals;
}
