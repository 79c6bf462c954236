import type { FieldError } from '../../shared/index.js';
import type { PrefixRule } from '../types.js';

/** `pfd`: 3GPP TS 29.551 PfdDataForApp; `domains`: v2fly domain list; `prefixes`: one CIDR a line. */
export const EXCHANGE_FORMATS = ['pfd', 'domains', 'prefixes'] as const;
export type ExchangeFormat = (typeof EXCHANGE_FORMATS)[number];

export interface ReadOptions {
  /**
   * Names that the list means alone. `exact`: they become names that match alone; `below`: they cover what lies below, too, which
   * `widened` says; `refuse`: each is a fault.
   */
  exactNames: 'exact' | 'below' | 'refuse';
}

/** What a list says. A list that cannot say something leaves it undefined. Nothing is dropped: what cannot be taken is a fault. */
export interface ReadRules {
  domainNames?: string[];
  exactDomainNames?: string[];
  prefixes?: PrefixRule[];
  /** Names that the list means alone and that now cover what lies below them too. */
  widened: string[];
  faults: FieldError[];
}

/** Beyond it a list is more likely of another format than full of faults. */
export const MOST_FAULTS = 200;

/** Keeps the first faults and says how many more there are. */
export function boundedFaults(faults: readonly FieldError[]): FieldError[] {
  if (faults.length <= MOST_FAULTS) return [...faults];
  const rest = faults.length - MOST_FAULTS;
  return [
    ...faults.slice(0, MOST_FAULTS),
    { pointer: '', detail: `${rest} more faults; is the format right?` },
  ];
}
