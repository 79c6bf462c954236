import { beforeEach, describe, expect, it } from 'vitest';
import { seedSnapshot, type CatalogueSnapshot, type DestinationRules } from '../catalogue/index.js';
import { DryRunRules, type Draft, type StoredReason } from './dry-run.js';

const current: CatalogueSnapshot = seedSnapshot();
const rulesOf = (code: string) => current.versions.find(({ serviceCode }) => serviceCode === code)!.rules;
const draft = (serviceCode: string, rules: Partial<DestinationRules>, policy: Draft['policy'] = 'agree') =>
  DryRunRules.make(current, { serviceCode, policy, rules: { ...rulesOf(serviceCode), ...rules } });

const reason = (fields: Partial<StoredReason>): StoredReason => ({
  serviceCode: null,
  claimedServiceCode: null,
  evidence: 'none',
  rule: null,
  name: null,
  agreed: null,
  ...fields,
});
const line = { serviceCode: 'line', evidence: 'sni', rule: 'line.me', agreed: true } as const;
const byPrefix = (rule: string, serviceCode = 'line') => reason({ serviceCode, evidence: 'prefix', rule });

let same: DryRunRules;
beforeEach(async () => {
  same = await draft('line', {});
});

describe('the rules of today as a draft', () => {
  it.each([
    reason({ ...line, name: 'obs.line.me' }),
    reason(line),
    reason({ serviceCode: 'youtube', evidence: 'dns', rule: 'youtube.com', name: 'm.youtube.com' }),
    reason({
      claimedServiceCode: 'line',
      evidence: 'sni_unverified',
      rule: 'line.me',
      name: 'line.me',
      agreed: false,
    }),
    byPrefix('147.92.128.0/17'),
    byPrefix('147.92.128.0/17 udp/10001-30000', 'line-calls'),
    reason({ name: 'www.example.com' }),
    reason({}),
  ])('move nothing: %j', (stored) => {
    expect(same.outcomeOf(stored)).toEqual({ serviceCode: stored.serviceCode, certainty: 'certain' });
  });
});

describe('names', () => {
  it('that match alone move alone, also where the rule alone is kept', async () => {
    const rules = await draft('youtube', { exactDomainNames: ['cdn.line.me'] });
    const to = (fields: Partial<StoredReason>) => rules.outcomeOf(reason({ ...line, ...fields }));
    expect(to({ name: 'cdn.line.me' })).toEqual({ serviceCode: 'youtube', certainty: 'depends' });
    expect(to({ name: 'a.cdn.line.me' })).toEqual({ serviceCode: 'line', certainty: 'certain' });
    expect(to({ rule: 'full:cdn.line.me' }).serviceCode).toBe('youtube');
    expect(to({ rule: 'full:obs.line.me' })).toEqual({ serviceCode: 'line', certainty: 'certain' });
  });

  it('that a draft takes away lose their service for certain', async () => {
    const rules = await draft('line', { excludeDomainNames: ['shop.line.me'] });
    expect(rules.outcomeOf(reason({ ...line, name: 'a.shop.line.me' }))).toEqual({
      serviceCode: null,
      certainty: 'certain',
    });
    // Of names that are not kept, nobody knows which lay under the exclude.
    expect(rules.outcomeOf(reason(line)).certainty).toBe('unknown');
    const dns = reason({ ...line, evidence: 'dns', name: 'shop.line.me', agreed: null });
    expect(rules.outcomeOf(dns)).toEqual({ serviceCode: null, certainty: 'depends' });
  });

  it('that a draft adds depend on the address, unless the name is enough', async () => {
    const names = { domainNames: [...rulesOf('line').domainNames, 'example.com'] };
    const stored = reason({ name: 'www.example.com' });
    expect((await draft('line', names)).outcomeOf(stored)).toEqual({
      serviceCode: 'line',
      certainty: 'depends',
    });
    expect((await draft('line', names, 'name')).outcomeOf(stored)).toEqual({
      serviceCode: 'line',
      certainty: 'certain',
    });
  });

  it('claimed in vain stay billed, unless the draft has new prefixes or believes names', async () => {
    const stored = reason({
      claimedServiceCode: 'line',
      evidence: 'sni_unverified',
      rule: 'line.me',
      name: 'line.me',
    });
    const prefixes = [...rulesOf('line').prefixes, { prefix: '198.51.100.0/24' }];
    expect((await draft('line', { prefixes })).outcomeOf(stored)).toEqual({
      serviceCode: 'line',
      certainty: 'depends',
    });
    expect((await draft('line', {}, 'name')).outcomeOf(stored)).toEqual({
      serviceCode: 'line',
      certainty: 'certain',
    });
    expect((await draft('line', { prefixes: [] })).outcomeOf(stored)).toEqual({
      serviceCode: null,
      certainty: 'certain',
    });
  });

  it('that the address bore out may lose that with the prefixes', async () => {
    const rules = await draft('line', { prefixes: [] });
    expect(rules.outcomeOf(reason({ ...line, name: 'line.me' })).certainty).toBe('depends');
  });
});

describe('prefixes', () => {
  it('go to the rule that holds all of theirs', async () => {
    const without = await draft('line', { prefixes: [{ prefix: '147.92.128.0/18' }] });
    expect(without.outcomeOf(byPrefix('147.92.128.0/17'))).toEqual({
      serviceCode: null,
      certainty: 'depends',
    });
    expect(without.outcomeOf(byPrefix('103.2.28.0/24'))).toEqual({ serviceCode: null, certainty: 'certain' });
    const wider = await draft('line', { prefixes: [{ prefix: '147.92.0.0/16' }] });
    expect(wider.outcomeOf(byPrefix('147.92.128.0/17'))).toEqual({
      serviceCode: 'line',
      certainty: 'certain',
    });
  });

  it('that are partly taken by a finer rule depend on the address', async () => {
    const calls = await draft('line-calls', { prefixes: [{ prefix: '147.92.200.0/24' }] });
    expect(calls.outcomeOf(byPrefix('147.92.128.0/17'))).toEqual({
      serviceCode: 'line',
      certainty: 'depends',
    });
    expect(calls.outcomeOf(byPrefix('147.92.128.0/17 udp/10001-30000', 'line-calls'))).toEqual({
      serviceCode: 'line',
      certainty: 'depends',
    });
  });

  it('that are new could take what has no name: nobody knows', async () => {
    const rules = await draft('line', {
      prefixes: [...rulesOf('line').prefixes, { prefix: '198.51.100.0/24' }],
    });
    expect(rules.outcomeOf(reason({})).certainty).toBe('unknown');
  });
});
