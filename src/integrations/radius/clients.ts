import { z } from 'zod';
import {
  parseAddress,
  parseOrRefuse,
  parsePrefix,
  prefixContains,
  Refusal,
  type Prefix,
} from '../../shared/index.js';
import { parseSecretFile, readSecretFile } from '../secret-file.js';

const realmName = z.string().min(1).max(64);

const prefixSchema = z.string().transform((text, context) => {
  try {
    return parsePrefix(text);
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    context.addIssue({ code: 'custom', message: error.fields[0]?.detail ?? error.message });
    return z.NEVER;
  }
});

const clientSchema = z
  .strictObject({
    address: prefixSchema,
    secret: z
      .string()
      .min(8, 'a shared secret has at least 8 characters; RFC 2865 asks for 16 that nobody can guess')
      .max(256),
    realm: realmName.optional(),
    /** Called-Station-Id → realm. */
    apns: z.record(z.string().min(1).max(253), realmName).default({}),
  })
  .refine(({ realm, apns }) => realm !== undefined || Object.keys(apns).length > 0, {
    path: ['realm'],
    message: 'name the realm whose addresses this client gives out, or one for each APN in apns',
  });

const clientsSchema = z.strictObject({
  clients: z.array(clientSchema).min(1, 'name at least one client').max(10_000),
});

/** Who may send accounting, and what its addresses mean. */
export interface RadiusClient {
  address: Prefix;
  secret: Buffer;
  /** Where no APN says otherwise. */
  realm: string | undefined;
  apns: ReadonlyMap<string, string>;
}

/** Reads the file of COUNTFREE_RADIUS_CLIENTS_FILE. Throws a {@link Refusal}; no secret stands in its message. */
export async function readRadiusClients(path: string): Promise<RadiusClient[]> {
  return parseRadiusClients(await readSecretFile('COUNTFREE_RADIUS_CLIENTS_FILE', path), path);
}

export function parseRadiusClients(text: string, path: string): RadiusClient[] {
  const { clients } = parseOrRefuse(clientsSchema, parseSecretFile(text, path));
  return clients.map(({ address, secret, realm, apns }) => ({
    address,
    secret: Buffer.from(secret, 'utf8'),
    realm,
    // APNs are domain names: their case says nothing (3GPP TS 23.003 section 9.1).
    apns: new Map(Object.entries(apns).map(([apn, name]) => [apn.toLowerCase(), name])),
  }));
}

/** The client of an address: the one with the longest prefix. Addresses as the socket gives them. */
export function clientFinder(
  clients: readonly RadiusClient[],
): (address: string) => RadiusClient | undefined {
  const ordered = clients.toSorted((a, b) => b.address.length - a.address.length);
  return (text) => {
    // A socket of both families gives IPv4 senders as ::ffff:192.0.2.1.
    const address = parseAddress(text.replace(/^::ffff:(?=\d+\.)/i, '').replace(/%.*$/, ''));
    if (address === undefined) return undefined;
    return ordered.find(
      (client) => client.address.family === address.family && prefixContains(client.address, address.bytes),
    );
  };
}

export function realmOf(client: RadiusClient, apn: string | null): string | undefined {
  return client.apns.get((apn ?? '').toLowerCase()) ?? client.realm;
}
