import type { Completeness } from '../meter/index.js';

/** What the meter says of a period's completeness, as statements show it: numbers as text, names as they are (src/meter, `Completeness`). */
export function completenessOf(completeness: Completeness): Record<string, string> {
  return Object.fromEntries(Object.entries(completeness).map(([name, value]) => [name, String(value)]));
}
