export * from './plain.js';
export * from './capture-point.js';
export * from './capture-service.js';
export { FileSource, type FileSourceOptions } from './file-source.js';
export { LiveSource, type LiveSourceOptions } from './live-source.js';
export {
  MirrorWatch,
  WARNING_KINDS,
  WATCH_LIMITS,
  type CaptureWarning,
  type MirrorObservation,
  type WarningKind,
} from './mirror-watch.js';
export type { FeedObserver } from './interface-feed.js';
export { restoreOffloads } from './offload-memory.js';
export { inspectPins, removePins, type PinReport } from './pins.js';
export { PacketSocket, SOCKET_COST, type PacketSocketStatus } from './packet-socket.js';
export { packFrames, PacketSender, type SentFrames } from './packet-sender.js';
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
