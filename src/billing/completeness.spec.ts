import { expect, it } from 'vitest';
import { completenessOf } from './completeness.js';

it('shows every number of the meter as text, under its own name and to the last octet', () => {
  const given = {
    suspenseOctets: 2n ** 53n + 1n,
    blurredPackets: 1n,
    addressPairOctets: 2n,
    subscriberOctets: 3n,
    globalOctets: 4n,
    hourBlurredOctets: 5n,
    malformedOctets: 6n,
    unsupportedOctets: 7n,
    numberedPackets: 8n,
    lostPackets: 0n,
    droppedPackets: 9n,
    droppedHellos: 10n,
  };
  expect(completenessOf(given)).toEqual({
    suspenseOctets: '9007199254740993',
    blurredPackets: '1',
    addressPairOctets: '2',
    subscriberOctets: '3',
    globalOctets: '4',
    hourBlurredOctets: '5',
    malformedOctets: '6',
    unsupportedOctets: '7',
    numberedPackets: '8',
    lostPackets: '0',
    droppedPackets: '9',
    droppedHellos: '10',
  });
});
