import { expect, it } from 'vitest';
import { Bench, FOREIGN, LINE_ADDRESS, RESOLVER, session } from '../../test/support/identify.js';
import { FOREIGN_DNS_RULE } from './index.js';

const dns = { protocol: 17, peerPort: 53 };

it('octets to port 53 of a host that is no resolver of the session say so', () => {
  const bench = new Bench();
  expect(bench.decision({ ...dns, peer: FOREIGN })).toMatchObject({
    evidence: 'none',
    rule: FOREIGN_DNS_RULE,
  });
  expect(bench.decision({ ...dns, peer: RESOLVER }).rule).toBeNull();
  expect(bench.decision({ ...dns, peerPort: 853, peer: FOREIGN }).rule).toBeNull();
  // Within a service's prefix it is the service's.
  expect(bench.decision({ ...dns, peer: LINE_ADDRESS })).toMatchObject({ serviceCode: 'line' });
});

it('says so of a SIM without consent too, but of nobody whose resolvers are not known', () => {
  const bench = new Bench();
  bench.sessions([session({ nameConsent: false })], [RESOLVER]);
  expect(bench.decision({ ...dns, peer: FOREIGN }).rule).toBe(FOREIGN_DNS_RULE);
  bench.sessions([session({ dnsServers: [] })], []);
  expect(bench.decision({ ...dns, peer: FOREIGN, subscriberPort: 9 }).rule).toBeNull();
});
