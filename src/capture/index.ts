export * from './layout.js';
export * from './records.js';
export * from './types.js';
export { PacketSender, packFrames, type SentFrames } from './packet-sender.js';
export { insideNetworkNamespace } from './network-namespace.js';
