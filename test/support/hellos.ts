import { createCipheriv, createHmac } from 'node:crypto';
import { parseAddress } from '../../src/shared/index.js';

/** Makers of the bytes that name a destination, written from the RFCs and apart from the parsers they test. */
const u8 = (value: number): Buffer => Buffer.from([value]);
const u16 = (value: number): Buffer => Buffer.from([value >> 8, value & 0xff]);
const u24 = (value: number): Buffer => Buffer.from([value >> 16, (value >> 8) & 0xff, value & 0xff]);
const u32 = (value: number): Buffer => {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(value >>> 0);
  return bytes;
};
const vector = (size: (value: number) => Buffer, ...parts: Buffer[]): Buffer => {
  const body = Buffer.concat(parts);
  return Buffer.concat([size(body.length), body]);
};

export interface Extension {
  type: number;
  body: Buffer;
}

export function serverName(...names: string[]): Extension {
  const entries = names.map((name) => Buffer.concat([u8(0), vector(u16, Buffer.from(name, 'latin1'))]));
  return { type: 0, body: vector(u16, ...entries) };
}

export const ECH: Extension = { type: 0xfe0d, body: Buffer.alloc(200, 7) };
export const ESNI: Extension = { type: 0xffce, body: Buffer.alloc(100, 7) };
/** As browsers send them: an unknown extension first, a key share of post-quantum size, padding last. */
export const GREASE: Extension = { type: 0x2a2a, body: Buffer.alloc(0) };
export const KEY_SHARE: Extension = { type: 51, body: Buffer.alloc(1250, 3) };
export const PADDING: Extension = { type: 21, body: Buffer.alloc(180) };

/** A handshake message of type ClientHello. */
export function clientHello(extensions: readonly Extension[] | null): Buffer {
  const list = extensions?.map(({ type, body }) => Buffer.concat([u16(type), vector(u16, body)]));
  const body = Buffer.concat([
    u16(0x0303),
    Buffer.alloc(32, 0x11),
    vector(u8, Buffer.alloc(32, 0x22)),
    vector(u16, u16(0x1a1a), u16(0x1301), u16(0x1302)),
    vector(u8, u8(0)),
    ...(list === undefined ? [] : [vector(u16, ...list)]),
  ]);
  return Buffer.concat([u8(1), vector(u24, body)]);
}

/** TLS records with the message, split into fragments of at most `size`. */
export function tlsRecords(message: Buffer, size = 16_384): Buffer {
  const records: Buffer[] = [];
  for (let at = 0; at < message.length; at += size)
    records.push(u8(22), u16(0x0301), vector(u16, message.subarray(at, at + size)));
  return Buffer.concat(records);
}

export function tlsHello(name: string | null, ...more: Extension[]): Buffer {
  return tlsRecords(clientHello([GREASE, ...(name === null ? [] : [serverName(name)]), ...more]));
}

export const QUIC_V1 = 1;
export const QUIC_V2 = 0x6b3343cf;
/** Salts of the drafts (draft-ietf-quic-tls-23 to -34, 5.2). */
const DRAFT_SALTS = [
  ...Array.from(
    { length: 6 },
    (_, i) => [0xff000017 + i, 'c3eef712c72ebb5a11a7d2432bb46365bef9f502'] as const,
  ),
  ...Array.from(
    { length: 4 },
    (_, i) => [0xff00001d + i, 'afbfec289993d24c9e9786f19c6111e04390a899'] as const,
  ),
  ...[33, 34].map((draft) => [0xff000000 + draft, '38762cf7f55934b34d179ae6a4c80cadccbb7f0a'] as const),
];
const SALTS = new Map<number, string>([
  ...DRAFT_SALTS,
  [QUIC_V1, '38762cf7f55934b34d179ae6a4c80cadccbb7f0a'],
  [QUIC_V2, '0dede3def700a6db819381be6e269dcbf9bd2ed9'],
  [0xfaceb002, 'c3eef712c72ebb5a11a7d2432bb46365bef9f502'],
]);

export interface QuicPacket {
  /** Frames in the clear. */
  frames: Buffer;
  destination: Buffer;
  /** The connection id that the keys follow from, if another than `destination`. */
  keysOf?: Buffer;
  version?: number;
  token?: Buffer;
  number?: number;
}

function varint(value: number): Buffer {
  if (value < 0x40) return u8(value);
  if (value < 0x4000) return u16(0x4000 | value);
  return u32((0x8000_0000 + value) >>> 0);
}

export function cryptoFrame(offset: number, data: Buffer): Buffer {
  return Buffer.concat([u8(6), varint(offset), varint(data.length), data]);
}

function expand(secret: Buffer, label: string, length: number): Buffer {
  const info = Buffer.concat([u16(length), vector(u8, Buffer.from(`tls13 ${label}`)), u8(0), u8(1)]);
  return createHmac('sha256', secret).update(info).digest().subarray(0, length);
}

/** A protected client Initial (RFC 9001, 5). */
export function quicInitial(packet: QuicPacket): Buffer {
  const version = packet.version ?? QUIC_V1;
  const labels = version === QUIC_V2 ? 'quicv2' : 'quic';
  const salt = Buffer.from(SALTS.get(version)!, 'hex');
  const initial = createHmac('sha256', salt)
    .update(packet.keysOf ?? packet.destination)
    .digest();
  const client = expand(initial, 'client in', 32);
  const key = expand(client, `${labels} key`, 16);
  const iv = Buffer.from(expand(client, `${labels} iv`, 12));
  const headerKey = expand(client, `${labels} hp`, 16);
  const number = packet.number ?? 0;
  const type = version === QUIC_V2 ? 1 : 0;
  const header = Buffer.concat([
    u8(0xc0 | (type << 4) | 3),
    u32(version),
    vector(u8, packet.destination),
    vector(u8, Buffer.from('c0ffee', 'hex')),
    varint((packet.token ?? Buffer.alloc(0)).length),
    packet.token ?? Buffer.alloc(0),
    u16(0x4000 | (4 + packet.frames.length + 16)),
    u32(number),
  ]);
  for (let i = 0; i < 4; i += 1) iv[8 + i]! ^= (number >>> (24 - 8 * i)) & 0xff;
  const cipher = createCipheriv('aes-128-gcm', key, iv).setAAD(header);
  const sealed = Buffer.concat([cipher.update(packet.frames), cipher.final(), cipher.getAuthTag()]);
  const mask = createCipheriv('aes-128-ecb', headerKey, null).update(sealed.subarray(0, 16));
  header[0]! ^= mask[0]! & 0x0f;
  for (let i = 0; i < 4; i += 1) header[header.length - 4 + i]! ^= mask[1 + i]!;
  return Buffer.concat([header, sealed]);
}

/** A datagram with a whole ClientHello, padded as clients do. */
export function quicHello(name: string, destination: Buffer, version = QUIC_V1): Buffer {
  const frames = cryptoFrame(0, clientHello([serverName(name), PADDING]));
  const padded = Buffer.concat([frames, Buffer.alloc(Math.max(0, 1100 - frames.length))]);
  return quicInitial({ frames: padded, destination, version });
}

/** A gQUIC CHLO in the clear, as Q043 sends it. */
export function gquicHello(name: string, version = 'Q043'): Buffer {
  const values: [string, Buffer][] = [
    ['PAD\0', Buffer.alloc(600, 0x2d)],
    ['SNI\0', Buffer.from(name)],
    ['VER\0', Buffer.from(version)],
  ];
  let end = 0;
  const index = values.map(([tag, value]) => {
    const entry = Buffer.alloc(8);
    entry.write(tag, 'latin1');
    entry.writeUInt32LE((end += value.length), 4);
    return entry;
  });
  const count = Buffer.from([values.length, 0, 0, 0]);
  const chlo = Buffer.concat([Buffer.from('CHLO'), count, ...index, ...values.map(([, value]) => value)]);
  return Buffer.concat([
    u8(0x09),
    Buffer.alloc(8, 0x5a),
    Buffer.from(version),
    u8(1),
    Buffer.alloc(12, 0x77),
    Buffer.from([0xa0, 0x01]),
    u16(chlo.length),
    chlo,
  ]);
}

export function dnsName(name: string): Buffer {
  const labels = name === '' ? [] : name.split('.').map((label) => vector(u8, Buffer.from(label, 'latin1')));
  return Buffer.concat([...labels, u8(0)]);
}

export interface DnsRecord {
  owner: string | Buffer;
  type: number;
  ttl?: number;
  data: Buffer;
}

export const addressRecord = (owner: string | Buffer, address: string, ttl = 300): DnsRecord => {
  const { family, bytes } = parseAddress(address)!;
  return {
    owner,
    type: family === 4 ? 1 : 28,
    ttl,
    data: Buffer.from(family === 4 ? bytes.subarray(12) : bytes),
  };
};
export const aliasRecord = (owner: string, target: string, ttl = 300): DnsRecord => ({
  owner,
  type: 5,
  ttl,
  data: dnsName(target),
});
/** HTTPS record; parameters as [key, value]. */
export const httpsRecord = (
  owner: string,
  priority: number,
  target: string,
  parameters: [number, Buffer][] = [],
): DnsRecord => ({
  owner,
  type: 65,
  ttl: 300,
  data: Buffer.concat([
    u16(priority),
    dnsName(target),
    ...parameters.map(([key, value]) => Buffer.concat([u16(key), vector(u16, value)])),
  ]),
});

export function dnsAnswer(
  name: string,
  answers: readonly DnsRecord[],
  options: { flags?: number; type?: number; additional?: readonly DnsRecord[] } = {},
): Buffer {
  const additional = options.additional ?? [];
  const pack = ({ owner, type, ttl, data }: DnsRecord): Buffer =>
    Buffer.concat([
      typeof owner === 'string' ? dnsName(owner) : owner,
      u16(type),
      u16(1),
      u32(ttl ?? 300),
      vector(u16, data),
    ]);
  return Buffer.concat([
    u16(0x1234),
    u16(options.flags ?? 0x8180),
    u16(1),
    u16(answers.length),
    u16(0),
    u16(additional.length),
    dnsName(name),
    u16(options.type ?? 1),
    u16(1),
    ...answers.map(pack),
    ...additional.map(pack),
  ]);
}

/** A DNS message as it stands in a TCP stream. */
export function dnsOverTcp(message: Buffer): Buffer {
  return vector(u16, message);
}
