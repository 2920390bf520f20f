// The figures of the overview: worked out of jobs, spend and budgets, and unknown where there is nothing to tell by.

import { describe, expect, it } from 'vitest';
import {
  figureBudget,
  fillDays,
  listModels,
  projectBudget,
  rowAt,
  sumCounts,
  usedShare,
} from '../../console/overview/figures.ts';
import type { components } from '../../openapi/clipgate.d.ts';

type Overview = components['schemas']['Overview'];
type Budget = components['schemas']['Budget'];

const DAY_MS = 86_400_000;
const START = Date.UTC(2026, 10, 1);
const isoTime = (at: number) => new Date(at).toISOString();

describe('counts of jobs', () => {
  it('are summed, all of them or those of some states', () => {
    const counts = [
      { status: 'completed' as const, jobs: 3 },
      { status: 'failed' as const, jobs: 2 },
    ];
    expect(sumCounts(counts)).toBe(5);
    expect(sumCounts(counts, ({ status }) => status === 'completed')).toBe(3);
    expect(sumCounts([])).toBe(0);
  });
});

describe('models', () => {
  const health = (model: string, ended: number) => ({ model, ended }) as Overview['models'][number];
  const pause = (model: string | null) => ({ model }) as Overview['pauses'][number];

  it('that are paused come first, with jobs or without, then those with the most jobs', () => {
    const overview = {
      models: [health('a/one', 3), health('b/two', 9)],
      pauses: [pause(null), pause('c/three')],
    } as unknown as Overview;
    expect(listModels(overview).map(({ model, pauses }) => [model, pauses.length])).toEqual([
      ['c/three', 1],
      ['b/two', 0],
      ['a/one', 0],
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

describe('the lines of a budget', () => {
  const budget = (spent: number, until: number): Budget =>
    ({
      limit_usd: 100,
      window: {
        starts_at: isoTime(START),
        resets_at: isoTime(START + 10 * DAY_MS),
        spent_usd: spent,
        held_usd: 0,
        adjustment_usd: 0,
      },
      burn_down: [
        { at: isoTime(START), spent_usd: 0 },
        { at: isoTime(until), spent_usd: spent },
      ],
    }) as Budget;

  it('lead from what is spent to the end of the window at that pace', () => {
    const { times, series } = projectBudget(budget(20, START + 2 * DAY_MS));
    expect(times).toEqual([START, START + 2 * DAY_MS, START + 10 * DAY_MS]);
    expect(series.map(({ name, values }) => [name, values])).toEqual([
      ['Spent', [0, 20, null]],
      ['At this pace', [null, 20, 100]],
    ]);
  });

  it('project nothing at the beginning, and nothing past the end', () => {
    expect(projectBudget(budget(1, START + 1000)).series).toHaveLength(1);
    const over = projectBudget(budget(20, START + 10 * DAY_MS));
    expect(over.times).toHaveLength(2);
    expect(over.series).toHaveLength(1);
  });

  it('sort budgets by how much of them is used', () => {
    const of = (limit: number, used: number) =>
      ({ limit_usd: limit, window: { adjustment_usd: 0, spent_usd: used, held_usd: used } }) as Budget;
    expect(usedShare(of(100, 25))).toBe(0.5);
    expect(usedShare(of(0, 0))).toBe(0);
    expect(usedShare(of(0, 1))).toBeGreaterThan(1);
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
