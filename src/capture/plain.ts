/** Engines, their records and capture files: what runs without the service. */
export * from './layout.js';
export * from './records.js';
export * from './types.js';
export * from './native.js';
export * from './capture-reader.js';
export {
  describeFault,
  fileGeneration,
  readFileBatches,
  type FileBatchOptions,
  type FileProgress,
  type FileSummary,
} from './file-batches.js';
export { FileInput, fileSize } from './file-input.js';
export { insideNetworkNamespace } from './network-namespace.js';
export {
  addCounters,
  addTally,
  checkConservation,
  isBlurred,
  noCounters,
  noTally,
  sumFlows,
  type ConservationFailure,
  type EpochSums,
  type FlowSum,
  type PacketSource,
  type SourceObserver,
  type SourceState,
  type SourceStatus,
} from './source.js';
