/** Commands of `countfree`, from the sources: `doctor` and `detach` with their options. */
import { parseArgs } from 'node:util';
import { detach } from '../../../src/cli/detach.js';
import { doctor } from '../../../src/cli/doctor.js';
import { runCommand } from '../../../src/cli/output.js';

const { positionals, values } = parseArgs({
  allowPositionals: true,
  options: { interface: { type: 'string' }, json: { type: 'boolean' } },
});
await runCommand(() => (positionals[0] === 'doctor' ? doctor(values) : detach(values.interface ?? '')));
