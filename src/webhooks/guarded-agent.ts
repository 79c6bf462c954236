import { Resolver, lookup as systemLookup } from 'node:dns/promises';
import { isIP, type LookupFunction } from 'node:net';
import { Agent, buildConnector } from 'undici';
import type { AddressGuard } from './special-ranges.js';

/** Addresses of a host name, as text. */
export type Resolve = (hostname: string) => Promise<string[]>;

/** A name or address that webhooks may not be sent to. */
export class BlockedAddressError extends Error {
  constructor(hostname: string, address: string, why: string) {
    super(hostname === address ? `${address} ${why}` : `${hostname} resolves to ${address}, which ${why}`);
    this.name = 'BlockedAddressError';
  }
}

export interface GuardedAgentSettings {
  guard: AddressGuard;
  resolve?: Resolve;
  connectTimeoutMs: number;
}

/**
 * How long one address of a name is tried before the next. Node's own 250 ms are less than the way around the earth and
 * back: a distant receiver with a second address that cannot be reached from here would never be connected to.
 */
const ADDRESS_ATTEMPT_MS = 2_500;

/**
 * An HTTP agent that only connects to addresses that `guard` lets pass. The check is at connect time, on the very
 * addresses that are connected to: a name that resolves to something else a moment later (DNS rebinding) gains
 * nothing. A name with one forbidden address is refused altogether. It knows no proxy and follows no redirect. How many
 * connections there are at once is for each lane to bound: a bound for a whole origin would let an endpoint whose
 * receiver is slow take the connections of another at the same host.
 */
export function createGuardedAgent(settings: GuardedAgentSettings): Agent {
  const { guard, resolve = resolveAddresses } = settings;
  const connector = buildConnector({
    timeout: settings.connectTimeoutMs,
    autoSelectFamily: true,
    autoSelectFamilyAttemptTimeout: ADDRESS_ATTEMPT_MS,
    // Names only: Node does not ask for an address literal.
    lookup: guardedLookup(guard, resolve),
  });
  return new Agent({
    pipelining: 1,
    keepAliveTimeout: 10_000,
    keepAliveMaxTimeout: 60_000,
    maxHeaderSize: 16 * 1024,
    connect: (options, callback) => {
      const hostname = options.hostname.replace(/^\[|\]$/g, '');
      if (isIP(hostname) !== 0) {
        const why = guard.refusal(hostname);
        if (why !== undefined) {
          callback(new BlockedAddressError(hostname, hostname, why), null);
          return;
        }
      }
      connector(options, (...[error, socket]) => {
        if (error !== null) {
          callback(error, null);
          return;
        }
        const remote = socket.remoteAddress ?? '';
        const why = guard.refusal(remote);
        if (why === undefined) {
          callback(null, socket);
          return;
        }
        socket.destroy();
        callback(new BlockedAddressError(hostname, remote, why), null);
      });
    },
  });
}

function guardedLookup(guard: AddressGuard, resolve: Resolve): LookupFunction {
  return (hostname, options, callback) => {
    checkedAddresses(guard, resolve, hostname).then(
      (addresses) => {
        if (options.all === true) {
          callback(null, addresses);
          return;
        }
        const [first] = addresses;
        callback(null, first?.address ?? '', first?.family ?? 0);
      },
      (error: unknown) => callback(error as NodeJS.ErrnoException, ''),
    );
  };
}

async function checkedAddresses(
  guard: AddressGuard,
  resolve: Resolve,
  hostname: string,
): Promise<{ address: string; family: number }[]> {
  const addresses = await resolve(hostname);
  if (addresses.length === 0) throw new Error(`${hostname} has no address`);
  for (const address of addresses) {
    const why = guard.refusal(address);
    if (why !== undefined) throw new BlockedAddressError(hostname, address, why);
  }
  return addresses.map((address) => ({ address, family: isIP(address) }));
}

/**
 * Asks DNS without getaddrinfo, whose four threads one slow name server could hold up for every endpoint. Names that
 * DNS does not know (of /etc/hosts, say) are then asked of the system.
 */
export async function resolveAddresses(hostname: string): Promise<string[]> {
  const resolver = new Resolver({ timeout: 2_000, tries: 2 });
  const answers = await Promise.allSettled([resolver.resolve4(hostname), resolver.resolve6(hostname)]);
  const addresses = answers.flatMap((answer) => (answer.status === 'fulfilled' ? answer.value : []));
  if (addresses.length > 0) return addresses;
  const timedOut = answers.some(
    (answer) => answer.status === 'rejected' && (answer.reason as NodeJS.ErrnoException).code === 'ETIMEOUT',
  );
  if (timedOut) throw new Error(`DNS did not answer for ${hostname}`);
  return (await systemLookup(hostname, { all: true })).map(({ address }) => address);
}
