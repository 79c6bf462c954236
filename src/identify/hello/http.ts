import { readHost } from './host-name.js';
import type { NameClaim, Standing } from './types.js';

const CR = 0x0d;
const LF = 0x0a;
const SPACE = 0x20;
const TAB = 0x09;
const COLON = 0x3a;
/** A head longer than this is not waited for: common servers stop at 8 to 16 KiB. */
export const MAX_REQUEST_HEAD = 16_384;
const MAX_PIPELINED = 16;
const METHODS = new Set(
  'GET HEAD POST PUT DELETE CONNECT OPTIONS TRACE PATCH PROPFIND PROPPATCH MKCOL COPY MOVE LOCK UNLOCK REPORT SEARCH M-SEARCH NOTIFY SUBSCRIBE UNSUBSCRIBE PRI'.split(
    ' ',
  ),
);

/** What the heads in a piece of a connection say, in their order. */
export interface HttpParse {
  claims: NameClaim[];
  /** The last head has no end yet: what `claims` holds of it may change as more of it arrives. */
  more: boolean;
}

/** True if the payload starts with an HTTP request method and a space. */
export function startsRequest(payload: Buffer): boolean {
  const limit = Math.min(payload.length, 12);
  for (let i = 0; i < limit; i += 1) {
    const c = payload[i] as number;
    if (c === SPACE) return METHODS.has(payload.toString('latin1', 0, i));
    if (c !== 0x2d && (c < 0x41 || c > 0x5a)) return false;
  }
  return false;
}

/** Reads the request heads (RFC 9112) at the start of `stream` and those pipelined after bodies of known length. */
export function parseRequests(stream: Buffer): HttpParse {
  const claims: NameClaim[] = [];
  let at = 0;
  while (claims.length < MAX_PIPELINED && at < stream.length && startsRequest(stream.subarray(at))) {
    const head = new RequestHead(stream, at);
    const claim = head.claim();
    if (claim) claims.push(claim);
    if (!head.whole) return { claims, more: stream.length - at < MAX_REQUEST_HEAD };
    if (head.bodyOctets === undefined) break; // chunked or contradictory: what follows cannot be told from body
    at = head.end + head.bodyOctets;
  }
  return { claims, more: false };
}

class RequestHead {
  /** The blank line was reached. */
  whole = false;
  /** Position after the blank line. */
  end = 0;
  bodyOctets: number | undefined = 0;
  private host: { start: number; end: number } | undefined;
  private target: { start: number; end: number } | undefined;
  private ambiguous = false;
  private hosts = 0;
  private lengths = 0;

  constructor(
    private readonly bytes: Buffer,
    start: number,
  ) {
    let at = start;
    let first = true;
    const limit = Math.min(bytes.length, start + MAX_REQUEST_HEAD);
    while (at < limit) {
      const lineFeed = bytes.indexOf(LF, at);
      if (lineFeed < 0 || lineFeed >= limit) return;
      // A bare LF ends a line too: common servers read it so (RFC 9112, 2.2).
      const lineEnd = lineFeed > at && bytes[lineFeed - 1] === CR ? lineFeed - 1 : lineFeed;
      if (first) this.requestLine(at, lineEnd);
      else if (lineEnd === at) {
        this.whole = true;
        this.end = lineFeed + 1;
        return;
      } else this.field(at, lineEnd);
      first = false;
      at = lineFeed + 1;
    }
  }

  claim(): NameClaim | undefined {
    const place = this.host ?? this.target;
    if (place === undefined) return undefined;
    const { name, literal } = readHost(this.bytes, place.start, place.end);
    const standing: Standing = this.ambiguous ? 'ambiguous' : 'plain';
    return { kind: 'http_host', name, literal, standing };
  }

  private requestLine(start: number, end: number): void {
    const space = this.bytes.indexOf(SPACE, start);
    if (space < 0 || space >= end) return;
    let targetEnd = this.bytes.indexOf(SPACE, space + 1);
    if (targetEnd < 0 || targetEnd > end) targetEnd = end;
    if (this.bytes.toString('latin1', start, space) === 'CONNECT') {
      // To a proxy, for whatever it names: the octets go to the proxy.
      this.ambiguous = true;
      this.target = { start: space + 1, end: targetEnd };
      this.bodyOctets = undefined;
      return;
    }
    const first = this.bytes[space + 1];
    if (first === 0x2f || first === 0x2a) return; // "/path" or "*"
    this.ambiguous = true;
    this.target = authorityOf(this.bytes, space + 1, targetEnd);
  }

  private field(start: number, end: number): void {
    const c = this.bytes[start];
    if (c === SPACE || c === TAB) {
      this.ambiguous = true; // obs-fold: a part of the line before to some, a line of its own to others
      return;
    }
    const colon = this.bytes.indexOf(COLON, start);
    if (colon < 0 || colon >= end) return;
    let nameEnd = colon;
    while (nameEnd > start && isBlank(this.bytes[nameEnd - 1])) nameEnd -= 1;
    const length = nameEnd - start;
    if (length !== 4 && length !== 14 && length !== 17) return;
    const name = this.bytes.toString('latin1', start, nameEnd).toLowerCase();
    let valueStart = colon + 1;
    let valueEnd = end;
    while (valueStart < valueEnd && isBlank(this.bytes[valueStart])) valueStart += 1;
    while (valueEnd > valueStart && isBlank(this.bytes[valueEnd - 1])) valueEnd -= 1;
    if (name === 'host') {
      this.hosts += 1;
      // RFC 9112, 3.2: more than one Host, or blanks before the colon, is to be refused; not every server does.
      if (this.hosts > 1 || nameEnd !== colon) this.ambiguous = true;
      this.host ??= { start: valueStart, end: valueEnd };
    } else if (name === 'content-length') {
      this.lengths += 1;
      const text = this.bytes.toString('latin1', valueStart, Math.min(valueEnd, valueStart + 16));
      this.bodyOctets = this.lengths === 1 && /^\d{1,15}$/.test(text) ? Number(text) : undefined;
    } else if (name === 'transfer-encoding') {
      this.lengths += 2;
      this.bodyOctets = undefined;
    }
  }
}

/** The authority of an absolute URI without user information. */
function authorityOf(bytes: Buffer, start: number, end: number): { start: number; end: number } | undefined {
  const scheme = bytes.subarray(start, end).indexOf('://');
  if (scheme < 0) return undefined;
  let from = start + scheme + 3;
  let to = from;
  while (to < end && bytes[to] !== 0x2f && bytes[to] !== 0x3f && bytes[to] !== 0x23) {
    if (bytes[to] === 0x40) from = to + 1;
    to += 1;
  }
  return { start: from, end: to };
}

function isBlank(c: number | undefined): boolean {
  return c === SPACE || c === TAB;
}
