import { z } from 'zod';

/** Octets in one unit. Decimal (SI) and binary (IEC 80000-13) units have different names and are never mixed up. */
export const OCTETS_PER_UNIT = {
  octet: 1n,
  kB: 1_000n,
  MB: 1_000_000n,
  GB: 1_000_000_000n,
  TB: 1_000_000_000_000n,
  KiB: 1n << 10n,
  MiB: 1n << 20n,
  GiB: 1n << 30n,
  TiB: 1n << 40n,
} as const;

export type QuantityUnit = keyof typeof OCTETS_PER_UNIT;

/** Largest amount of octets that a bigint column holds. */
export const MAX_OCTETS = (1n << 63n) - 1n;

const VALUE = /^\d{1,19}(\.\d{1,9})?$/;

/** Octets of a quantity such as `{value: "0.5", unit: "GB"}`, or undefined where they are no whole number. */
export function toOctets(quantity: { value: string; unit: QuantityUnit }): bigint | undefined {
  // Refinements of an enclosing schema run on values that this one has already complained of.
  if (!VALUE.test(quantity.value) || !Object.hasOwn(OCTETS_PER_UNIT, quantity.unit)) return undefined;
  const [whole = '0', fraction = ''] = quantity.value.split('.');
  const scale = 10n ** BigInt(fraction.length);
  const scaled = (BigInt(whole) * scale + BigInt(fraction || '0')) * OCTETS_PER_UNIT[quantity.unit];
  return scaled % scale === 0n ? scaled / scale : undefined;
}

/** An amount of data: a decimal and the name of its unit. It comes to a whole number of octets. */
export const quantitySchema = z
  .strictObject({
    value: z.string().regex(VALUE, 'write a decimal of at most 19 digits and 9 places, such as "3" or "0.5"'),
    unit: z.enum(Object.keys(OCTETS_PER_UNIT) as [QuantityUnit, ...QuantityUnit[]], {
      error: `use one of ${Object.keys(OCTETS_PER_UNIT).join(', ')} (GB = 10^9, GiB = 2^30 octets)`,
    }),
  })
  .superRefine((quantity, context) => {
    // What is wrong with its form has been said.
    if (!VALUE.test(quantity.value) || !Object.hasOwn(OCTETS_PER_UNIT, quantity.unit)) return;
    const octets = toOctets(quantity);
    if (octets === undefined)
      context.addIssue({ code: 'custom', path: ['value'], message: 'comes to no whole number of octets' });
    else if (octets > MAX_OCTETS)
      context.addIssue({ code: 'custom', path: ['value'], message: 'is more than 2^63 - 1 octets' });
  })
  .meta({ id: 'Quantity', examples: [{ value: '3', unit: 'GB' }] });

export type Quantity = z.output<typeof quantitySchema>;

/** As {@link quantitySchema}, and more than nothing. */
export const positiveQuantitySchema = quantitySchema.refine((quantity) => toOctets(quantity) !== 0n, {
  path: ['value'],
  error: 'is more than 0',
});

/** Octets of a quantity that the schema has let through. */
export function octetsOf(quantity: Quantity): bigint {
  const octets = toOctets(quantity);
  if (octets === undefined)
    throw new RangeError(`${quantity.value} ${quantity.unit} is no whole number of octets`);
  return octets;
}
