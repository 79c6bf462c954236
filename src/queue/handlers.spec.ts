import { describe, expect, it } from 'vitest';
import { HandlesJob, matchHandlers, type JobHandler } from './handlers.js';

const NAMES = ['webhooks.deliver', 'billing.close-period'] as const;

@HandlesJob('billing.close-period')
class Close implements JobHandler<'billing.close-period'> {
  handle(): Promise<undefined> {
    return Promise.resolve(undefined);
  }
}

@HandlesJob('webhooks.deliver')
class Deliver implements JobHandler<'webhooks.deliver'> {
  handle(): Promise<undefined> {
    return Promise.resolve(undefined);
  }
}

const candidate = (instance: object) => ({ metatype: instance.constructor, instance });
const bystanders = [
  { metatype: undefined, instance: undefined },
  { metatype: () => 1, instance: 1 },
  candidate({}),
];

describe('matchHandlers', () => {
  it('finds the one handler of each job', () => {
    const [close, deliver] = [new Close(), new Deliver()];
    const handlers = matchHandlers([...bystanders, candidate(close), candidate(deliver)], NAMES);
    expect(handlers.get('billing.close-period')).toBe(close);
    expect(handlers.get('webhooks.deliver')).toBe(deliver);
  });

  it('takes one instance that several modules export for one', () => {
    const [close, deliver] = [new Close(), new Deliver()];
    expect(matchHandlers([candidate(close), candidate(close), candidate(deliver)], NAMES).size).toBe(2);
  });

  it('names every job without a handler and every job with two', () => {
    expect(() => matchHandlers([candidate(new Close()), candidate(new Close())], NAMES)).toThrow(
      /webhooks\.deliver has no handler.*; billing\.close-period has 2 handlers \(Close, Close\)/,
    );
  });
});
