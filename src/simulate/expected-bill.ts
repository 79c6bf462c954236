import type { PredictedUsage } from './prediction.js';

/** A plan as simple as the demo's: all amounts in yen, before tax. */
export interface SimplePlan {
  code: string;
  name: string;
  baseFee: number;
  includedOctets: number;
  /** Every unit begun past the included octets costs `unitPrice`. */
  unitOctets: number;
  unitPrice: number;
  freeServices: readonly string[];
  /** Added to the whole, a fraction of a yen dropped. */
  taxPercent: number;
}

export interface ExpectedBill {
  totalOctets: number;
  freeOctets: number;
  billedOctets: number;
  /** Octets of each free service that was used. */
  freeByService: Record<string, number>;
  /** With tax. */
  chargeYen: number;
}

/** What one SIM's usage costs, worked out apart from the rating that it checks. */
export function expectBill(usage: readonly PredictedUsage[], plan: SimplePlan): ExpectedBill {
  const freeByService: Record<string, number> = {};
  let totalOctets = 0;
  let freeOctets = 0;
  for (const { service, octetsUp, octetsDown } of usage) {
    const octets = octetsUp + octetsDown;
    totalOctets += octets;
    if (service === null || !plan.freeServices.includes(service)) continue;
    freeOctets += octets;
    freeByService[service] = (freeByService[service] ?? 0) + octets;
  }
  const billedOctets = totalOctets - freeOctets;
  const units = Math.ceil(Math.max(0, billedOctets - plan.includedOctets) / plan.unitOctets);
  const beforeTax = plan.baseFee + units * plan.unitPrice;
  const chargeYen = Math.floor((beforeTax * (100 + plan.taxPercent)) / 100);
  return { totalOctets, freeOctets, billedOctets, freeByService, chargeYen };
}
