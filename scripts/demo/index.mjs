/** What end-to-end tests take from the demo; typed in index.d.mts. */
export { Customer, monthOf } from './customer.mjs';
export { INTERFACE, Lab, removeLeftovers } from './lab.mjs';
export { Site } from './site.mjs';
export { until } from './stages.mjs';
export { readStatement } from './verify.mjs';
