import type { Address } from '../shared/index.js';

export const DNS_PORT = 53;

const CLASS_IN = 1;
const TYPE = { a: 1, cname: 5, aaaa: 28 } as const;

/** A DNS query (RFC 1035) for the A or AAAA records of `name`, recursion wanted. */
export function dnsQuery(id: number, name: string, family: 4 | 6): Buffer {
  return Buffer.concat([header(id, 0x0100, 0), question(name, family)]);
}

/**
 * The answer to {@link dnsQuery}: one record, or a CNAME and then the record where `alias` is given.
 *
 * @param ttl seconds
 */
export function dnsAnswer(id: number, name: string, address: Address, ttl: number, alias?: string): Buffer {
  const record = (owner: Buffer, type: number, data: Buffer): Buffer => {
    const fixed = Buffer.alloc(10);
    fixed.writeUInt16BE(type, 0);
    fixed.writeUInt16BE(CLASS_IN, 2);
    fixed.writeUInt32BE(ttl, 4);
    fixed.writeUInt16BE(data.length, 8);
    return Buffer.concat([owner, fixed, data]);
  };
  const pointerToQuestion = Buffer.of(0xc0, 12);
  const host = address.family === 4 ? Buffer.from(address.bytes.subarray(12)) : Buffer.from(address.bytes);
  const hostType = address.family === 4 ? TYPE.a : TYPE.aaaa;
  const records =
    alias === undefined
      ? [record(pointerToQuestion, hostType, host)]
      : [record(pointerToQuestion, TYPE.cname, encodeName(alias)), record(encodeName(alias), hostType, host)];
  return Buffer.concat([header(id, 0x8180, records.length), question(name, address.family), ...records]);
}

function header(id: number, flags: number, answers: number): Buffer {
  const bytes = Buffer.alloc(12);
  bytes.writeUInt16BE(id & 0xffff, 0);
  bytes.writeUInt16BE(flags, 2);
  bytes.writeUInt16BE(1, 4);
  bytes.writeUInt16BE(answers, 6);
  return bytes;
}

function question(name: string, family: 4 | 6): Buffer {
  return Buffer.concat([encodeName(name), Buffer.of(0, family === 4 ? TYPE.a : TYPE.aaaa, 0, CLASS_IN)]);
}

function encodeName(name: string): Buffer {
  const labels = name.split('.').map((label) => {
    const bytes = Buffer.from(label, 'latin1');
    return Buffer.concat([Buffer.of(bytes.length), bytes]);
  });
  return Buffer.concat([...labels, Buffer.of(0)]);
}
