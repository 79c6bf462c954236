import { expect, it } from 'vitest';
import type { ServiceVersion } from '../catalogue/index.js';
import { atOnce } from '../shared/plain.js';
import { sameVersion } from './same-version.js';

const version = (): ServiceVersion => ({
  id: 1,
  serviceCode: 'line',
  version: 1,
  effectiveFrom: 0,
  policy: 'agree',
  rules: {
    domainNames: Array.from({ length: 2000 }, (_, i) => `host${i}.example`),
    exactDomainNames: ['only.example'],
    excludeDomainNames: ['not.example'],
    prefixes: [{ prefix: '192.0.2.0/24', protocol: 6, ports: [80, 443] }],
  },
});

it('holds versions of equal content for the same, in steps', () => {
  expect(atOnce(sameVersion(version(), version()))).toBe(true);
  expect(atOnce(sameVersion(version(), undefined))).toBe(false);
  expect([...sameVersion(version(), version())].length).toBeGreaterThan(2);
});

it.each<[string, (changed: ServiceVersion) => void]>([
  ['name', ({ rules }) => rules.domainNames.splice(1999, 1, 'other.example')],
  ['name more', ({ rules }) => rules.domainNames.push('other.example')],
  ['name that matches alone', ({ rules }) => (rules.exactDomainNames = [])],
  ['excluded name', ({ rules }) => (rules.excludeDomainNames = ['other.example'])],
  ['prefix', ({ rules }) => (rules.prefixes = [{ prefix: '192.0.2.0/24', protocol: 6, ports: [80, 444] }])],
  ['time', (changed) => (changed.effectiveFrom = 1)],
  ['policy', (changed) => (changed.policy = 'name')],
])('tells versions apart by a %s', (_, change) => {
  const changed = version();
  change(changed);
  expect(atOnce(sameVersion(version(), changed))).toBe(false);
  expect(atOnce(sameVersion(changed, version()))).toBe(false);
});
