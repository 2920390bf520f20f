// Jitter goes one way only, as far as its share.

import { expect, it } from 'vitest';
import { jitter } from '../../src/core/jitter.ts';

it.each([
  [0, 0.2, 1_000],
  [1, 0.2, 1_200],
  [0.5, 0.2, 1_100],
  [0, -0.1, 1_000],
  [1, -0.1, 900],
])('of 1,000 ms at a draw of %d and a share of %d is %d ms', (random, share, expected) => {
  expect(jitter(1_000, random, share)).toBeCloseTo(expected);
});
