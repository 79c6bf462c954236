import { FlowKeyView, FlowRecords, type CaptureBatch } from '../capture/plain.js';
import type { Decision, Evidence, FlowName, Identifier } from '../identify/index.js';

/** One flow over the whole capture, seen from one subscriber's end. */
export interface ReplayFlow {
  /** Its 40-byte key as latin1. */
  id: string;
  key: FlowKeyView;
  octetsUp: number;
  octetsDown: number;
  packetsUp: number;
  packetsDown: number;
  /** UNIX microseconds. */
  firstTime: number;
  lastTime: number;
  names: FlowName[];
  decision: Decision;
}

/** How much a decision rests on: a flow keeps its best when its name is long past. */
const WEIGHT: Record<Evidence, number> = {
  none: 0,
  prefix: 1,
  dns: 2,
  sni_unverified: 3,
  http_host: 3,
  quic_sni: 3,
  sni: 3,
};

/** Sums the flow records of all epochs by flow. Memory grows with the number of flows only. */
export class ReplayFlows {
  private readonly flows = new Map<string, ReplayFlow>();

  constructor(private readonly identifier: Identifier) {}

  add(batch: CaptureBatch): void {
    if (batch.hellos.length > 0) this.identifier.observe(batch.hellos);
    if (batch.flows.length === 0) return;
    const records = new FlowRecords(batch.flows);
    this.identifier.identifyFlows(batch, (index, _account, decision, names) => {
      this.addRecord(records, index, decision, names);
    });
  }

  private addRecord(
    records: FlowRecords,
    index: number,
    decision: Decision,
    names: readonly FlowName[],
  ): void {
    const id = records.keyId(index);
    const known = this.flows.get(id);
    const flow = known ?? newFlow(id, records, index, decision);
    if (!known) this.flows.set(id, flow);
    flow.octetsUp += records.octetsUp(index);
    flow.octetsDown += records.octetsDown(index);
    flow.packetsUp += records.packetsUp(index);
    flow.packetsDown += records.packetsDown(index);
    flow.firstTime = Math.min(flow.firstTime, records.firstTime(index));
    flow.lastTime = Math.max(flow.lastTime, records.lastTime(index));
    if (WEIGHT[decision.evidence] >= WEIGHT[flow.decision.evidence]) flow.decision = decision;
    for (const name of names) {
      if (!flow.names.some((seen) => seen.name === name.name && seen.evidence === name.evidence))
        flow.names.push(name);
    }
  }

  /** In order of first packet, then of key: the same whatever engine counted. */
  sorted(): ReplayFlow[] {
    return [...this.flows.values()].sort(
      (a, b) => a.firstTime - b.firstTime || (a.id < b.id ? -1 : a.id > b.id ? 1 : 0),
    );
  }
}

function newFlow(id: string, records: FlowRecords, index: number, decision: Decision): ReplayFlow {
  return {
    id,
    // Its own copy: a view would keep the whole batch in memory.
    key: new FlowKeyView(Buffer.from(records.key(index).keyBytes), 0),
    octetsUp: 0,
    octetsDown: 0,
    packetsUp: 0,
    packetsDown: 0,
    firstTime: Number.POSITIVE_INFINITY,
    lastTime: 0,
    names: [],
    decision,
  };
}

/** One line of `--json`: names are the IPFIX ones (RFC 7012) where there is one. */
export function flowToJson(flow: ReplayFlow, realmName: string): Record<string, unknown> {
  const { key, decision } = flow;
  return {
    realm: realmName,
    subscriberAddress: key.subscriberAddress,
    subscriberPort: key.subscriberPort,
    peerAddress: key.peerAddress,
    peerPort: key.peerPort,
    protocolIdentifier: key.protocol,
    octetsUp: flow.octetsUp,
    octetsDown: flow.octetsDown,
    packetsUp: flow.packetsUp,
    packetsDown: flow.packetsDown,
    flowStartMilliseconds: Math.floor(flow.firstTime / 1000),
    flowEndMilliseconds: Math.floor(flow.lastTime / 1000),
    names: flow.names.map(({ name, evidence }) => ({ name, evidence })),
    service: decision.serviceCode,
    evidence: decision.evidence,
    agreed: decision.agreed,
  };
}
