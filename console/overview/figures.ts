// The figures of the overview, worked out of what the API lists: nothing here is guessed.

import type { Schemas } from '../schemas.ts';

type Job = Schemas['Job'];
type Budget = Schemas['Budget'];
type SpendRow = Schemas['Spend']['data'][number];

export interface JobFigures {
  readonly running: number;
  /** Jobs that have ended, and how many of them with a clip. */
  readonly ended: number;
  readonly completed: number;
}

/** Of the jobs that are given, which are the newest. */
export function countJobs(jobs: readonly Job[]): JobFigures {
  const ended = jobs.filter((job) => job.ended);
  return {
    running: jobs.filter((job) => !job.ended && job.status !== 'submission_unknown').length,
    ended: ended.length,
    completed: ended.filter(({ status }) => status === 'completed').length,
  };
}

export interface ModelFigures {
  readonly model: string;
  readonly jobs: number;
  readonly ended: number;
  readonly completed: number;
  /** Seconds from the order to the clip; null where none is there yet. */
  readonly p50S: number | null;
  readonly p90S: number | null;
}

/** The value that so large a share of the sorted values does not exceed. */
const quantile = (sorted: readonly number[], share: number): number | null =>
  sorted[Math.min(sorted.length - 1, Math.ceil(sorted.length * share) - 1)] ?? null;

/** By model, the one with the most jobs first. */
export function countModels(jobs: readonly Job[]): readonly ModelFigures[] {
  const byModel = new Map<string, Job[]>();
  for (const job of jobs) byModel.set(job.model, [...(byModel.get(job.model) ?? []), job]);
  return [...byModel]
    .map(([model, own]) => {
      const seconds = own
        .flatMap(({ status, created_at: from, finished_at: to }) =>
          status === 'completed' && to !== null ? [(Date.parse(to) - Date.parse(from)) / 1000] : [],
        )
        .toSorted((a, b) => a - b);
      const { ended, completed } = countJobs(own);
      return {
        model,
        jobs: own.length,
        ended,
        completed,
        p50S: quantile(seconds, 0.5),
        p90S: quantile(seconds, 0.9),
      };
    })
    .toSorted((one, other) => other.jobs - one.jobs || one.model.localeCompare(other.model));
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
