import { beforeEach, describe, expect, it } from 'vitest';
import { seedSnapshot, type CatalogueSnapshot, type DestinationRules } from '../catalogue/index.js';
import { DryRunRules, type Draft, type StoredReason } from './dry-run.js';

const current: CatalogueSnapshot = seedSnapshot();
const rulesOf = (code: string) => current.versions.find(({ serviceCode }) => serviceCode === code)!.rules;
const draft = (serviceCode: string, rules: Partial<DestinationRules>, policy: Draft['policy'] = 'agree') =>
  DryRunRules.make(current, [{ serviceCode, policy, rules: { ...rulesOf(serviceCode), ...rules } }]);

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

/** The catalogue with `line` otherwise than it is. */
const withLine = (fields: {
  policy?: Draft['policy'];
  excludeDomainNames?: string[];
}): CatalogueSnapshot => ({
  ...current,
  versions: current.versions.map((version) =>
    version.serviceCode === 'line'
      ? {
          ...version,
          policy: fields.policy ?? version.policy,
          rules: {
            ...version.rules,
            excludeDomainNames: fields.excludeDomainNames ?? version.rules.excludeDomainNames,
          },
        }
      : version,
  ),
});
const excludedNow = withLine({ excludeDomainNames: [...rulesOf('line').excludeDomainNames, 'shop.line.me'] });
const prefixPolicy = withLine({ policy: 'prefix' });
const namePolicy = withLine({ policy: 'name' });

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

describe('names that are not kept', () => {
  const nameless = { name: null };

  it('stay as they are, and nobody knows, where new names could be theirs', async () => {
    const rules = await draft('line', { domainNames: [...rulesOf('line').domainNames, 'new.example'] });
    expect(rules.outcomeOf(reason(nameless))).toEqual({ serviceCode: null, certainty: 'unknown' });
    // The rule that fired tells of what lies below it, and nothing new does.
    expect(rules.outcomeOf(reason({ ...line, ...nameless })).certainty).toBe('certain');
    expect(same.outcomeOf(reason(nameless)).certainty).toBe('certain');
  });

  it('could be those that are excluded no longer, or that count for the first time', async () => {
    const without = await DryRunRules.make(excludedNow, [
      { serviceCode: 'line', policy: 'agree', rules: rulesOf('line') },
    ]);
    expect(without.outcomeOf(reason(nameless)).certainty).toBe('unknown');
    const byNames = await DryRunRules.make(prefixPolicy, [
      { serviceCode: 'line', policy: 'agree', rules: rulesOf('line') },
    ]);
    expect(byNames.outcomeOf(reason(nameless)).certainty).toBe('unknown');
  });

  it('are judged by the rule that a claim had failed', async () => {
    const failed = reason({
      claimedServiceCode: 'line',
      evidence: 'sni_unverified',
      rule: 'line.me',
      agreed: false,
    });
    expect(same.outcomeOf(failed)).toEqual({ serviceCode: null, certainty: 'certain' });
    expect((await draft('line', {}, 'name')).outcomeOf(failed)).toEqual({
      serviceCode: 'line',
      certainty: 'certain',
    });
    const prefixes = [...rulesOf('line').prefixes, { prefix: '198.51.100.0/24' }];
    expect((await draft('line', { prefixes })).outcomeOf(failed).certainty).toBe('depends');
  });
});

describe('several drafts', () => {
  const video = {
    serviceCode: 'video',
    policy: 'name' as const,
    rules: { domainNames: ['video.example'], exactDomainNames: [], excludeDomainNames: [], prefixes: [] },
  };

  it('hold together, of new services too', async () => {
    const rules = await DryRunRules.make(current, [
      video,
      { serviceCode: 'line', policy: 'name', rules: { ...rulesOf('line'), domainNames: ['chat.example'] } },
    ]);
    const to = (name: string) => rules.outcomeOf(reason({ name }));
    expect(to('a.video.example')).toEqual({ serviceCode: 'video', certainty: 'certain' });
    expect(to('chat.example')).toEqual({ serviceCode: 'line', certainty: 'certain' });
    expect(to('www.youtube.com').serviceCode).toBe('youtube');
    expect(rules.outcomeOf(reason({ ...line, name: 'line.me' }))).toEqual({
      serviceCode: null,
      certainty: 'certain',
    });
  });

  it('believe no name whose hello could be read in two ways', async () => {
    const rules = await DryRunRules.make(current, [video]);
    expect(rules.outcomeOf(reason({ name: 'video.example', agreed: false }))).toEqual({
      serviceCode: 'video',
      certainty: 'depends',
    });
  });

  it('shake what the prefixes of a parent bore out, when it loses them or is the parent no longer', async () => {
    const child = (fields: Partial<StoredReason>) =>
      reason({ serviceCode: 'line-calls', evidence: 'sni', rule: 'call.line.me', agreed: true, ...fields });
    const calls = {
      serviceCode: 'line-calls',
      policy: 'agree' as const,
      rules: { ...rulesOf('line-calls'), domainNames: ['call.line.me'] },
    };
    const stored = child({ name: 'call.line.me' });
    expect((await DryRunRules.make(current, [calls])).outcomeOf(stored).certainty).toBe('certain');
    const apart = await DryRunRules.make(current, [{ ...calls, parentCode: null }]);
    expect(apart.outcomeOf(stored).certainty).toBe('depends');
    const bare = {
      serviceCode: 'line',
      policy: 'agree' as const,
      rules: { ...rulesOf('line'), prefixes: [] },
    };
    expect((await DryRunRules.make(current, [calls, bare])).outcomeOf(stored).certainty).toBe('depends');
  });

  it('that ask for the address again bill what it had not borne out', async () => {
    const believed = reason({ ...line, name: 'line.me', agreed: false });
    const byName = await DryRunRules.make(namePolicy, [
      { serviceCode: 'line', policy: 'agree', rules: rulesOf('line') },
    ]);
    expect(byName.outcomeOf(believed)).toEqual({ serviceCode: null, certainty: 'certain' });
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
