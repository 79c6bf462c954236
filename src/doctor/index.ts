export { diagnose, type DiagnosisSettings } from './diagnose.js';
export { checkHost } from './host-checks.js';
export { checkInterface } from './interface-checks.js';
export { checkPins, checkSpool } from './pin-checks.js';
export { readHost, readInterface } from './read-host.js';
export { readPins, readSpool } from './read-pins.js';
export { formatFindings, isHealthy } from './report.js';
export * from './types.js';
