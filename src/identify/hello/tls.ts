import { readHost } from './host-name.js';
import type { ClaimKind, NameClaim } from './types.js';

const RECORD_HANDSHAKE = 22;
const HANDSHAKE_CLIENT_HELLO = 1;
const EXTENSION_SERVER_NAME = 0;
const EXTENSION_ECH = 0xfe0d; // RFC 9849; drafts 13 and later use the same number
const EXTENSION_ECH_OLD = [0xfe02, 0xfe03, 0xfe08, 0xfe09, 0xfe0a, 0xfe0b, 0xfe0c];
const EXTENSION_ESNI = 0xffce; // draft-ietf-tls-esni-02
/** A ClientHello longer than this is no ClientHello; post-quantum ones have about 2,000 octets. */
export const MAX_CLIENT_HELLO = 32_768;

/** `more`: the name may still come. `none`: this is no ClientHello. */
export type HelloParse =
  { state: 'whole' | 'partial'; claim: NameClaim } | { state: 'more' } | { state: 'none' };

const MORE: HelloParse = { state: 'more' };
const NONE: HelloParse = { state: 'none' };

/** True if the payload can be the beginning of a TLS stream whose first message is a ClientHello (RFC 8446, 5.1). */
export function startsClientHello(payload: Buffer): boolean {
  return (
    payload.length > 0 &&
    payload[0] === RECORD_HANDSHAKE &&
    (payload.length < 2 || payload[1] === 3) &&
    (payload.length < 6 || payload[5] === HANDSHAKE_CLIENT_HELLO)
  );
}

/**
 * Reads the ClientHello at the start of a TLS stream, however it is split into records. A hello that is not whole yet
 * gives its name as `partial` once the extension that holds it is there.
 */
export function parseTlsStream(stream: Buffer): HelloParse {
  if (!startsClientHello(stream)) return stream.length === 0 ? MORE : NONE;
  if (stream.length < 9) return MORE;
  const firstRecord = stream.readUInt16BE(3);
  if (firstRecord === 0) return NONE;
  const bodyLength = firstRecord >= 4 ? stream.readUIntBE(6, 3) : -1;
  // The usual case: one record holds the message, so nothing need be copied.
  if (bodyLength >= 0 && bodyLength + 4 <= firstRecord) return parseClientHello(stream.subarray(5), 'sni');
  const message = joinRecords(stream);
  return message === undefined ? NONE : parseClientHello(message, 'sni');
}

/** The handshake octets of consecutive records; undefined where something else follows before the message is whole. */
function joinRecords(stream: Buffer): Buffer | undefined {
  const parts: Buffer[] = [];
  let total = 0;
  let at = 0;
  while (at + 5 <= stream.length && total < MAX_CLIENT_HELLO) {
    if (stream[at] !== RECORD_HANDSHAKE || stream[at + 1] !== 3) return total > 0 ? finish() : undefined;
    const length = stream.readUInt16BE(at + 3);
    if (length === 0) return undefined; // RFC 8446, 5.1: no empty handshake fragments
    const part = stream.subarray(at + 5, at + 5 + length);
    parts.push(part);
    total += part.length;
    at += 5 + length;
  }
  return finish();

  function finish(): Buffer | undefined {
    const message = Buffer.concat(parts);
    const whole = message.length >= 4 && message.readUIntBE(1, 3) + 4 <= message.length;
    const foreignNext = at + 5 <= stream.length && stream[at] !== RECORD_HANDSHAKE;
    return foreignNext && !whole ? undefined : message;
  }
}

/**
 * Reads a handshake message that should be a ClientHello (RFC 8446, 4.1.2; RFC 6066, 3), from its type octet on.
 * @param kind what the name is evidence of
 */
export function parseClientHello(message: Buffer, kind: ClaimKind): HelloParse {
  if (message.length < 1) return MORE;
  if (message[0] !== HANDSHAKE_CLIENT_HELLO) return NONE;
  if (message.length < 4) return MORE;
  const bodyEnd = 4 + message.readUIntBE(1, 3);
  if (bodyEnd > MAX_CLIENT_HELLO || bodyEnd < 4 + 38) return NONE;
  const whole = message.length >= bodyEnd;
  const body = whole ? message.subarray(0, bodyEnd) : message;
  const extensions = extensionsStart(body, bodyEnd);
  if (extensions === undefined) return whole ? NONE : MORE;
  if (extensions < 0) return { state: 'whole', claim: claimOf(kind, new Findings()) };
  const found = new Findings();
  const sound = readExtensions(body, extensions, bodyEnd, found);
  if (!sound) return NONE;
  if (whole) return { state: 'whole', claim: claimOf(kind, found) };
  return found.names > 0 ? { state: 'partial', claim: claimOf(kind, found) } : MORE;
}

class Findings {
  name: string | null = null;
  literal: string | null = null;
  names = 0;
  front = false;
}

function claimOf(kind: ClaimKind, found: Findings): NameClaim {
  // Two names: servers differ in which one they take.
  const standing = found.names > 1 ? 'ambiguous' : found.front ? 'front' : 'plain';
  return { kind, name: found.name, standing, literal: found.literal };
}

/** Where the first extension starts; -1 if the message has none; undefined if the fields before contradict the length. */
function extensionsStart(body: Buffer, bodyEnd: number): number | undefined {
  let at = 4 + 2 + 32;
  const sessionId = body[at];
  if (sessionId === undefined || sessionId > 32) return undefined;
  at += 1 + sessionId;
  if (at + 2 > body.length) return undefined;
  at += 2 + body.readUInt16BE(at);
  const compression = body[at];
  if (compression === undefined) return undefined;
  at += 1 + compression;
  if (at === bodyEnd) return -1;
  if (at + 2 > body.length || at + 2 + body.readUInt16BE(at) > bodyEnd) return undefined;
  return at + 2;
}

/** Walks as many extensions as are there. False if they contradict their lengths. */
function readExtensions(body: Buffer, start: number, bodyEnd: number, found: Findings): boolean {
  const end = start + body.readUInt16BE(start - 2);
  let at = start;
  while (at + 4 <= Math.min(end, body.length)) {
    const type = body.readUInt16BE(at);
    const next = at + 4 + body.readUInt16BE(at + 2);
    if (next > end || next > bodyEnd) return false;
    if (type === EXTENSION_ECH || type === EXTENSION_ESNI || EXTENSION_ECH_OLD.includes(type))
      found.front = true;
    if (type === EXTENSION_SERVER_NAME) {
      if (next > body.length) return true;
      if (!readServerNames(body, at + 4, next, found)) return false;
    }
    at = next;
  }
  return true;
}

function readServerNames(body: Buffer, start: number, end: number, found: Findings): boolean {
  if (end - start < 2) return end === start; // empty is a server's acknowledgement; harmless here
  const listEnd = start + 2 + body.readUInt16BE(start);
  if (listEnd > end) return false;
  let at = start + 2;
  while (at + 3 <= listEnd) {
    const next = at + 3 + body.readUInt16BE(at + 1);
    if (next > listEnd) return false;
    if (body[at] === 0) {
      found.names += 1;
      if (found.names === 1) {
        const host = readHost(body, at + 3, next);
        found.name = host.name;
        found.literal = host.literal;
      }
    }
    at = next;
  }
  return true;
}
