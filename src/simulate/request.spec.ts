import { describe, expect, it } from 'vitest';
import { Refusal } from '../shared/index.js';
import { planSimulation, type SimulateRequest } from './request.js';

const NOW = Date.UTC(2025, 9, 15);

function pointersOf(request: SimulateRequest): string[] {
  try {
    planSimulation(request, NOW);
  } catch (error) {
    if (error instanceof Refusal) return error.fields.map(({ pointer }) => pointer);
    throw error;
  }
  return [];
}

describe('planSimulation', () => {
  it('fills in what was not said', () => {
    const plan = planSimulation({ write: 'x.pcap' }, NOW);
    expect(plan.target).toEqual({ kind: 'file', path: 'x.pcap' });
    expect(plan.simulation).toMatchObject({
      seed: 1,
      sims: 8,
      octets: 40e6,
      start: NOW - 600_000,
      span: 600_000,
    });
  });

  it('takes octets with a multiple', () => {
    const plan = planSimulation({ interface: 'veth0', octets: '2G', rate: '0' }, NOW);
    expect(plan.simulation.octets).toBe(2e9);
    expect(plan.target).toEqual({ kind: 'interface', name: 'veth0', framesPerSecond: 0 });
  });

  it('stays in the month both in UTC and in Japan', () => {
    const { start, span } = planSimulation({ write: 'x', month: '2024-02' }, NOW).simulation;
    const monthIn = (offset: number) =>
      [start, start + span].map((time) => new Date(time + offset).toISOString().slice(0, 7));
    expect([...monthIn(0), ...monthIn(9 * 3_600_000)]).toEqual(Array(4).fill('2024-02'));
  });

  it('names everything that is wrong at once', () => {
    const request = { sims: '0', seed: '-1', octets: '5T', rate: 'fast', month: '2025-13', mtu: '20' };
    expect(pointersOf(request).sort()).toEqual(
      ['', '/month', '/mtu', '/octets', '/rate', '/seed', '/sims'].sort(),
    );
  });

  it('wants one place for the frames, not two', () => {
    expect(pointersOf({ interface: 'veth0', write: 'x.pcap' })).toEqual(['']);
  });
});
