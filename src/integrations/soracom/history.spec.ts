import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { heldFrom, type Held, type HistoryInput } from './history.js';
import type { SessionEvent } from './shapes.js';

const realms = new Map([['vpg', 'vpg-1']]);
const of = (
  event: SessionEvent['event'],
  time: number,
  ueIpAddress = '10.128.0.1',
  more = {},
): SessionEvent => ({
  event,
  time,
  ueIpAddress,
  vpgId: 'vpg',
  imsi: undefined,
  dns0: undefined,
  dns1: undefined,
  sessionId: undefined,
  createdTime: undefined,
  cell: undefined,
  ...more,
});
const held = (events: SessionEvent[], more: Partial<HistoryInput> = {}) =>
  heldFrom({ events, open: [], status: undefined, realms, ...more }).map(
    ({ prefix, startTime, endTime }) => `${prefix} ${startTime}..${endTime ?? ''}`,
  );
const status = (online: boolean, more = {}) => ({
  online,
  ueIpAddress: undefined,
  imsi: undefined,
  sessionId: undefined,
  vpgId: undefined,
  dnsServers: undefined,
  lastUpdatedAt: undefined,
  cell: undefined,
  ...more,
});
const open: Held = { realm: 'vpg-1', prefix: '10.128.0.1/32', startTime: 50, endTime: null, dnsServers: [] };

describe('session events', () => {
  it('give the times from Created to Deleted', () => {
    expect(held([of('Created', 100), of('Deleted', 200), of('Created', 300, '10.128.0.2')])).toEqual([
      '10.128.0.1/32 100..200',
      '10.128.0.2/32 300..',
    ]);
  });
  it('split where the SIM changes network, and name the network as soon as it is told', () => {
    const networks = (events: SessionEvent[]) =>
      heldFrom({ events, open: [], status: undefined, realms }).map(
        ({ startTime, endTime, mcc }) => `${startTime}..${endTime ?? ''} ${mcc ?? '?'}`,
      );
    const inside = (mcc: string) => ({ cell: { mcc } });
    expect(
      networks([
        of('Created', 100),
        of('Modified', 150, '10.128.0.1', inside('440')),
        of('Modified', 170),
        of('Modified', 200, '10.128.0.1', inside('310')),
        of('Modified', 250, '10.128.0.1', inside('310')),
        of('Deleted', 300),
      ]),
    ).toEqual(['100..200 440', '200..300 310']);
  });
  it('end a session whose Deleted is missing where the next begins', () => {
    expect(held([of('Created', 100), of('Created', 200)])).toEqual([
      '10.128.0.1/32 100..200',
      '10.128.0.1/32 200..',
    ]);
  });
  it('split where a Modified gives another address, and only there', () => {
    expect(held([of('Created', 100), of('Modified', 150), of('Modified', 200, '10.128.0.9')])).toEqual([
      '10.128.0.1/32 100..200',
      '10.128.0.9/32 200..',
    ]);
  });
  it('that begin in the middle know the beginning from createdTime, if it is there', () => {
    expect(held([of('Deleted', 200, '10.128.0.1', { createdTime: 120 })])).toEqual([
      '10.128.0.1/32 120..200',
    ]);
    expect(held([of('Modified', 200, '10.128.0.1', { createdTime: 120 })])).toEqual(['10.128.0.1/32 120..']);
    expect(held([of('Deleted', 200)])).toEqual([]);
  });
  it('carry on what was open before them', () => {
    expect(held([of('Deleted', 200)], { open: [open] })).toEqual(['10.128.0.1/32 50..200']);
    expect(held([of('Created', 50), of('Deleted', 200)], { open: [open] })).toEqual([
      '10.128.0.1/32 50..200',
    ]);
    expect(held([of('Created', 20), of('Deleted', 40)], { open: [open] })).toEqual(['10.128.0.1/32 50..']);
  });
  it('of a VPG that is not mirrored are none', () => {
    expect(held([of('Created', 100), of('Created', 200, '10.0.0.1', { vpgId: 'other' })])).toEqual([
      '10.128.0.1/32 100..200',
    ]);
  });
  it('and the status: offline ends, online begins what the history does not tell of', () => {
    expect(held([of('Created', 100)], { status: status(false, { lastUpdatedAt: 180 }) })).toEqual([
      '10.128.0.1/32 100..180',
    ]);
    expect(held([of('Created', 100)], { status: status(false, { lastUpdatedAt: 90 }) })).toEqual([
      '10.128.0.1/32 100..',
    ]);
    const online = status(true, { ueIpAddress: '10.128.0.3', vpgId: 'vpg', lastUpdatedAt: 70 });
    expect(held([], { status: online })).toEqual(['10.128.0.3/32 70..']);
    expect(held([], { status: status(true) })).toEqual([]);
  });
  it('carry resolvers, those that are addresses, once', () => {
    const event = of('Created', 100, '10.128.0.1', { dns0: '100.127.0.53', dns1: '100.127.0.53' });
    expect(
      heldFrom({
        events: [event, of('Created', 200, '10.128.0.2', { dns0: 'x' })],
        open: [],
        status: null,
        realms,
      }),
    ).toMatchObject([{ dnsServers: ['100.127.0.53'] }, { dnsServers: [] }]);
  });

  const anyEvent = fc.record({
    event: fc.constantFrom('Created', 'Modified', 'Deleted'),
    time: fc.nat(1000),
    ueIpAddress: fc.constantFrom('10.128.0.1', '10.128.0.2', 'x', undefined),
    vpgId: fc.constantFrom('vpg', 'other', undefined),
    createdTime: fc.option(fc.nat(1000), { nil: undefined }),
  });
  it('of any kind give times of one SIM that do not overlap, at most the last of them open', () => {
    fc.assert(
      fc.property(
        fc.array(anyEvent, { maxLength: 20 }),
        fc.boolean(),
        fc.nat(1000),
        (any, online, lastUpdatedAt) => {
          const events = any
            .map((one) => of(one.event, one.time, one.ueIpAddress, one))
            .sort((a, b) => a.time - b.time);
          const all = heldFrom({ events, open: [], status: status(online, { lastUpdatedAt }), realms });
          all.forEach((one, index) => {
            const next = all[index + 1];
            if (one.endTime === null) expect(next).toBeUndefined();
            else expect(one.endTime).toBeGreaterThan(one.startTime);
            if (next !== undefined) expect(next.startTime).toBeGreaterThanOrEqual(one.endTime ?? 0);
          });
        },
      ),
      { numRuns: 1000 },
    );
  });
});
