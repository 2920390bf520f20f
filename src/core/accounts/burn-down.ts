// How what is spent of a budget has grown since its window began.

import type { BudgetState } from './budget.ts';
import { createCalendar } from './calendar.ts';
import { type Interval, splitRange } from './spend.ts';

export interface BurnPoint {
  /** Epoch milliseconds. */
  readonly at: number;
  /** Spent from the beginning of the window up to then. */
  readonly microUsd: number;
}

// More days than a month has, and more hours than a day.
const MAX_POINTS = 40;

/** The hours of a day, or the days of a week or month, from the beginning of the window up to now; null where it has no end. */
export function burnIntervals({ budget, use, resetsAt }: BudgetState, now: number): Interval[] | null {
  if (budget.period === 'none' || resetsAt === null) return null;
  const unit = budget.period === 'day' ? 'hour' : 'day';
  const range = { startsAt: use.startsAt, endsAt: Math.min(Math.max(now, use.startsAt), resetsAt) };
  return splitRange(createCalendar(budget.timeZone), unit, range, MAX_POINTS);
}

/**
 * From 0 at the beginning to what the budget itself has counted by now. In between it is what jobs were billed by when
 * they were sent, which a budget may count otherwise (bills of an own provider key): never more than what it has counted.
 */
export function toBurnDown(
  intervals: readonly Interval[],
  billed: ReadonlyMap<number, number>,
  { use }: Pick<BudgetState, 'use'>,
): BurnPoint[] {
  let sum = 0;
  const points = intervals.map(({ startsAt, endsAt }) => {
    sum += billed.get(startsAt) ?? 0;
    return { at: endsAt, microUsd: Math.min(sum, use.settledMicroUsd) };
  });
  const last = points.at(-1);
  return [
    { at: use.startsAt, microUsd: 0 },
    ...points.slice(0, -1),
    ...(last ? [{ ...last, microUsd: use.settledMicroUsd }] : []),
  ];
}
