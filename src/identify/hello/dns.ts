import { readHostName } from './host-name.js';

const TYPE_A = 1;
const TYPE_CNAME = 5;
const TYPE_AAAA = 28;
const TYPE_SVCB = 64;
const TYPE_HTTPS = 65;
const CLASS_IN = 1;
const SVC_IPV4_HINT = 4;
const SVC_IPV6_HINT = 6;
const MAX_RECORDS = 256;
const MAX_ADDRESSES = 64;
const MAX_CHAIN = 16;
const MAX_JUMPS = 32;

/** An address that an answer gives for the name that was asked. */
export interface DnsAddress {
  family: 4 | 6;
  /** 4 or 16 octets: a view of the message. */
  bytes: Buffer;
  /** Seconds: the least along the chain. */
  ttl: number;
}

export interface DnsAnswer {
  /** The name that was asked, lower case. */
  name: string;
  addresses: DnsAddress[];
}

/**
 * Reads a DNS response (RFC 1035, 3596, 9460, 6891). Only what hangs together with the question counts: addresses of the
 * name asked, of what it is an alias of (CNAME, SVCB alias mode), and the address hints of its service records; other
 * records in the message name nothing. A message that ends early gives what stands before.
 * @returns undefined for what is no answer with one question, or answers with an error
 */
export function parseDnsAnswer(message: Buffer): DnsAnswer | undefined {
  if (message.length < 17) return undefined;
  const flags = message.readUInt16BE(2);
  const isAnswer = (flags & 0x8000) !== 0 && (flags & 0x7800) === 0 && (flags & 0x000f) === 0;
  if (!isAnswer || message.readUInt16BE(4) !== 1) return undefined;
  const question = readName(message, 12);
  if (question === undefined || question.next + 4 > message.length) return undefined;
  if (message.readUInt16BE(question.next + 2) !== CLASS_IN) return undefined;
  const asked = hostNameOf(question.text);
  if (asked === undefined) return undefined;
  const records = readRecords(message, question.next + 4);
  return { name: asked, addresses: followChain(message, question.text, records) };
}

/** The messages of a DNS TCP stream (two octets of length each, RFC 1035 4.2.2) and how many octets they take. */
export function splitTcpMessages(stream: Buffer): { messages: Buffer[]; used: number } {
  const messages: Buffer[] = [];
  let used = 0;
  while (used + 2 <= stream.length) {
    const end = used + 2 + stream.readUInt16BE(used);
    if (end > stream.length) break;
    messages.push(stream.subarray(used + 2, end));
    used = end;
  }
  return { messages, used };
}

interface ResourceRecord {
  owner: string;
  type: number;
  ttl: number;
  start: number;
  end: number;
}

interface Name {
  /** Labels joined by dots, lower case, latin1; labels that hold a dot make it no host name later on. */
  text: string;
  next: number;
}

/** Reads a possibly compressed name. Pointers must go backwards, so a loop cannot be followed. */
function readName(message: Buffer, start: number): Name | undefined {
  const labels: string[] = [];
  let at = start;
  let next = -1;
  let limit = start;
  let total = 0;
  for (let jumps = 0; jumps <= MAX_JUMPS;) {
    const length = message[at];
    if (length === undefined) return undefined;
    if (length === 0) {
      return { text: labels.join('.').toLowerCase(), next: next < 0 ? at + 1 : next };
    }
    if ((length & 0xc0) === 0xc0) {
      const low = message[at + 1];
      if (low === undefined) return undefined;
      const target = ((length & 0x3f) << 8) | low;
      if (next < 0) next = at + 2;
      if (target >= limit) return undefined;
      limit = target;
      at = target;
      jumps += 1;
      continue;
    }
    if ((length & 0xc0) !== 0) return undefined;
    total += length + 1;
    if (total > 255 || at + 1 + length > message.length) return undefined;
    const label = message.toString('latin1', at + 1, at + 1 + length);
    labels.push(label.includes('.') ? '\0' : label);
    at += 1 + length;
  }
  return undefined;
}

function hostNameOf(text: string): string | undefined {
  const bytes = Buffer.from(text, 'latin1');
  return readHostName(bytes, 0, bytes.length);
}

/** Answer, authority and additional records, as many as are whole and within the bound. */
function readRecords(message: Buffer, start: number): ResourceRecord[] {
  const count = message.readUInt16BE(6) + message.readUInt16BE(8) + message.readUInt16BE(10);
  const records: ResourceRecord[] = [];
  let at = start;
  for (let i = 0; i < count && i < MAX_RECORDS; i += 1) {
    const owner = readName(message, at);
    if (owner === undefined || owner.next + 10 > message.length) break;
    const head = owner.next;
    const end = head + 10 + message.readUInt16BE(head + 8);
    if (end > message.length) break;
    if (message.readUInt16BE(head + 2) === CLASS_IN) {
      const ttl = message.readUInt32BE(head + 4);
      records.push({
        owner: owner.text,
        type: message.readUInt16BE(head),
        ttl: ttl > 0x7fff_ffff ? 0 : ttl, // RFC 2181, 8
        start: head + 10,
        end,
      });
    }
    at = end;
  }
  return records;
}

function followChain(message: Buffer, asked: string, records: readonly ResourceRecord[]): DnsAddress[] {
  const chain = new Map<string, number>([[asked, 0x7fff_ffff]]); // name → least TTL on the way to it
  const addresses: DnsAddress[] = [];
  for (const [owner, ttlSoFar] of chain) {
    for (const record of records) {
      if (record.owner !== owner) continue;
      const ttl = Math.min(ttlSoFar, record.ttl);
      const alias = addRecord(message, record, ttl, addresses);
      if (alias !== undefined && !chain.has(alias) && chain.size < MAX_CHAIN) chain.set(alias, ttl);
    }
  }
  return addresses;
}

/** Adds the record's addresses; returns the name that the owner is an alias of, or whose addresses serve it. */
function addRecord(
  message: Buffer,
  record: ResourceRecord,
  ttl: number,
  addresses: DnsAddress[],
): string | undefined {
  const { start, end } = record;
  switch (record.type) {
    case TYPE_A:
      if (end - start === 4) addAddress(message, 4, start, ttl, addresses);
      return undefined;
    case TYPE_AAAA:
      if (end - start === 16) addAddress(message, 6, start, ttl, addresses);
      return undefined;
    case TYPE_CNAME:
      return readName(message, start)?.text;
    case TYPE_SVCB:
    case TYPE_HTTPS:
      return readServiceBinding(message, record, ttl, addresses);
    default:
      return undefined;
  }
}

function addAddress(message: Buffer, family: 4 | 6, start: number, ttl: number, to: DnsAddress[]): void {
  if (to.length >= MAX_ADDRESSES) return;
  to.push({ family, bytes: message.subarray(start, start + (family === 4 ? 4 : 16)), ttl });
}

/** RFC 9460: priority, target, then (key, length, value)*. */
function readServiceBinding(
  message: Buffer,
  record: ResourceRecord,
  ttl: number,
  addresses: DnsAddress[],
): string | undefined {
  if (record.end - record.start < 3) return undefined;
  const priority = message.readUInt16BE(record.start);
  const target = readName(message, record.start + 2);
  if (target === undefined || target.next > record.end) return undefined;
  const alias = target.text === '' ? undefined : target.text;
  if (priority === 0) return alias;
  let at = target.next;
  while (at + 4 <= record.end) {
    const key = message.readUInt16BE(at);
    const start = at + 4;
    const end = start + message.readUInt16BE(at + 2);
    if (end > record.end) break;
    const size = key === SVC_IPV4_HINT ? 4 : key === SVC_IPV6_HINT ? 16 : 0;
    for (let place = start; size > 0 && place + size <= end; place += size)
      addAddress(message, size === 4 ? 4 : 6, place, ttl, addresses);
    at = end;
  }
  return alias;
}
