import { describe, expect, it } from 'vitest';
import { FLOW_RECORD, FLOW_RECORD_BYTES, HELLO_HEADER_BYTES } from './layout.js';
import { FlowRecords, readHellos } from './records.js';
import { parseAddress } from '../shared/index.js';

function flow(): Buffer {
  const bytes = Buffer.alloc(FLOW_RECORD_BYTES);
  bytes.set(parseAddress('10.128.0.7')!.bytes, FLOW_RECORD.key);
  bytes.set(parseAddress('147.92.249.2')!.bytes, FLOW_RECORD.key + 16);
  bytes.writeUInt16LE(50123, FLOW_RECORD.key + 32);
  bytes.writeUInt16LE(443, FLOW_RECORD.key + 34);
  bytes.writeUInt16LE(9, FLOW_RECORD.key + 36);
  bytes.writeUInt8(6, FLOW_RECORD.key + 38);
  bytes.writeBigUInt64LE(1234n, FLOW_RECORD.octets_up);
  bytes.writeBigUInt64LE(2n ** 40n, FLOW_RECORD.octets_down);
  return bytes;
}

describe('FlowRecords', () => {
  it('reads each field of the second record', () => {
    const records = new FlowRecords(Buffer.concat([Buffer.alloc(FLOW_RECORD_BYTES), flow()]));
    expect(records.length).toBe(2);
    const key = records.key(1);
    expect(key).toMatchObject({
      subscriberAddress: '10.128.0.7',
      peerAddress: '147.92.249.2',
      subscriberPort: 50123,
      peerPort: 443,
      realm: 9,
      protocol: 6,
      ipv6: false,
      step: 'flow',
    });
    expect(records.octetsUp(1)).toBe(1234);
    expect(records.octetsDown(1)).toBe(2 ** 40);
    expect(records.keyId(1)).toBe(key.id);
    expect(records.keyId(0)).not.toBe(key.id);
  });

  it('refuses a buffer that is cut, and a counter that a number cannot hold', () => {
    expect(() => new FlowRecords(Buffer.alloc(95))).toThrow(/whole number/);
    const bytes = flow();
    bytes.writeBigUInt64LE(2n ** 53n, FLOW_RECORD.octets_up);
    expect(() => new FlowRecords(bytes).octetsUp(0)).toThrow(/2\^53/);
  });
});

describe('readHellos', () => {
  function hello(kind: number, payload: string): Buffer {
    const length = Math.ceil((HELLO_HEADER_BYTES + payload.length) / 8) * 8;
    const bytes = Buffer.alloc(length);
    bytes.writeUInt32LE(length, 0);
    bytes.writeUInt8(kind, 4);
    bytes.writeUInt8(1, 5);
    bytes.writeUInt16LE(payload.length, 6);
    bytes.write(payload, HELLO_HEADER_BYTES, 'latin1');
    return bytes;
  }

  it('walks records of different lengths', () => {
    const hellos = [...readHellos(Buffer.concat([hello(1, 'abc'), hello(2, 'defghijklm')]))];
    expect(hellos.map(({ kind, payload }) => [kind, payload.toString()])).toEqual([
      ['tls', 'abc'],
      ['dns', 'defghijklm'],
    ]);
  });

  it('refuses a record of unknown kind or with a length that leads outside', () => {
    expect(() => [...readHellos(hello(77, 'abc'))]).toThrow(/broken/);
    const cut = hello(1, 'abc');
    cut.writeUInt32LE(4096, 0);
    expect(() => [...readHellos(cut)]).toThrow(/broken/);
    const zero = hello(1, 'abc');
    zero.writeUInt32LE(0, 0);
    expect(() => [...readHellos(zero)]).toThrow(/broken/);
  });
});
