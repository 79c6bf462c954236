import { totalmem } from 'node:os';

const MEBI = 1024 * 1024;
/** Postgres's own default. */
const LEAST = 128 * MEBI;
/** About what the usage of 100,000 SIMs in a month takes. */
const MOST = 4 * 1024 * MEBI;

/**
 * Memory for the private server's pages: up to a quarter of the machine's, as the manual of PostgreSQL ("Resource Consumption",
 * shared_buffers) advises. A page that is not among them is asked of the kernel, which costs more than most of what is then done
 * with it; none is taken before it is used. `total` and `limit` (of the control group; 0 = none) in octets.
 */
export function sharedBuffers(total = totalmem(), limit = process.constrainedMemory()): string {
  const memory = limit === 0 ? total : Math.min(total, limit);
  const octets = Math.min(MOST, Math.max(LEAST, memory / 4));
  return `${Math.floor(octets / MEBI)}MB`;
}
