import { describe, expect, it } from 'vitest';
import { Refusal } from '../../shared/index.js';
import { parseSoracomSettings } from './settings.js';

describe('settings', () => {
  it('are refused field by field, and no key is repeated', () => {
    const text = JSON.stringify({ accounts: [{ authKeyId: 'keyId-x', authKey: 'hush-hush', vpgs: {} }] });
    try {
      parseSoracomSettings(text, 'soracom.json');
    } catch (error) {
      expect(error).toBeInstanceOf(Refusal);
      const { fields, message } = error as Refusal;
      expect(fields.map(({ pointer }) => pointer)).toEqual(['/accounts/0/authKey', '/accounts/0/vpgs']);
      expect(message).not.toContain('hush-hush');
      return;
    }
    throw new Error('was not refused');
  });

  it('know both coverages', () => {
    const one = { authKeyId: 'keyId-x', authKey: 'secret-x', vpgs: { v: 'r' } };
    const text = JSON.stringify({ accounts: [one, { ...one, coverage: 'global' }] });
    expect(parseSoracomSettings(text, 'x').accounts.map(({ name, baseUrl }) => `${name} ${baseUrl}`)).toEqual(
      ['japan https://api.soracom.io', 'global https://g.api.soracom.io'],
    );
  });
});
