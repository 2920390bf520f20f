// The figures of the overview, worked out of what the API lists: nothing here is guessed.

import type { Schemas } from '../schemas.ts';

type Budget = Schemas['Budget'];
type SpendRow = Schemas['Spend']['data'][number];

type Overview = Schemas['Overview'];
type JobCount = Overview['jobs']['open'][number];
export type Pause = Overview['pauses'][number];

/** How many jobs the counts are of, those alone that `matches` takes. */
export const sumCounts = (
  counts: readonly JobCount[],
  matches: (count: JobCount) => boolean = () => true,
): number => counts.filter(matches).reduce((sum, { jobs }) => sum + jobs, 0);

export interface ModelRow {
  readonly model: string;
  /** Null where no job of it has ended. */
  readonly health: Overview['models'][number] | null;
  /** Pauses of this model, for every client or for one. */
  readonly pauses: readonly Pause[];
}

/** Models with jobs or with a pause: paused ones first, then those with the most jobs. */
export function listModels({ models, pauses }: Overview): readonly ModelRow[] {
  const names = new Set([...models.map(({ model }) => model), ...pauses.flatMap(({ model }) => model ?? [])]);
  return [...names]
    .map((model) => ({
      model,
      health: models.find((one) => one.model === model) ?? null,
      pauses: pauses.filter((pause) => pause.model === model),
    }))
    .toSorted(
      (one, other) =>
        Number(other.pauses.length > 0) - Number(one.pauses.length > 0) ||
        (other.health?.ended ?? 0) - (one.health?.ended ?? 0) ||
        one.model.localeCompare(other.model),
    );
}

export interface BudgetFigures {
  /** With adjustments: what the window may cost. */
  readonly limitUsd: number;
  readonly spentUsd: number;
  readonly heldUsd: number;
  /** The share of the window that has passed; null where it has no end. */
  readonly passed: number | null;
  /** What will be spent at its end if it goes on as it has; null before a hundredth of it has passed. */
  readonly projectedUsd: number | null;
}

const LEAST_PASSED = 0.01;

/** @param now epoch milliseconds. */
export function figureBudget({ limit_usd: limit, window }: Budget, now: number): BudgetFigures {
  const { starts_at: start, resets_at: end, spent_usd: spentUsd, held_usd: heldUsd } = window;
  const from = Date.parse(start);
  const passed = end === null ? null : Math.min(Math.max((now - from) / (Date.parse(end) - from), 0), 1);
  return {
    limitUsd: limit + window.adjustment_usd,
    spentUsd,
    heldUsd,
    passed,
    projectedUsd: passed === null || passed < LEAST_PASSED ? null : spentUsd / passed,
  };
}

/** How much of its limit a budget has spent or holds; 1 and more where it is reached. */
export function usedShare({ limit_usd: limit, window }: Budget): number {
  const limitUsd = limit + window.adjustment_usd;
  const usedUsd = window.spent_usd + window.held_usd;
  return limitUsd > 0 ? usedUsd / limitUsd : usedUsd > 0 ? Number.MAX_VALUE : 0;
}

export interface BudgetLines {
  /** Epoch milliseconds, from the beginning of the window to its end. */
  readonly times: readonly number[];
  readonly series: readonly {
    readonly name: string;
    readonly values: readonly (number | null)[];
    readonly colour: number | 'rest';
    readonly kind: 'line' | 'dotted';
  }[];
}

/** The lines of a budget that resets: what was spent up to the last point that is known, and on from there at that pace. */
export function projectBudget(budget: Budget): BudgetLines {
  const points = (budget.burn_down ?? []).map(({ at, spent_usd: usd }) => ({ at: Date.parse(at), usd }));
  const last = points.at(-1);
  const end = budget.window.resets_at === null ? null : Date.parse(budget.window.resets_at);
  const projected = last ? figureBudget(budget, last.at).projectedUsd : null;
  const isAhead = last !== undefined && end !== null && end > last.at;
  const times = [...points.map(({ at }) => at), ...(isAhead ? [end] : [])];
  return {
    times,
    series: [
      {
        name: 'Spent',
        values: [...points.map(({ usd }) => usd), ...(isAhead ? [null] : [])],
        colour: 1,
        kind: 'line',
      },
      ...(isAhead && projected !== null
        ? [
            {
              name: 'At this pace',
              values: [...points.map(({ at, usd }) => (at === last.at ? usd : null)), projected],
              colour: 2,
              kind: 'dotted' as const,
            },
          ]
        : []),
    ],
  };
}

/** The row of the day that a moment is in; days begin where the gateway was asked for them. */
export const rowAt = (rows: readonly SpendRow[], at: number): SpendRow | null =>
  rows.findLast(({ start }) => Date.parse(start) <= at && at < Date.parse(start) + 25 * 3_600_000) ?? null;

/** Every day from the first to the last, those without a job as 0. */
export function fillDays(
  rows: readonly SpendRow[],
  since: number,
  until: number,
): {
  readonly times: readonly number[];
  readonly billed: readonly number[];
  readonly held: readonly number[];
} {
  const times: number[] = [];
  // By the reader's calendar: a day may have 23 or 25 hours.
  for (const day = new Date(since); day.getTime() < until; day.setDate(day.getDate() + 1))
    times.push(day.getTime());
  const byTime = new Map(rows.map((row) => [Date.parse(row.start), row]));
  return {
    times,
    billed: times.map((time) => byTime.get(time)?.billed_usd ?? 0),
    held: times.map((time) => byTime.get(time)?.held_usd ?? 0),
  };
}
