// Budgets: what is held, what is settled, what is left, and which thresholds are reached.

import { describe, expect, it, test } from 'vitest';
import { holdFor, reachedThresholds, remainingOf, settledAmount } from '../../../src/core/accounts/budget.ts';

describe('a hold', () => {
  test.each([
    [{ hard: true, unpricedHoldMicroUsd: null }, 420_000, 420_000],
    [{ hard: true, unpricedHoldMicroUsd: 5_000_000 }, 420_000, 420_000],
    [{ hard: true, unpricedHoldMicroUsd: 5_000_000 }, null, 5_000_000],
    [{ hard: true, unpricedHoldMicroUsd: null }, null, null],
    [{ hard: false, unpricedHoldMicroUsd: null }, null, 0],
    [{ hard: false, unpricedHoldMicroUsd: null }, 7, 7],
  ])('under %j for a ceiling of %j is %j', (budget, ceiling, held) => {
    expect(holdFor(budget, ceiling)).toBe(held);
  });
});

describe('a settlement', () => {
  test.each([
    [false, { billedMicroUsd: 120_000, isByok: false, estimatedMicroUsd: 100_000 }, 120_000],
    [false, { billedMicroUsd: null, isByok: false, estimatedMicroUsd: 100_000 }, null],
    [false, { billedMicroUsd: 0, isByok: false, estimatedMicroUsd: 100_000 }, 0],
    [false, { billedMicroUsd: 5_000, isByok: true, estimatedMicroUsd: 100_000 }, 5_000],
    [true, { billedMicroUsd: 5_000, isByok: true, estimatedMicroUsd: 100_000 }, 105_000],
    [true, { billedMicroUsd: null, isByok: true, estimatedMicroUsd: 100_000 }, 100_000],
    [true, { billedMicroUsd: null, isByok: true, estimatedMicroUsd: null }, null],
    [true, { billedMicroUsd: 120_000, isByok: null, estimatedMicroUsd: 100_000 }, 120_000],
  ])('with include_byok %j of %j is %j', (includeByok, bill, settled) => {
    expect(settledAmount({ includeByok }, bill)).toBe(settled);
  });
});

it('leaves the limit and what was added to it, less what is settled and held', () => {
  const use = { settledMicroUsd: 3_000_000, heldMicroUsd: 2_500_000, adjustmentMicroUsd: 1_000_000 };
  expect(remainingOf(5_000_000, use)).toBe(500_000);
  expect(remainingOf(4_000_000, use)).toBe(-500_000);
});

describe('thresholds', () => {
  test.each([
    [[0.5, 0.8, 1], 10_000_000, 4_999_999, []],
    [[0.5, 0.8, 1], 10_000_000, 5_000_000, [0.5]],
    [[0.5, 0.8, 1], 10_000_000, 9_000_000, [0.5, 0.8]],
    [[0.5, 0.8, 1], 10_000_000, 12_000_000, [0.5, 0.8, 1]],
    [[0.5], 0, 0, []],
    [[0.5], 0, 1, [0.5]],
    [[], 10, 10, []],
    // A third of a cent-sized limit is not a whole micro-dollar: reached at the next one.
    [[1 / 3], 10, 3, []],
    [[1 / 3], 10, 4, [1 / 3]],
  ])('%j of %d with %d used: %j', (thresholds, limit, used, reached) => {
    expect(reachedThresholds(thresholds, limit, used)).toEqual(reached);
  });
});
