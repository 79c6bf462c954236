import { describe, expect, it } from 'vitest';
import { accountingRequest, attribute, imsiAttribute } from '../../../test/support/radius-packets.js';
import { readAccounting, type AccountingEvent } from './accounting.js';
import { parsePacket } from './packet.js';

const NOW = Date.UTC(2026, 3, 1, 12);
const START = [attribute(40, 1), attribute(44, 'S-1')];

function read(attributes: readonly Buffer[]) {
  const packet = parsePacket(accountingRequest(attributes));
  if (packet === undefined) throw new Error('not a packet');
  return readAccounting(packet, '192.0.2.1', NOW);
}
function event(attributes: readonly Buffer[]): AccountingEvent {
  const found = read(attributes);
  if (typeof found === 'string') throw new Error(found);
  return found;
}

it('reads what a packet gateway says of a session', () => {
  expect(
    event([
      ...START,
      attribute(32, 'pgw-1'),
      attribute(30, 'iot.example'),
      attribute(31, '+818012345678'),
      imsiAttribute('440101234567890'),
      attribute(8, Buffer.from([10, 128, 0, 1])),
      attribute(97, Buffer.from([0, 64, 0x20, 1, 0x0d, 0xb8, 0, 1, 0, 2, 0xff])),
      attribute(123, Buffer.from([0, 56, 0x20, 1, 0x0d, 0xb8, 0, 3, 0])),
      attribute(168, Buffer.from([0x20, 1, 0x0d, 0xb8, ...Buffer.alloc(11), 9])),
      attribute(46, 30),
      attribute(55, NOW / 1000 - 5),
      attribute(41, 3),
    ]),
  ).toEqual({
    kind: 'start',
    nas: 'pgw-1',
    acctSessionId: 'S-1',
    apn: 'iot.example',
    prefixes: ['10.128.0.1/32', '2001:db8:1:2::/64', '2001:db8:3::/56', '2001:db8::9/128'],
    time: NOW - 5000,
    age: 30_000,
    mcc: null,
    imsi: '440101234567890',
    iccid: null,
    msisdn: '818012345678',
  });
});

describe('time', () => {
  it('is the timestamp; without one the arrival less the delay', () => {
    expect(event(START).time).toBe(NOW);
    expect(event([...START, attribute(41, 9)]).time).toBe(NOW - 9000);
  });
  it('is not taken from a clock that is not set, and is never of the future', () => {
    expect(event([...START, attribute(55, 0), attribute(41, 9)]).time).toBe(NOW - 9000);
    expect(event([...START, attribute(55, 4_294_967_295)]).time).toBe(NOW);
    expect(event([...START, attribute(55, NOW / 1000 + 60)]).time).toBe(NOW);
    expect(event([...START, attribute(41, 4_294_967_295)]).time).toBe(NOW);
  });
});

describe('names', () => {
  it('of the NAS: its identifier, its address, else the sender', () => {
    expect(event([...START, attribute(4, Buffer.from([192, 0, 2, 9]))]).nas).toBe('192.0.2.9');
    expect(event([...START, attribute(95, Buffer.from([...Buffer.alloc(15), 1]))]).nas).toBe('::1');
    expect(event(START).nas).toBe('192.0.2.1');
  });
  it('of the SIM: 18 digits and more that begin with 89 are an ICCID', () => {
    expect(event([...START, attribute(31, '8981100000000000001')])).toMatchObject({
      iccid: '8981100000000000001',
      msisdn: null,
    });
    expect(event([...START, attribute(31, '00-11-22-33-44-55:ssid')])).toMatchObject({
      iccid: null,
      msisdn: null,
    });
  });
  it('of the SIM: an IMSI behind other sub-attributes, or in another attribute of the vendor', () => {
    const vendor = Buffer.from([0, 0, 0x28, 0xaf]);
    const both = attribute(26, Buffer.concat([vendor, attribute(2, 'xx'), attribute(1, '440100000000001')]));
    expect(event([...START, both]).imsi).toBe('440100000000001');
    const first = attribute(26, Buffer.concat([vendor, attribute(3, 'x')]));
    expect(event([...START, first, imsiAttribute('440100000000002')]).imsi).toBe('440100000000002');
    const other = attribute(26, Buffer.concat([Buffer.from([0, 0, 0, 9]), attribute(1, '440100000000003')]));
    expect(event([...START, other]).imsi).toBeNull();
  });
  it('of the session: bytes that are no text stand in hex', () => {
    expect(event([attribute(40, 1), attribute(44, Buffer.from([0, 1, 255]))]).acctSessionId).toBe('0x0001ff');
  });
});

describe('the network', () => {
  const sub = (...attributes: Buffer[]) =>
    attribute(26, Buffer.concat([Buffer.from([0, 0, 0x28, 0xaf]), ...attributes]));
  const mcc = (...attributes: Buffer[]) => event([...START, sub(...attributes)]).mcc;
  const place = (...bytes: number[]) => attribute(22, Buffer.from(bytes));

  it('is of the serving node, else of the place of the user', () => {
    expect(mcc(attribute(18, '44010'))).toBe('440');
    expect(mcc(attribute(18, '310410'))).toBe('310');
    // TAI and ECGI, MCC 440 and MNC 10, then what is not read.
    expect(mcc(place(130, 0x44, 0xf0, 0x01, 0, 1))).toBe('440');
    expect(mcc(place(0, 0x13, 0x00, 0x14, 1, 2, 3, 4))).toBe('310');
    expect(mcc(place(0, 0x13, 0x00, 0x14), attribute(18, '44010'))).toBe('440');
    expect(event([...START, sub(place(0, 0x13, 0x00, 0x14)), sub(attribute(18, '44010'))]).mcc).toBe('440');
  });
  it('is not told by what is not in its form', () => {
    expect(
      mcc(attribute(18, '4401'), attribute(18, 'abcde'), place(130, 0x44), place(130, 0xaf, 0x0f, 1)),
    ).toBeNull();
    expect(mcc(place(77, 0x44, 0xf0, 0x01), place())).toBeNull();
  });
});

it('reads networks behind the SIM from routes', () => {
  const routes = [
    attribute(22, '192.168.7.0/24 10.128.0.1 1'),
    attribute(22, '  172.16.9.9/16  0.0.0.0 1 2 3'),
    attribute(22, '192.0.2.0 10.128.0.1 1'),
    attribute(22, '10.0.0.0'),
    attribute(99, '2001:db8:9::/48 2001:db8::1 1'),
  ];
  expect(event([...START, ...routes]).prefixes).toEqual([
    '192.168.7.0/24',
    '172.16.0.0/16',
    '192.0.2.0/24',
    '10.0.0.0/8',
    '2001:db8:9::/48',
  ]);
  const bad = [
    attribute(22, '0.0.0.0/0 10.128.0.1 1'),
    attribute(22, '192.168.7.0/33 10.128.0.1'),
    attribute(22, '224.0.0.0 1'),
    attribute(22, '2001:db8::/32 ::'),
    attribute(22, 'default via 10.0.0.1'),
    attribute(99, '2001:db8::1 ::'),
    attribute(99, '2001:db8::/0 ::'),
    attribute(99, Buffer.from([0, 1, 2])),
  ];
  expect(event([...START, ...bad]).prefixes).toEqual([]);
});

it('takes no address from what stands for none, or is not in its form', () => {
  const none = [
    attribute(8, Buffer.from([255, 255, 255, 254])),
    attribute(8, Buffer.from([255, 255, 255, 255])),
    attribute(8, Buffer.from([10, 0, 0])),
    attribute(97, Buffer.from([0, 64, 0x20, 1])),
    attribute(97, Buffer.from([0, 129, ...Buffer.alloc(16)])),
    attribute(123, Buffer.from([0, 0])),
  ];
  expect(event([...START, ...none]).prefixes).toEqual([]);
});

it('tells what is no session from what lacks a field', () => {
  expect(read([attribute(44, 'S-1')])).toBe('incomplete');
  expect(read([attribute(40, 2)])).toBe('incomplete');
  expect(read([attribute(40, 9), attribute(44, 'S-1')])).toBe('other');
  expect(event([attribute(40, 7)])).toMatchObject({ kind: 'on', acctSessionId: '' });
});
