// The figures of the overview: worked out of jobs, spend and budgets, and unknown where there is nothing to tell by.

import { describe, expect, it } from 'vitest';
import { countJobs, countModels, figureBudget, fillDays, rowAt } from '../../console/overview/figures.ts';
import type { components } from '../../openapi/clipgate.d.ts';

type Job = components['schemas']['Job'];
type Budget = components['schemas']['Budget'];

const DAY_MS = 86_400_000;
const START = Date.UTC(2026, 10, 1);
const isoTime = (at: number) => new Date(at).toISOString();

const job = (model: string, status: Job['status'], seconds: number | null = null) =>
  ({
    model,
    status,
    ended: ['completed', 'failed', 'not_accepted'].includes(status),
    created_at: isoTime(START),
    finished_at: seconds === null ? null : isoTime(START + seconds * 1000),
  }) as Job;

describe('jobs', () => {
  const jobs = [
    job('b/two', 'completed', 90),
    job('a/one', 'completed', 10),
    job('a/one', 'completed', 30),
    job('a/one', 'failed', 5),
    job('a/one', 'in_progress'),
    job('b/two', 'submission_unknown'),
    job('c/three', 'queued'),
  ];

  it('run, or have ended, with a clip or without; one of unknown outcome does neither', () => {
    expect(countJobs(jobs)).toEqual({ running: 2, ended: 4, completed: 3 });
    expect(countJobs([])).toEqual({ running: 0, ended: 0, completed: 0 });
  });

  it('are told apart by model, with the seconds of those that have a clip', () => {
    expect(countModels(jobs)).toEqual([
      { model: 'a/one', jobs: 4, ended: 3, completed: 2, p50S: 10, p90S: 30 },
      { model: 'b/two', jobs: 2, ended: 1, completed: 1, p50S: 90, p90S: 90 },
      { model: 'c/three', jobs: 1, ended: 0, completed: 0, p50S: null, p90S: null },
    ]);
  });
});

describe('a budget', () => {
  const budget = (window: Partial<Budget['window']>) =>
    ({
      limit_usd: 100,
      window: {
        starts_at: isoTime(START),
        resets_at: isoTime(START + 30 * DAY_MS),
        spent_usd: 20,
        held_usd: 3,
        adjustment_usd: 10,
        remaining_usd: 87,
        unknown_jobs: 0,
        ...window,
      },
    }) as Budget;

  it('heads for what is spent at its pace', () => {
    expect(figureBudget(budget({}), START + 10 * DAY_MS)).toEqual({
      limitUsd: 110,
      spentUsd: 20,
      heldUsd: 3,
      passed: 1 / 3,
      projectedUsd: 60,
    });
  });

  it('heads nowhere that can be told without an end, or at its beginning', () => {
    expect(figureBudget(budget({ resets_at: null }), START + DAY_MS)).toMatchObject({
      passed: null,
      projectedUsd: null,
    });
    expect(figureBudget(budget({}), START + 1000).projectedUsd).toBeNull();
    expect(figureBudget(budget({}), START + 31 * DAY_MS).passed).toBe(1);
  });
});

describe('days', () => {
  const row = (day: number, billed: number) =>
    ({ start: isoTime(START + day * DAY_MS), billed_usd: billed, held_usd: 0.5 }) as Parameters<
      typeof rowAt
    >[0][number];

  it('without a job are there as 0, and in order', () => {
    const days = fillDays([row(0, 1), row(2, 3)], START, START + 2.5 * DAY_MS);
    expect(days.times).toHaveLength(3);
    expect(days.billed).toEqual([1, 0, 3]);
    expect(days.held).toEqual([0.5, 0, 0.5]);
  });

  it('have the row that a moment is in', () => {
    const rows = [row(0, 1), row(2, 3)];
    expect(rowAt(rows, START + 2.5 * DAY_MS)?.billed_usd).toBe(3);
    expect(rowAt(rows, START + 1.5 * DAY_MS)).toBeNull();
    expect(rowAt([], START)).toBeNull();
  });
});
