/** What an operator's own program would do over REST: realm, SIMs, sessions, plans, subscriptions, webhook, closing. */

import { setTimeout as sleep } from 'node:timers/promises';
import { Stop } from '../support/steps.mjs';

const HOUR = 3_600_000;
const LIVE_TIMEOUT = 20_000;
export const TIME_ZONE = 'Asia/Tokyo';
/** Japan has had one offset since 1951. */
const TIME_ZONE_OFFSET = 9 * HOUR;

/** Quotas are small, so that a demo of a minute reaches them. */
export const PLANS = [
  {
    code: 'line-free',
    name: 'LINE is free',
    baseFee: 980,
    includedOctets: 1_000_000,
    unitOctets: 100_000,
    unitPrice: 10,
    freeServices: ['line', 'line-calls'],
    taxPercent: 10,
  },
  {
    code: 'video-free',
    name: 'LINE and YouTube are free',
    baseFee: 1980,
    includedOctets: 1_000_000,
    unitOctets: 250_000,
    unitPrice: 15,
    freeServices: ['line', 'line-calls', 'youtube'],
    taxPercent: 10,
  },
];

/** The plan that a SIM of the simulated fleet is on. */
export function planOf(sim) {
  const wantsVideo = ['viewer', 'mixed', 'dual_stack', 'no_consent'].includes(sim.profile);
  return PLANS[wantsVideo ? 1 : 0];
}

/** The month of `now` in the plans' zone: `{ name: 'YYYY-MM', start }`, start in UNIX milliseconds. */
export function monthOf(now) {
  const name = new Date(now + TIME_ZONE_OFFSET).toISOString().slice(0, 7);
  return { name, start: Date.parse(`${name}-01T00:00:00Z`) - TIME_ZONE_OFFSET };
}

const instant = (time) => new Date(time).toISOString();

export class Customer {
  /** @param month as {@link monthOf} gives it */
  constructor(api, month) {
    this.api = api;
    this.month = month;
  }

  /** A realm behind a GRE mirror. */
  async makeRealm({ name, mirror: { source, destination }, subscriberPrefixes, resolvers }) {
    const mirror = { type: 'gre', outerSource: source, outerDestination: destination };
    await this.api.post('/v1/realms', { name, mirror, subscriberPrefixes, resolvers });
  }

  async makePlan(plan) {
    await this.api.post('/v1/plans', {
      code: plan.code,
      name: plan.name,
      effectiveFrom: instant(this.month.start),
      terms: termsOf(plan),
    });
  }

  /** A SIM that is on a plan since the month began. */
  async makeSim({ simId, imsi, nameConsent }, planCode) {
    const imsis = imsi === undefined ? [] : [imsi];
    await this.api.post('/v1/sims', { id: simId, imsis, nameConsent });
    await this.api.post('/v1/subscriptions', { simId, planCode, from: instant(this.month.start) });
  }

  /** Says which SIM holds which address of a realm, since the month began. */
  async openSessions(realm, sims) {
    const startTime = instant(this.month.start);
    for (const { simId, prefixes } of sims) {
      for (const prefix of prefixes) await this.api.post('/v1/sessions', { simId, realm, prefix, startTime });
    }
  }

  /** Gives the secret that signs what the endpoint gets. */
  async subscribeWebhook(url) {
    const endpoint = await this.api.post('/v1/webhook-endpoints', {
      url,
      eventTypes: ['statement.finalized'],
      description: 'the demo',
    });
    return endpoint.secret;
  }

  /** Resolves once capture goes by the realms and sessions that were told last. */
  async untilLive() {
    const deadline = Date.now() + LIVE_TIMEOUT;
    let { changes } = await this.api.get('/v1/capture');
    // The process that answers captures nothing: it cannot say, and others follow within two seconds.
    if (changes === null) return sleep(2_000);
    const { committed } = changes;
    while (changes.inForce < committed) {
      if (Date.now() > deadline)
        throw new Stop('Capture does not take in what was told of realms and sessions.');
      await sleep(50);
      ({ changes } = await this.api.get('/v1/capture'));
    }
  }

  conservation() {
    return this.api.get(
      `/v1/conservation?from=${instant(this.month.start)}&to=${instant(Date.now() + HOUR)}`,
    );
  }

  /** Closes the month although it is not over, which only a demo wants. */
  closeMonth() {
    return this.api.post(`/v1/periods/${this.month.name}/close`, { force: true });
  }

  /** Whether every statement of the month is final. */
  async isClosed() {
    return (await this.api.get(`/v1/periods/${this.month.name}`)).status === 'closed';
  }

  /** The month's statements with their lines. */
  async statements() {
    const items = await this.api.list(`/v1/statements?month=${this.month.name}`);
    return Promise.all(items.map(({ number }) => this.api.get(`/v1/statements/${number}`)));
  }
}

/** A {@link PLANS} entry as the terms of a plan version. */
function termsOf(plan) {
  const octets = (value) => ({ value: String(value), unit: 'octet' });
  return {
    currency: { code: 'JPY', exponent: 0 },
    timeZone: TIME_ZONE,
    rounding: 'down',
    tax: { treatment: 'exclusive', rates: [{ percent: String(plan.taxPercent) }] },
    baseFee: { amount: String(plan.baseFee), proration: 'full' },
    quota: { included: octets(plan.includedOctets), proration: 'full' },
    overage: {
      kind: 'per_unit',
      unit: octets(plan.unitOctets),
      unitRounding: 'up',
      tiers: [{ upTo: null, price: String(plan.unitPrice) }],
    },
    free: plan.freeServices.map((service) => ({ id: `${service}-free`, services: [service] })),
  };
}
