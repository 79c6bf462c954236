export { CaptureMirror, type CaptureMirrorOptions, type CapturePrediction } from './capture-mirror.js';
export { deliver, simulate, type SimulateProgress, type SimulateResult } from './command.js';
export { expectBill, type ExpectedBill, type SimplePlan } from './expected-bill.js';
export { PROFILES, type Fleet, type FleetRealm, type FleetSim, type Profile } from './fleet.js';
export { JunctionMirror, MIRRORED_MTU, type MirrorTunnel } from './junction.js';
export { PcapWriter } from './pcap-writer.js';
export type { Count, NamedAccount, PredictedUsage, Prediction } from './prediction.js';
export { planSimulation, type SimulatePlan, type SimulateRequest, type SimulateTarget } from './request.js';
export { Simulation, type SimulationOptions, type TimedFrame } from './simulation.js';
