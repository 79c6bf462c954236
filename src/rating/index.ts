export { allocate, type Allocation } from './allocate.js';
export { compilePlan, type CompiledPlan, type ServiceParents } from './compile.js';
export { canonicalJson, ratedDocument, type JsonValue } from './document.js';
export { negateMoney, parseMoney, roundedMoney, sumMoney } from './money.js';
export { rate, rateNothing, rateTogether, type RatingSim } from './rate.js';
export {
  checkThresholds,
  headroomsTogether,
  type ReachedThreshold,
  type ThresholdCheck,
  type ThresholdKind,
} from './thresholds.js';
export * from './types.js';
