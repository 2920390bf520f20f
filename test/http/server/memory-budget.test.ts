// Shares of the memory for bodies: none is taken twice, all comes back, and one client leaves room for the next.

import fc from 'fast-check';
import { expect, it } from 'vitest';
import { createMemoryBudget } from '../../../src/http/server/memory-budget.ts';

it('gives one client half, and the next half of what is left', () => {
  const budget = createMemoryBudget(128);
  expect(budget.open('a').grow(65)).toBe(false);
  const first = budget.open('a');
  expect(first.grow(32)).toBe(true);
  expect(budget.open('a').grow(32)).toBe(true);
  expect(budget.open('a').grow(1)).toBe(false);
  expect(budget.open('b').grow(33)).toBe(false);
  expect(budget.open('b').grow(32)).toBe(true);
  expect(budget.open('c').grow(16)).toBe(true);
  first.release();
  first.release();
  expect(budget.open('a').grow(7)).toBe(true);
  expect(first.grow(1)).toBe(false);
});

it('never has more out than there is, and all of it again when all is released', () => {
  const steps = fc.array(
    fc.record({ client: fc.nat(4), bytes: fc.integer({ min: 1, max: 80 }), end: fc.boolean() }),
  );
  fc.assert(
    fc.property(steps, (orders) => {
      const budget = createMemoryBudget(100);
      const open: { bytes: number; release: () => void }[] = [];
      for (const { client, bytes, end } of orders) {
        if (end) open.pop()?.release();
        const grant = budget.open(`c${client}`);
        if (grant.grow(bytes)) open.push({ bytes, release: grant.release });
        expect(open.reduce((sum, one) => sum + one.bytes, 0)).toBeLessThanOrEqual(100);
      }
      for (const { release } of open) release();
      expect(budget.open('new').grow(50)).toBe(true);
    }),
  );
});
