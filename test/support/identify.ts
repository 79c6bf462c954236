import { expect } from 'vitest';
import { packFlows, packHello, packKey, type RecordFields } from './capture-flows.js';
import { addressRecord, dnsAnswer } from './hellos.js';
import type { HelloKind } from '../../src/capture/index.js';
import type { CatalogueSnapshot, EvidencePolicy, PrefixRule } from '../../src/catalogue/index.js';
import { parseAddress } from '../../src/shared/index.js';
import type { Session } from '../../src/sims/index.js';
import {
  Identifier,
  type Decision,
  type IdentifierOptions,
  type UsageEntry,
} from '../../src/identify/index.js';

export const HOUR = 3_600_000_000;
export const T0 = 1_700_000_000_000_000 - (1_700_000_000_000_000 % HOUR);
export const SECOND = 1_000_000;
export const EPOCH = 10 * SECOND;
export const SIM_ADDRESS = '10.0.0.1';
export const RESOLVER = '100.127.0.53';
export const LINE_ADDRESS = '147.92.130.1';
export const YOUTUBE_ADDRESS = '142.250.1.1';
export const FOREIGN = '203.0.113.9';

export interface ServiceFields {
  code: string;
  names?: string[];
  not?: string[];
  prefixes?: PrefixRule[];
  policy?: EvidencePolicy;
  from?: number;
  parent?: string;
}

export function catalogue(services: ServiceFields[], revision = 1): CatalogueSnapshot {
  return {
    revision,
    services: [...new Set(services.map(({ code }) => code))].map((code, i) => ({
      code,
      name: code,
      parentCode: services.find((each) => each.code === code)?.parent ?? null,
      ratingGroup: i + 1,
      serviceIdentifier: 0,
    })),
    versions: services.map((each, i) => ({
      id: revision * 100 + i,
      serviceCode: each.code,
      version: i + 1,
      effectiveFrom: each.from ?? 0,
      policy: each.policy ?? 'agree',
      rules: {
        domainNames: each.names ?? [],
        excludeDomainNames: each.not ?? [],
        prefixes: each.prefixes ?? [],
      },
    })),
  };
}

export const SERVICES: ServiceFields[] = [
  { code: 'line', names: ['line.me'], not: ['news.line.me'], prefixes: [{ prefix: '147.92.128.0/17' }] },
  {
    code: 'line-calls',
    parent: 'line',
    prefixes: [{ prefix: '147.92.128.0/17', protocol: 17, ports: [10001, 30000] }],
  },
  { code: 'youtube', names: ['youtube.com', 'googlevideo.com'] },
  { code: 'trusting', names: ['trusting.example'], policy: 'name' },
  { code: 'placed', names: ['placed.example'], prefixes: [{ prefix: '198.51.100.0/24' }], policy: 'prefix' },
];

export function session(fields: Partial<Session> = {}): Session {
  return {
    id: 1,
    simKey: 7,
    realmIndex: 1,
    prefix: `${SIM_ADDRESS}/32`,
    startTime: T0 / 1000 - 1000,
    endTime: null,
    dnsServers: [RESOLVER],
    nameConsent: true,
    ...fields,
  };
}

export interface FlowFields {
  subscriber?: string;
  peer?: string;
  subscriberPort?: number;
  peerPort?: number;
  protocol?: number;
  step?: number;
}

export function key(fields: FlowFields = {}): Buffer {
  const subscriber = parseAddress(fields.subscriber ?? SIM_ADDRESS)!;
  return packKey({
    subscriber: subscriber.bytes,
    peer: parseAddress(fields.peer ?? LINE_ADDRESS)!.bytes,
    subscriberPort: fields.subscriberPort ?? 40000,
    peerPort: fields.peerPort ?? 443,
    protocol: fields.protocol ?? 6,
    ipv6: subscriber.family === 6,
    step: fields.step ?? 0,
  });
}

/** A harness for one SIM: hellos and records by epoch. */
export class Bench {
  readonly identifier: Identifier;
  private revision = 1;

  constructor(options: IdentifierOptions = {}) {
    this.identifier = new Identifier({ maxFlows: 1000, maxDnsEntries: 10_000, ...options });
    this.identifier.updateCatalogue(catalogue(SERVICES));
    this.sessions([session()]);
  }

  sessions(upserted: Session[], resolvers: string[] = [], shareNames = false): void {
    this.revision += 1;
    const realms = [{ index: 1, name: 'r', resolvers, shareNames }];
    this.identifier.updateSessions({ revision: this.revision, realms, upserted, deletedIds: [] });
  }

  hello(
    kind: HelloKind,
    payload: Buffer,
    flow: FlowFields = {},
    epoch = 0,
    sequence = 1,
    uplink = true,
  ): void {
    const protocol = kind === 'quic' ? 17 : 6;
    const record = packHello({
      kind,
      uplink,
      time: T0 + epoch * EPOCH + SECOND,
      key: key({ protocol, ...flow }),
      sequence,
      payload,
    });
    this.identifier.observe(record);
  }

  dns(
    name: string,
    address: string,
    more: { from?: string; subscriber?: string; epoch?: number; ttl?: number } = {},
  ): void {
    const flow = {
      peer: more.from ?? RESOLVER,
      peerPort: 53,
      protocol: 17,
      ...(more.subscriber && { subscriber: more.subscriber }),
    };
    this.hello('dns', dnsAnswer(name, [addressRecord(name, address, more.ttl)]), flow, more.epoch, 0, false);
  }

  record(flow: FlowFields = {}, epoch = 0, octets = 1000): RecordFields {
    const firstTime = T0 + epoch * EPOCH;
    return {
      key: key(flow),
      octetsUp: octets,
      octetsDown: 3 * octets,
      packetsUp: 2,
      packetsDown: 3,
      firstTime,
      lastTime: firstTime + 9 * SECOND,
    };
  }

  entries(...records: RecordFields[]): UsageEntry[] {
    return this.identifier.identify({ flows: packFlows(records) });
  }

  /** The decision of one flow. */
  decision(flow: FlowFields = {}, epoch = 0): Decision {
    const entries = this.entries(this.record(flow, epoch));
    expect(entries).toHaveLength(1);
    return entries[0]!.decision;
  }
}

export const http = (host: string, head = `GET / HTTP/1.1\r\nHost: ${host}\r\n\r\n`): Buffer =>
  Buffer.from(head);
