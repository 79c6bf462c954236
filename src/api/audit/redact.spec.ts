import { describe, expect, it } from 'vitest';
import { auditable } from './redact.js';

describe('auditable', () => {
  it('leaves secrets out at any depth', () => {
    const value = { name: 'a', secret: 's1', list: [{ token: 's2', keep: 1 }], deep: { password: 's3' } };
    expect(auditable(value)).toEqual({ name: 'a', list: [{ keep: 1 }], deep: {} });
  });

  it('gives only the size of what is very large', () => {
    expect(auditable({ items: 'x'.repeat(70_000) })).toEqual({ omitted: '70012 characters' });
  });

  it('writes bigint as text, and nothing as null', () => {
    expect(auditable({ octets: 9007199254740993n })).toEqual({ octets: '9007199254740993' });
    expect(auditable(undefined)).toBeNull();
    expect(auditable(null)).toBeNull();
  });
});
