import { describe, expect, it } from 'vitest';
import { Reviver } from './reviver.js';

describe('Reviver', () => {
  it('gives up a server that dies again and again', async () => {
    const said: string[] = [];
    let starts = 0;
    const reviver = new Reviver(
      () => {
        starts += 1;
        return Promise.resolve();
      },
      {
        died: (detail) => said.push(`died ${detail}`),
        revived: () => said.push('revived'),
        lost: (error) => said.push(`lost ${error.message}`),
      },
    );
    for (let death = 1; death <= 5; death += 1) {
      reviver.died(String(death));
      await expect.poll(() => starts).toBe(death);
    }
    reviver.died('6');
    expect(said.slice(-3)).toEqual(['died 5', 'revived', 'lost it ended 6 times within a minute, last: 6']);
  });

  it('starts nothing once it is stopped', async () => {
    let starts = 0;
    const reviver = new Reviver(() => {
      starts += 1;
      return Promise.resolve();
    });
    reviver.died('now');
    await reviver.stop();
    reviver.died('again');
    await reviver.stop();
    expect(starts).toBe(0);
  });
});
