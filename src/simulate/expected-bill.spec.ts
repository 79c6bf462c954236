import { describe, expect, it } from 'vitest';
import { expectBill, type SimplePlan } from './expected-bill.js';
import type { PredictedUsage } from './prediction.js';

const plan: SimplePlan = {
  code: 'line-free',
  name: 'LINE is free',
  baseFee: 980,
  includedOctets: 1000,
  unitOctets: 100,
  unitPrice: 3,
  freeServices: ['line', 'line-calls'],
  taxPercent: 10,
};

function usage(service: string | null, octets: number): PredictedUsage {
  const evidence = service === null ? 'none' : 'sni';
  return { simId: '1', service, evidence, octetsUp: octets, octetsDown: 0, packetsUp: 1, packetsDown: 0 };
}

describe('expectBill', () => {
  it('charges the base fee with tax while the included octets last', () => {
    const bill = expectBill([usage('line', 5000), usage(null, 1000)], plan);
    expect(bill).toEqual({
      totalOctets: 6000,
      freeOctets: 5000,
      billedOctets: 1000,
      freeByService: { line: 5000 },
      chargeYen: 1078,
    });
  });

  it('charges each unit begun past them, and drops a fraction of a yen', () => {
    const bill = expectBill([usage(null, 1001), usage('youtube', 100)], plan);
    expect(bill.billedOctets).toBe(1101);
    // 980 + 2 units of 3 = 986; with tax 1084.6
    expect(bill.chargeYen).toBe(1084);
  });
});
