import type { Random } from './random.js';

export interface ClientHelloOptions {
  serverName: string;
  /**
   * Adds the key share of X25519MLKEM768 (1,216 bytes), as current browsers do: the hello then takes two TCP segments.
   */
  postQuantum?: boolean;
}

const CIPHER_SUITES = [0x1301, 0x1302, 0x1303, 0xc02b, 0xc02f, 0xc02c, 0xc030, 0xcca9, 0xcca8];
const GROUP_X25519 = 0x001d;
const GROUP_P256 = 0x0017;
const GROUP_X25519_MLKEM768 = 0x11ec;
const SIGNATURE_SCHEMES = [0x0403, 0x0804, 0x0401, 0x0503, 0x0805, 0x0501, 0x0806, 0x0601];

/** A TLS 1.3 ClientHello (RFC 8446, section 4.1.2) in one TLS record, with server name, ALPN, groups, key shares and GREASE. */
export function clientHello(options: ClientHelloOptions, random: Random): Buffer {
  const grease = 0x0a0a + 0x1010 * random.integer(0, 15);
  const groups = [grease, GROUP_X25519, GROUP_P256];
  const shares = [keyShare(grease, Buffer.alloc(1)), keyShare(GROUP_X25519, random.bytes(32))];
  if (options.postQuantum === true) {
    groups.splice(1, 0, GROUP_X25519_MLKEM768);
    shares.splice(1, 0, keyShare(GROUP_X25519_MLKEM768, random.bytes(1216)));
  }
  const extensions = Buffer.concat([
    extension(grease, Buffer.alloc(0)),
    extension(0x0000, serverNameList(options.serverName)),
    extension(0x0017, Buffer.alloc(0)),
    extension(0xff01, Buffer.of(0)),
    extension(0x000a, vector16(numbers16(groups))),
    extension(0x000b, vector8(Buffer.of(0))),
    extension(0x0010, vector16(Buffer.concat(['h2', 'http/1.1'].map((name) => vector8(Buffer.from(name)))))),
    extension(0x000d, vector16(numbers16(SIGNATURE_SCHEMES))),
    extension(0x0033, vector16(Buffer.concat(shares))),
    extension(0x002d, vector8(Buffer.of(1))),
    extension(0x002b, vector8(numbers16([grease, 0x0304, 0x0303]))),
  ]);
  const body = Buffer.concat([
    Buffer.of(3, 3),
    random.bytes(32),
    vector8(random.bytes(32)),
    vector16(numbers16([grease, ...CIPHER_SUITES])),
    vector8(Buffer.of(0)),
    vector16(extensions),
  ]);
  return record(22, 0x0301, handshake(1, body));
}

/** A server's first flight: ServerHello, then records of application data type that hide the certificate (RFC 8446). */
export function serverFlight(random: Random): Buffer {
  const body = Buffer.concat([
    Buffer.of(3, 3),
    random.bytes(32),
    vector8(random.bytes(32)),
    Buffer.of(0x13, 0x01, 0),
    vector16(
      Buffer.concat([
        extension(0x002b, Buffer.of(3, 4)),
        extension(0x0033, keyShare(GROUP_X25519, random.bytes(32))),
      ]),
    ),
  ]);
  return Buffer.concat([
    record(22, 0x0303, handshake(2, body)),
    record(20, 0x0303, Buffer.of(1)),
    record(23, 0x0303, random.bytes(random.integer(2200, 3400))),
  ]);
}

/** The client's end of the handshake. */
export function clientFinished(random: Random): Buffer {
  return Buffer.concat([record(20, 0x0303, Buffer.of(1)), record(23, 0x0303, random.bytes(53))]);
}

const LARGEST_RECORD = 16_384 + 17;

/** Application data records that carry about `octets` bytes, headers included; at least one record of 22 bytes. */
export function* applicationData(octets: number, random: Random): Generator<Buffer> {
  let left = octets;
  do {
    const length = Math.max(17, Math.min(left - 5, LARGEST_RECORD));
    yield record(23, 0x0303, noise(length, random));
    left -= length + 5;
  } while (left > 22);
}

let pool: Buffer | undefined;

/** Bytes that look enciphered, cheap enough for a traffic generator: a window of one fixed pool. */
export function noise(length: number, random: Random): Buffer {
  pool ??= makePool();
  return pool.subarray(random.integer(0, 4095)).subarray(0, length);
}

function makePool(): Buffer {
  const bytes = Buffer.allocUnsafe(4096 + 16_640);
  let state = 0x2545_f491;
  for (let i = 0; i < bytes.length; i += 1) {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    bytes[i] = state & 0xff;
  }
  return bytes;
}

function record(type: number, version: number, body: Buffer): Buffer {
  return Buffer.concat([Buffer.of(type, version >> 8, version & 0xff), vector16(body)]);
}

function handshake(type: number, body: Buffer): Buffer {
  return Buffer.concat([
    Buffer.of(type, body.length >> 16, (body.length >> 8) & 0xff, body.length & 0xff),
    body,
  ]);
}

function extension(type: number, body: Buffer): Buffer {
  return Buffer.concat([numbers16([type]), vector16(body)]);
}

function keyShare(group: number, key: Buffer): Buffer {
  return Buffer.concat([numbers16([group]), vector16(key)]);
}

function serverNameList(name: string): Buffer {
  return vector16(Buffer.concat([Buffer.of(0), vector16(Buffer.from(name, 'latin1'))]));
}

function numbers16(values: readonly number[]): Buffer {
  const bytes = Buffer.allocUnsafe(values.length * 2);
  values.forEach((value, index) => bytes.writeUInt16BE(value, index * 2));
  return bytes;
}

function vector8(body: Buffer): Buffer {
  return Buffer.concat([Buffer.of(body.length), body]);
}

function vector16(body: Buffer): Buffer {
  return Buffer.concat([numbers16([body.length]), body]);
}
