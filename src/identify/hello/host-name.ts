import { isIP } from 'node:net';

const DOT = 0x2e;
const HYPHEN = 0x2d;
const MAX_NAME = 253;
const MAX_LABEL = 63;

/**
 * Reads a host name from hostile bytes: letters, digits, hyphens (not at a label's edge) and underscores in labels of
 * 1 to 63, at most 253 in all (RFC 1123, RFC 2181). Lower-cased; one final dot is dropped.
 * @returns undefined for everything else, also for an IPv4 address
 */
export function readHostName(bytes: Buffer, start: number, end: number): string | undefined {
  let stop = end;
  if (stop > start && bytes[stop - 1] === DOT) stop -= 1;
  const length = stop - start;
  if (start < 0 || end > bytes.length || length < 1 || length > MAX_NAME) return undefined;
  let label = 0;
  let digitsOnly = true; // of the last label: an all-digit one is an address or nothing
  let upper = false;
  for (let i = start; i < stop; i += 1) {
    const c = bytes[i] as number;
    if (c === DOT) {
      if (label === 0 || bytes[i - 1] === HYPHEN) return undefined;
      label = 0;
      digitsOnly = true;
      continue;
    }
    label += 1;
    if (label > MAX_LABEL) return undefined;
    if (c >= 0x30 && c <= 0x39) continue;
    digitsOnly = false;
    if (c >= 0x61 && c <= 0x7a) continue;
    if (c >= 0x41 && c <= 0x5a) upper = true;
    else if (c === HYPHEN ? label === 1 : c !== 0x5f) return undefined;
  }
  if (label === 0 || digitsOnly || bytes[stop - 1] === HYPHEN) return undefined;
  const name = bytes.toString('latin1', start, stop);
  return upper ? name.toLowerCase() : name;
}

/** What stands where a host belongs (SNI, Host, authority): a name, an address, or neither. A port is dropped. */
export interface HostText {
  name: string | null;
  literal: string | null;
}

const NEITHER: HostText = { name: null, literal: null };

/** As {@link readHostName}, for `host[:port]` and `[address][:port]`. */
export function readHost(bytes: Buffer, start: number, end: number): HostText {
  const stop = withoutPort(bytes, start, end);
  const name = readHostName(bytes, start, stop);
  if (name !== undefined) return { name, literal: null };
  if (stop - start > 64 || stop <= start) return NEITHER;
  const bracketed = bytes[start] === 0x5b && bytes[stop - 1] === 0x5d;
  const text = bracketed
    ? bytes.toString('latin1', start + 1, stop - 1)
    : bytes.toString('latin1', start, stop);
  return isIP(text) === 0 ? NEITHER : { name: null, literal: text.toLowerCase() };
}

function withoutPort(bytes: Buffer, start: number, end: number): number {
  let at = end;
  while (at > start && end - at <= 5) {
    const c = bytes[at - 1] as number;
    if (c < 0x30 || c > 0x39) break;
    at -= 1;
  }
  // A bare IPv6 address ends in ":digits" too; only a single colon, or one after a bracket, starts a port.
  if (at - 1 <= start || bytes[at - 1] !== 0x3a) return end;
  if (bytes[at - 2] === 0x5d) return at - 1;
  for (let i = start; i < at - 1; i += 1) if (bytes[i] === 0x3a) return end;
  return at - 1;
}
