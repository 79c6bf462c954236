export * from './layout.js';
export * from './records.js';
export * from './types.js';
export * from './native.js';
export * from './capture-point.js';
export * from './capture-reader.js';
export * from './capture-service.js';
export {
  describeFault,
  fileGeneration,
  readFileBatches,
  type FileBatchOptions,
  type FileProgress,
  type FileSummary,
} from './file-batches.js';
export { fileSize } from './file-chunks.js';
export { FileSource, type FileSourceOptions } from './file-source.js';
export { LiveSource, type LiveSourceOptions } from './live-source.js';
export { insideNetworkNamespace } from './network-namespace.js';
export {
  MirrorWatch,
  WARNING_KINDS,
  WATCH_LIMITS,
  type CaptureWarning,
  type MirrorObservation,
  type WarningKind,
} from './mirror-watch.js';
export type { FeedObserver } from './interface-feed.js';
export { inspectPins, removePins, type PinReport } from './pins.js';
export { PacketSocket, SOCKET_COST, type PacketSocketStatus } from './packet-socket.js';
export { packFrames, PacketSender, type SentFrames } from './packet-sender.js';
export {
  addCounters,
  addTally,
  checkConservation,
  noCounters,
  noTally,
  sumFlows,
  type ConservationFailure,
  type Directions,
  type FlowSum,
  type PacketSource,
  type SourceObserver,
  type SourceState,
  type SourceStatus,
} from './source.js';
export {
  Spool,
  SpoolFullError,
  SpoolReader,
  type CommittedSequences,
  type SpoolFault,
  type SpoolOptions,
  type SpoolPosition,
  type SpoolStatus,
} from './spool/index.js';
