const ofSim = { simId: 'sim-0001', sequence: 7 };
const period = {
  month: '2026-10',
  from: '2026-09-30T15:00:00.000Z',
  to: '2026-10-31T15:00:00.000Z',
};
const threshold = {
  kind: 'quota',
  planCode: 'light-3gb',
  planVersion: 1,
  rule: '/quota',
  window: '2026-09-30T15:00:00.000Z',
  threshold: '80%',
  limit: '3000000000',
  used: '2400001337',
  ...period,
};
const sums = { ...period, freeOctets: '58956', billedOctets: '4000000000', currency: 'JPY', amount: '1320' };

/** A payload of each event, by its type; held against the schemas by a test. */
export const webhookExamples: Readonly<Record<string, unknown>> = {
  'statement.drafted': {
    type: 'statement.drafted',
    timestamp: '2026-10-31T15:10:00.000Z',
    ...ofSim,
    data: {
      ...sums,
      closesAt: '2026-11-02T15:00:00.000Z',
      url: '/v1/statement-drafts?month=2026-10&simId=sim-0001',
    },
  },
  'statement.finalized': {
    type: 'statement.finalized',
    timestamp: '2026-11-02T15:10:00.000Z',
    ...ofSim,
    data: {
      number: 1234,
      ...sums,
      hash: '2503d7c03c39960cb2318739ae6ce10670c04034ad451526952e17c874ece182',
      url: '/v1/statements/1234',
    },
  },
  'statement.corrected': {
    type: 'statement.corrected',
    timestamp: '2026-11-20T00:00:00.000Z',
    ...ofSim,
    data: {
      id: '17',
      statement: 1234,
      position: 1,
      month: '2026-10',
      direction: 'credit',
      amount: '-242',
      hash: '899d6273cca2dca2ce7957536f8dc9e88349927da301b7d326eb39343c48d814',
      url: '/v1/corrections/17',
    },
  },
  'usage.threshold_reached': {
    type: 'usage.threshold_reached',
    timestamp: '2026-10-20T03:00:01.000Z',
    ...ofSim,
    data: threshold,
  },
  'usage.cap_exceeded': {
    type: 'usage.cap_exceeded',
    timestamp: '2026-10-21T03:00:01.000Z',
    ...ofSim,
    data: {
      ...threshold,
      kind: 'cap',
      rule: '/free/0/cap',
      threshold: 'exceeded',
      limit: '10000000000',
      used: '10000000400',
    },
  },
  'subscription.changed': {
    type: 'subscription.changed',
    timestamp: '2026-10-01T00:00:00.000Z',
    ...ofSim,
    data: {
      change: 'started',
      subscription: {
        id: '1',
        simId: 'sim-0001',
        planCode: 'light-3gb',
        planVersion: null,
        from: '2026-09-30T15:00:00.000Z',
        to: null,
        version: 1,
        createdAt: '2026-10-01T00:00:00.000Z',
        updatedAt: '2026-10-01T00:00:00.000Z',
      },
    },
  },
  'capture.degraded': {
    type: 'capture.degraded',
    timestamp: '2026-10-05T04:05:00.000Z',
    data: {
      node: 'tokyo-1',
      point: 'ens6',
      warning: 'quiet',
      since: '2026-10-05T04:05:00.000Z',
      detail: 'no packet of a subscriber for 5 minutes: is the mirror still on?',
    },
  },
  'reconciliation.deviated': {
    type: 'reconciliation.deviated',
    timestamp: '2026-10-06T02:00:00.000Z',
    data: {
      account: 'main',
      from: '2026-10-05',
      to: '2026-10-06',
      simDays: 1,
      worst: [
        {
          simId: 'sim-0001',
          day: '2026-10-05',
          mirrorOctets: '0',
          waitingOctets: '0',
          soracomOctets: '1048576',
          ratio: '0.0000',
          outside: true,
        },
      ],
      url: '/v1/reconciliations?account=main&outside=true&from=2026-10-05&to=2026-10-06',
    },
  },
  'fraud.suspected': {
    type: 'fraud.suspected',
    timestamp: '2026-10-06T02:00:00.000Z',
    ...ofSim,
    data: {
      day: '2026-10-05',
      kind: 'failed_claim',
      serviceCode: 'line',
      octetsUp: '1000000',
      octetsDown: '499000000',
      octets: '500000000',
      atStake: [{ currency: 'JPY', amount: '550' }],
      names: [{ name: 'line.me', octets: '500000000' }],
      grounds: [],
      usualOctets: null,
      distribution: null,
      url: '/v1/reports/fraud?from=2026-10-05T00:00:00.000Z&to=2026-10-06T00:00:00.000Z&simId=sim-0001',
    },
  },
  'sim.suspense_bound': {
    type: 'sim.suspense_bound',
    timestamp: '2026-10-05T04:05:00.000Z',
    ...ofSim,
    data: {
      octetsUp: '1337',
      octetsDown: '57619',
      octets: '58956',
      firstHour: '2026-10-05T02:00:00.000Z',
      lastHour: '2026-10-05T03:00:00.000Z',
      rows: 2,
      url: '/v1/usage/sim-0001/explain?from=2026-10-05T02:00:00.000Z&to=2026-10-05T04:00:00.000Z',
    },
  },
  'webhook.test': {
    type: 'webhook.test',
    timestamp: '2026-10-01T00:00:00.000Z',
    data: {
      endpointId: '0195f0a0-0000-7000-8000-000000000000',
      message: 'This is a test of your endpoint; nothing has happened.',
    },
  },
};
