// Estimate against bill: only days of which every bill is known, the first beside the last.

import { expect, it } from 'vitest';
import { sumBills, toRatios } from '../../console/money/model-bills.ts';
import type { SpendRow } from '../../console/money/spend-rows.ts';
import { formatDifference } from '../../console/parts/money-words.ts';

const DAYS = [0, 1, 2].map((day) => Date.UTC(2026, 10, day + 1));
const row = (day: number, model: string, estimated: number, billed: number, more = {}) =>
  ({
    start: new Date(DAYS[day] ?? 0).toISOString(),
    model,
    estimated_usd: estimated,
    billed_usd: billed,
    held_usd: 0,
    unknown_jobs: 0,
    ...more,
  }) as SpendRow;

const ROWS = [
  row(0, 'b/two', 1, 2),
  row(0, 'a/one', 4, 4),
  row(1, 'b/two', 1, 0, { held_usd: 1 }),
  row(1, 'a/one', 4, 2, { unknown_jobs: 1 }),
  row(2, 'b/two', 2, 2),
  row(2, 'c/free', 0, 0),
];

it('sums what is known, and sets the first day beside the last', () => {
  expect(sumBills(ROWS)).toEqual([
    {
      model: 'a/one',
      days: 1,
      estimatedUsd: 4,
      billedUsd: 4,
      first: { estimatedUsd: 4, billedUsd: 4 },
      last: { estimatedUsd: 4, billedUsd: 4 },
    },
    {
      model: 'b/two',
      days: 2,
      estimatedUsd: 3,
      billedUsd: 4,
      first: { estimatedUsd: 1, billedUsd: 2 },
      last: { estimatedUsd: 2, billedUsd: 2 },
    },
  ]);
});

it('draws the ratio of each day, with gaps, in colours by name', () => {
  expect(toRatios(ROWS, DAYS)).toEqual([
    { name: 'a/one', colour: 1, values: [1, null, null] },
    { name: 'b/two', colour: 2, values: [2, null, 1] },
  ]);
});

it('says how far a bill is off, and nothing of what is unknown', () => {
  expect(formatDifference(1, 1.042)).toBe('+4.2%');
  expect(formatDifference(1, 0.5)).toBe('−50.0%');
  expect(formatDifference(1, 1.0001)).toBe('±0%');
  expect(formatDifference(null, 1)).toBeNull();
  expect(formatDifference(1, null)).toBeNull();
  expect(formatDifference(0, 1)).toBeNull();
});
