import type { SimulateResult } from './command.js';

const numbers = new Intl.NumberFormat('en-US');

/** Lines for a reader: what was sent, and what a counter should find per SIM and service. */
export function describeSimulation({ frames, fleet, prediction }: SimulateResult): string[] {
  const rows = prediction.usage.map(({ simId, service, evidence, octetsUp, octetsDown }) => [
    simId,
    fleet.sims.find((sim) => sim.simId === simId)?.profile ?? '',
    service ?? '-',
    evidence,
    numbers.format(octetsUp),
    numbers.format(octetsDown),
  ]);
  const accounts = Object.entries(prediction.accounts).map(
    ([account, { octets }]) => `${account} ${numbers.format(octets)}`,
  );
  const onSims = prediction.usage.reduce((sum, usage) => sum + usage.octetsUp + usage.octetsDown, 0);
  return [
    `${numbers.format(frames)} frames. What a counter should find, in L3 octets:`,
    '',
    ...columns([['SIM', 'profile', 'service', 'evidence', 'up', 'down'], ...rows]),
    '',
    `sent ${numbers.format(prediction.sent.octets)} = on SIMs ${numbers.format(onSims)} + ${accounts.join(' + ')}`,
  ];
}

/** Cells below each other; from the fifth column on they are numbers and stand right. */
function columns(rows: string[][]): string[] {
  const widths = (rows[0] ?? []).map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)));
  return rows.map((row) =>
    row
      .map((cell, column) =>
        column < 4 ? cell.padEnd(widths[column] ?? 0) : cell.padStart(widths[column] ?? 0),
      )
      .join('  '),
  );
}
