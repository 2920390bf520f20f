// How the spend of a budget grew: by the hours of a day or the days of a longer window, in the zone of the budget.

import { describe, expect, it } from 'vitest';
import type { BudgetState } from '../../../src/core/accounts/budget.ts';
import { burnIntervals, toBurnDown } from '../../../src/core/accounts/burn-down.ts';
import { createCalendar, type Period } from '../../../src/core/accounts/calendar.ts';

const HOUR_MS = 3_600_000;
const NOW = Date.UTC(2026, 9, 25, 12, 30);

function state(period: Period, settledMicroUsd = 0): BudgetState {
  const timeZone = 'Europe/Berlin';
  const { startsAt, endsAt } = createCalendar(timeZone).windowAt(period, NOW);
  return {
    budget: { period, timeZone },
    use: { startsAt, settledMicroUsd },
    resetsAt: endsAt,
  } as BudgetState;
}

describe('the intervals', () => {
  it('are hours of a day, with its 25 where clocks go back, up to now', () => {
    const intervals = burnIntervals(state('day'), NOW) ?? [];
    // From 00:00 in Berlin, 22:00 UTC of the day before.
    expect(intervals).toHaveLength(15);
    expect(intervals.at(-1)).toEqual({ startsAt: NOW - HOUR_MS / 2, endsAt: NOW });
  });

  it('are days of a week or a month, and none of what never ends', () => {
    expect(burnIntervals(state('month'), NOW)).toHaveLength(25);
    expect(burnIntervals(state('week'), NOW)).toHaveLength(7);
    expect(burnIntervals(state('none'), NOW)).toBeNull();
  });

  it('are none at the very beginning', () => {
    const { use, ...rest } = state('day');
    expect(burnIntervals({ ...rest, use }, use.startsAt)).toEqual([]);
  });
});

describe('the line', () => {
  const intervals = [
    { startsAt: 0, endsAt: 10 },
    { startsAt: 10, endsAt: 20 },
    { startsAt: 20, endsAt: 25 },
  ];

  it('begins at 0, never falls, and ends at what the budget has counted', () => {
    const points = toBurnDown(
      intervals,
      new Map([
        [0, 5],
        [20, 90],
      ]),
      {
        use: { startsAt: 0, settledMicroUsd: 8, heldMicroUsd: 0, adjustmentMicroUsd: 0 },
      },
    );
    expect(points).toEqual([
      { at: 0, microUsd: 0 },
      { at: 10, microUsd: 5 },
      { at: 20, microUsd: 5 },
      { at: 25, microUsd: 8 },
    ]);
  });
});
