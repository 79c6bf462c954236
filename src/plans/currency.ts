import type { z } from 'zod';

/** Places of the smallest coin where they are not two (ISO 4217). */
const PLACES: Readonly<Record<string, number>> = {
  ...coins(0, 'BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX UYI VND VUV XAF XOF XPF'),
  ...coins(3, 'BHD IQD JOD KWD LYD OMR TND'),
  ...coins(4, 'CLF UYW'),
};

function coins(places: number, codes: string): Record<string, number> {
  return Object.fromEntries(codes.split(' ').map((code) => [code, places]));
}

let known: ReadonlySet<string> | undefined;

/** Codes that begin with X are of no country: funds, metals, and what people agree on. */
export function isCurrency(code: string): boolean {
  known ??= new Set(Intl.supportedValuesOf('currency'));
  return known.has(code) || Object.hasOwn(PLACES, code) || code.startsWith('X');
}

/** Fewer places than the coins have are a way to bill (whole forints, say); more are money that nobody can pay. */
export function checkCoin(
  currency: { code: string; exponent: number },
  context: z.core.$RefinementCtx,
): void {
  const { code, exponent } = currency;
  const places = PLACES[code] ?? (code.startsWith('X') ? 4 : 2);
  if (exponent > places && exponent <= 4)
    context.addIssue({
      code: 'custom',
      path: ['exponent'],
      message: `the smallest coin of ${code} has ${places} places (ISO 4217): write ${places}`,
    });
}
