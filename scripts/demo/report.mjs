import { bold, dim, green } from '../support/steps.mjs';
import { planOf } from './customer.mjs';
import { integer, table } from './print.mjs';

const SERVICE_NAMES = { line: 'LINE', 'line-calls': 'LINE calls', youtube: 'YouTube' };

/** What is worth knowing of a profile when its statement is read. */
const REMARKS = {
  claimant: 'claims line.me to a foreign address: billed',
  newcomer: 'its session became known afterwards',
  no_consent: 'names are not looked at',
  dual_stack: 'IPv4 and IPv6',
};

/** Per SIM: total, free per service, billed, charge. */
export function showStatements(fleet, statements) {
  const services = [...new Set(statements.flatMap(({ freeByService }) => Object.keys(freeByService)))].sort();
  const head = [
    'SIM',
    'plan',
    'octets',
    ...services.map((code) => `free: ${SERVICE_NAMES[code] ?? code}`),
    'billed',
    'yen',
    '',
  ];
  const rows = fleet.sims.flatMap((sim) => {
    const statement = statements.find(({ simId }) => simId === sim.simId);
    if (statement === undefined) return [];
    const free = services.map((code) => integer(statement.freeByService[code] ?? 0));
    const remark = REMARKS[sim.profile] ?? '';
    return [
      [
        sim.simId,
        planOf(sim).name,
        integer(statement.totalOctets),
        ...free,
        integer(statement.billedOctets),
        integer(statement.charge),
        remark,
      ],
    ];
  });
  console.log(`\n${bold('Statements')} ${dim('(quotas are small, so that a demo reaches them)')}`);
  table(head, rows, head.slice(2, -1));
}

export function showWebhook(receiver) {
  const [event] = receiver.events;
  console.log(`\n${bold('Webhook')}`);
  if (event === undefined) return;
  console.log(
    `  ${green('✓')} ${receiver.events.length} events with a right signature (Standard Webhooks); the first:`,
  );
  const text = JSON.stringify(event, null, 2).split('\n');
  const shown = text.length > 24 ? [...text.slice(0, 23), '  …'] : text;
  console.log(dim(shown.map((line) => `    ${line}`).join('\n')));
}

/** Octets sent = seen = billed + free + each named account. */
export function showConservation(prediction, conservation, statements) {
  const sum = (field) => statements.reduce((total, statement) => total + BigInt(statement[field]), 0n);
  const accounts = conservation.accounts
    .filter(({ octets }) => BigInt(octets) > 0n)
    .map(({ account, octets }) => `${account} ${integer(octets)}`);
  const twice = BigInt(prediction.bothSubscribersOctets);
  console.log(`\n${bold('Conservation, in octets')}`);
  console.log(
    `  sent ${integer(prediction.sent.octets)} = seen ${integer(conservation.seen.octets)} = ` +
      [
        `billed ${integer(sum('billedOctets'))}`,
        `free ${integer(sum('freeOctets'))}`,
        ...accounts,
        `no SIM ${integer(conservation.suspenseOctets)}`,
      ].join(' + ') +
      (twice > 0n ? ` − between two SIMs, on both statements ${integer(twice)}` : ''),
  );
}
