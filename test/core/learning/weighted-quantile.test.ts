// The one rule by which evidence moves a belief, held against its definition.

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  bandFor,
  clampInto,
  quantile,
  sortWeighted,
  type Weighted,
} from '../../../src/core/learning/weighted-quantile.ts';

const evidence: fc.Arbitrary<Weighted[]> = fc.array(
  fc.record({ value: fc.integer({ min: 1, max: 50 }), weight: fc.integer({ min: 1, max: 16 }) }),
  { minLength: 1, maxLength: 20 },
);

describe('quantile', () => {
  it.each([
    [0, 1],
    [0.25, 1],
    [0.26, 2],
    [0.5, 2],
    [0.51, 4],
    [1, 4],
  ])('of 1, 2 and twice 4, at %d, is %d', (q, value) => {
    const sorted = sortWeighted([
      { value: 4, weight: 2 },
      { value: 1, weight: 1 },
      { value: 2, weight: 1 },
    ]);
    expect(quantile(sorted, q)).toBe(value);
  });

  it('of nothing is unknown', () => {
    expect(quantile(sortWeighted([]), 0.5)).toBeNull();
  });
});

describe('a belief and evidence', () => {
  it('meet in the weighted median of the two', () => {
    fc.assert(
      fc.property(
        evidence,
        fc.integer({ min: 1, max: 50 }),
        fc.integer({ min: 1, max: 15 }),
        (seen, belief, mass) => {
          const band = bandFor(sortWeighted(seen), mass);
          const met = band ? clampInto(band, belief) : belief;
          const all = [...seen, { value: belief, weight: mass }];
          const total = all.reduce((sum, { weight }) => sum + weight, 0);
          const weightOf = (keep: (value: number) => boolean) =>
            all.reduce((sum, { value, weight }) => (keep(value) ? sum + weight : sum), 0);
          expect(weightOf((value) => value < met)).toBeLessThanOrEqual(total / 2);
          expect(weightOf((value) => value > met)).toBeLessThanOrEqual(total / 2);
        },
      ),
    );
  });

  it('leave the belief alone while it weighs as much as all evidence', () => {
    expect(bandFor(sortWeighted([{ value: 9, weight: 1 }]), 1)).toBeNull();
    expect(bandFor(sortWeighted([]), 1)).toBeNull();
  });
});
