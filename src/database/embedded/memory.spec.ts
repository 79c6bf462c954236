import { describe, expect, it } from 'vitest';
import { sharedBuffers } from './memory.js';

const GIBI = 2 ** 30;

describe('memory for pages of the private server', () => {
  it('is a quarter of the machine, or of what its control group may take', () => {
    expect(sharedBuffers(8 * GIBI, 0)).toBe('2048MB');
    expect(sharedBuffers(8 * GIBI, 2 * GIBI)).toBe('512MB');
    // What the kernel says where there is no limit.
    expect(sharedBuffers(8 * GIBI, 2 ** 63)).toBe('2048MB');
  });

  it('is neither less than what Postgres takes by itself nor more than a ledger needs', () => {
    expect(sharedBuffers(GIBI / 4, 0)).toBe('128MB');
    expect(sharedBuffers(256 * GIBI, 0)).toBe('4096MB');
  });
});
