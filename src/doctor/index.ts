export { checkHost } from './host-checks.js';
export { checkInterface } from './interface-checks.js';
export { readHost, readInterface } from './read-host.js';
export { formatFindings, isHealthy } from './report.js';
export * from './types.js';
