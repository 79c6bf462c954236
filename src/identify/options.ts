import { parseAddress, Refusal } from '../shared/plain.js';
import type { DnsMemoryOptions } from './dns-memory.js';
import type { HeldBounds } from './hello/open-streams.js';
import { addressId, type SessionIndexOptions } from './session-index.js';

/** Bounds and times of an Identifier; every one has a default that suits 100,000 SIMs in about 500 MB. */
export interface IdentifierOptions {
  /** Flows remembered at a time. Beyond it flows are still identified, with less evidence. Default 1,000,000. */
  maxFlows?: number;
  /** A SIM with more flows than this loses its own first. Default 4,096. */
  maxFlowsPerSim?: number;
  /**
   * A flow without packets for this long is forgotten once the memory fills; longer than an epoch can be. Default 7,200.
   */
  flowIdleSeconds?: number;
  /** For this long after its first packet, a flow recognised late takes its earlier octets along. Default 60. */
  lateWindowSeconds?: number;
  /** Flows whose earlier octets are remembered for that. Default 200,000. */
  maxLateFlows?: number;
  /** Sessions that ended longer ago are forgotten: records older than this are in suspense. Default 10,800. */
  sessionHistorySeconds?: number;
  /** Addresses without session whose accounts are kept for reuse. Default 100,000. */
  maxSuspense?: number;
  /**
   * Addresses whose names are remembered, in all and per SIM; at least half of that is kept of the newest. Defaults
   * 2,000,000 and 2,048.
   */
  maxDnsEntries?: number;
  maxDnsEntriesPerSim?: number;
  /** A resolved name outlives its TTL (taken as 60 to 86,400 s) by this. Default 900. */
  dnsGraceSeconds?: number;
  /** Hellos that are being put together: flows in all and per SIM, bytes, seconds. Defaults 16,384, 64, 32 MiB, 30. */
  maxOpenHellos?: number;
  maxOpenHellosPerSim?: number;
  maxOpenHelloOctets?: number;
  openHelloSeconds?: number;
  /**
   * Hellos of addresses without session wait this long, unread, for the session to become known, and take up to this much
   * memory. Defaults 120 and 8 MiB.
   */
  waitingHelloSeconds?: number;
  maxWaitingHelloOctets?: number;
  /**
   * For capture files, where no sessions are known: every subscriber address stands for a SIM that consents, and all
   * names are kept for showing. `resolvers`: addresses whose DNS answers are believed; absent = any.
   */
  captureFile?: { resolvers?: readonly string[] };
}

/** The options with defaults; times in microseconds. */
export interface ResolvedOptions extends SessionIndexOptions {
  maxFlows: number;
  maxFlowsPerSim: number;
  flowIdle: number;
  lateWindow: number;
  maxLateFlows: number;
  dns: DnsMemoryOptions;
  hellos: HeldBounds;
  maxWaiting: number;
  waitingAge: number;
  keepNames: boolean;
}

const SECOND = 1_000_000;

/** Throws a {@link Refusal} with a pointer for each resolver that is no address. */
export function resolveOptions(options: IdentifierOptions): ResolvedOptions {
  const { captureFile } = options;
  return {
    maxFlows: options.maxFlows ?? 1_000_000,
    maxFlowsPerSim: options.maxFlowsPerSim ?? 4_096,
    flowIdle: (options.flowIdleSeconds ?? 7_200) * SECOND,
    lateWindow: (options.lateWindowSeconds ?? 60) * SECOND,
    maxLateFlows: options.maxLateFlows ?? 200_000,
    historyMs: (options.sessionHistorySeconds ?? 10_800) * 1000,
    maxSuspense: options.maxSuspense ?? 100_000,
    dns: {
      maxEntries: options.maxDnsEntries ?? 2_000_000,
      maxPerScope: options.maxDnsEntriesPerSim ?? 2_048,
      sharedFactor: 64,
      grace: (options.dnsGraceSeconds ?? 900) * SECOND,
      minTtl: 60 * SECOND,
      maxTtl: 86_400 * SECOND,
    },
    hellos: {
      maxFlows: options.maxOpenHellos ?? 16_384,
      maxPerScope: options.maxOpenHellosPerSim ?? 64,
      maxOctets: options.maxOpenHelloOctets ?? 32 << 20,
      maxAge: (options.openHelloSeconds ?? 30) * SECOND,
    },
    maxWaiting: options.maxWaitingHelloOctets ?? 8 << 20,
    waitingAge: (options.waitingHelloSeconds ?? 120) * SECOND,
    anonymous: captureFile === undefined ? null : { resolvers: trusted(captureFile.resolvers) },
    keepNames: captureFile !== undefined,
  };
}

function trusted(texts: readonly string[] | undefined): ReadonlySet<string> | null {
  if (texts === undefined) return null;
  const ids = new Set<string>();
  const fields = texts.flatMap((text, index) => {
    const address = parseAddress(text);
    if (address === undefined)
      return [{ pointer: `/captureFile/resolvers/${index}`, detail: `"${text}" is no IP address` }];
    ids.add(addressId(Buffer.from(address.bytes), 0, address.family === 6));
    return [];
  });
  if (fields.length > 0)
    throw new Refusal('invalid', 'Write resolvers as IPv4 or IPv6 addresses, such as 100.127.0.53.', fields);
  return ids;
}
