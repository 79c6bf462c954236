import { expect, it } from 'vitest';
import { compareOctets, compareText } from './order.js';

it('orders text by code unit, and null last', () => {
  const inOrder = ['', 'A', 'B', 'a', 'aa', 'b', 'é', null];
  for (const [index, a] of inOrder.entries())
    for (const [other, b] of inOrder.entries()) expect(compareText(a, b)).toBe(Math.sign(index - other));
});

it('orders octets past 2^53, and those that correct others', () => {
  const inOrder = [-5n, 0n, 7n, 2n ** 60n, 2n ** 60n + 1n];
  for (const [index, a] of inOrder.entries())
    for (const [other, b] of inOrder.entries()) expect(compareOctets(a, b)).toBe(Math.sign(index - other));
});
