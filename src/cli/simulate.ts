import { describeSimulation, simulate, type SimulateRequest } from '../simulate/index.js';
import { systemClock } from '../shared/index.js';

/** Sends or writes the traffic, then says what a counter should find. */
export async function simulateCommand(request: SimulateRequest): Promise<number> {
  const result = await simulate(request, systemClock.now(), ({ frames }) => {
    if (process.stderr.isTTY) process.stderr.write(`\r${frames} frames`);
  });
  if (process.stderr.isTTY) process.stderr.write('\r\u001b[K');
  process.stdout.write(`${describeSimulation(result).join('\n')}\n`);
  return 0;
}
