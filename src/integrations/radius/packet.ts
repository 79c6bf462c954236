import { createHash, createHmac, timingSafeEqual } from 'node:crypto';

/** RFC 2866 section 3 and RFC 5997. */
export const ACCOUNTING_REQUEST = 4;
export const ACCOUNTING_RESPONSE = 5;
export const STATUS_SERVER = 12;

/** RFC 2866 section 3: the least and the greatest length of a packet. */
const HEADER = 20;
const MOST = 4096;
const AUTHENTICATOR = 4;
const NO_AUTHENTICATOR = Buffer.alloc(16);

const PROXY_STATE = 33;
const MESSAGE_AUTHENTICATOR = 80;

export interface Attribute {
  type: number;
  value: Buffer;
}

export interface Packet {
  code: number;
  identifier: number;
  /** 16 bytes. */
  authenticator: Buffer;
  attributes: Attribute[];
  /** The packet without what stood after its length (RFC 2865 section 3: padding). A copy. */
  bytes: Buffer;
}

/** Reads a packet's form. Undefined if it has none: RFC 2865 section 3 drops such packets silently. Never throws. */
export function parsePacket(datagram: Buffer): Packet | undefined {
  if (datagram.length < HEADER) return undefined;
  const length = datagram.readUInt16BE(2);
  if (length < HEADER || length > MOST || length > datagram.length) return undefined;
  const bytes = Buffer.from(datagram.subarray(0, length));
  const attributes: Attribute[] = [];
  for (let at = HEADER; at < length;) {
    const size = at + 1 < length ? bytes.readUInt8(at + 1) : 0;
    if (size < 2 || at + size > length) return undefined;
    attributes.push({ type: bytes.readUInt8(at), value: bytes.subarray(at + 2, at + size) });
    at += size;
  }
  return {
    code: bytes.readUInt8(0),
    identifier: bytes.readUInt8(1),
    authenticator: bytes.subarray(AUTHENTICATOR, HEADER),
    attributes,
    bytes,
  };
}

/**
 * Whether the sender knows the secret. Accounting-Request: Request Authenticator over the packet with 16 zero bytes in
 * its place (RFC 2866 section 3), and a Message-Authenticator, if there is one, over the same (RFC 5176 section 2.3, as FreeRADIUS
 * does for accounting). Status-Server: its authenticator is random, so it needs a Message-Authenticator (RFC 5997 section 3).
 */
export function isAuthentic(packet: Packet, secret: Buffer): boolean {
  const accounting = packet.code === ACCOUNTING_REQUEST;
  const claims = packet.attributes.filter(({ type }) => type === MESSAGE_AUTHENTICATOR);
  if (claims.length > 1 || (claims.length === 0 && !accounting)) return false;
  if (accounting) {
    const expected = md5([withAuthenticator(packet.bytes, NO_AUTHENTICATOR), secret]);
    if (!timingSafeEqual(expected, packet.authenticator)) return false;
  }
  const [claim] = claims;
  if (claim === undefined) return true;
  if (claim.value.length !== 16) return false;
  const signed = withAuthenticator(packet.bytes, accounting ? NO_AUTHENTICATOR : packet.authenticator);
  const at = claim.value.byteOffset - packet.bytes.byteOffset;
  signed.fill(0, at, at + claim.value.length);
  return timingSafeEqual(createHmac('md5', secret).update(signed).digest(), claim.value);
}

/**
 * The Accounting-Response: every Proxy-State in its order (RFC 2865 section 5.33), signed by the Response Authenticator
 * (RFC 2866 section 3). No Message-Authenticator: RFC 2869 section 5.19 has none in accounting, and servers differ in what they
 * compute it over.
 */
export function responseTo(request: Packet, secret: Buffer): Buffer {
  const kept = request.attributes.filter(({ type }) => type === PROXY_STATE);
  const response = Buffer.concat([
    Buffer.alloc(HEADER),
    ...kept.map(({ value }) => encode(PROXY_STATE, value)),
  ]);
  response.writeUInt8(ACCOUNTING_RESPONSE, 0);
  response.writeUInt8(request.identifier, 1);
  response.writeUInt16BE(response.length, 2);
  response.set(request.authenticator, AUTHENTICATOR);
  response.set(md5([response, secret]), AUTHENTICATOR);
  return response;
}

function encode(type: number, value: Buffer): Buffer {
  return Buffer.concat([Buffer.from([type, value.length + 2]), value]);
}

function withAuthenticator(bytes: Buffer, authenticator: Buffer): Buffer {
  const copy = Buffer.from(bytes);
  copy.set(authenticator, AUTHENTICATOR);
  return copy;
}

function md5(parts: readonly Buffer[]): Buffer {
  const hash = createHash('md5');
  for (const part of parts) hash.update(part);
  return hash.digest();
}
