// Half a day in fast time with every incident of the week; and the checks fail where something is planted.

import { beforeAll, describe, expect, it } from 'vitest';
import type { JobStore } from '../../src/store/ports/job-store.ts';
import { renderWeek } from '../../torture/week/report.ts';
import { runWeek, type Week } from '../../torture/week/run.ts';
import { judgeWeek, type WeekRecord, weekHolds } from '../../torture/week/verdict.ts';

const PATIENT = 120_000;
const SEED = 20261128;

let week: Week;
beforeAll(async () => {
  week = await runWeek({ seed: SEED, jobs: 300, hours: 12 });
}, PATIENT);

it('raises every alarm in time and no other, and agrees with upstream about every bill', () => {
  const { record, skipped } = week;
  expect(weekHolds(judgeWeek(record)), renderWeek('half a day', week)).toBe(true);
  expect(record.ledger.length).toBe(record.placed.length);
  expect(record.placed.length).toBeGreaterThanOrEqual(300);
  expect(record.placed.filter(({ isForgotten }) => isForgotten).length).toBeGreaterThan(0);
  expect(new Set(record.alarms.map(({ alarm }) => alarm)).size).toBeGreaterThanOrEqual(10 - skipped.length);
  expect(record.storedBytes.size).toBeGreaterThan(250);
});

describe('the checks', () => {
  const judgeWith = (change: Partial<WeekRecord>) => judgeWeek({ ...week.record, ...change });
  const add = (map: ReadonlyMap<string, number>, pattern: RegExp, amount: number) => {
    const [name, value] = [...map].find(([key, held]) => pattern.test(key) && held > 0) ?? ['', 0];
    expect(name).not.toBe('');
    return new Map([...map, [name, value + amount]]);
  };

  it('miss an alarm that comes too late', () => {
    const late = week.record.alarms.map((one) =>
      one.alarm === 'upstream_key_refused' ? { ...one, at: one.at + 2 * 60_000 } : one,
    );
    expect(judgeWith({ alarms: late }).alarmsMissing).toHaveLength(1);
  });

  it('notice an alarm that nothing calls for', () => {
    const happenings = week.record.happenings.filter(({ name }) => name !== 'the bucket is lost');
    expect(judgeWith({ happenings }).alarmsUnexpected).not.toEqual([]);
  });

  it('notice a cent in each account', () => {
    const { record } = week;
    const [first, ...rest] = record.lines.filter(({ billed_usd }) => (billed_usd ?? 0) > 0);
    const [end, ...ends] = record.ends.filter(({ billedUsd }) => (billedUsd ?? 0) > 0);
    const [budget, ...budgets] = record.budgets;
    if (!first || !end || !budget) throw new Error('nothing was billed');
    const changes: Partial<WeekRecord>[] = [
      { lines: [{ ...first, billed_usd: (first.billed_usd ?? 0) + 0.01 }, ...rest] },
      { ends: [end, end, ...ends] },
      { spend: { ...record.spend, totalUsd: record.spend.totalUsd + 0.01 } },
      { spend: { ...record.spend, byClient: add(record.spend.byClient, /studio/, 0.01) } },
      { counters: add(record.counters, /^clipgate_spend_usd_total/, 0.01) },
      { gauges: add(record.gauges, /^clipgate_budget_spent_usd/, 0.01) },
      { budgets: [{ ...budget, spentUsd: budget.spentUsd + 0.01 }, ...budgets] },
      { counters: add(record.counters, /^clipgate_submits_total.*accepted/, 1) },
      { counters: add(record.counters, /^clipgate_alarms_total/, 1) },
    ];
    for (const change of changes) expect(judgeWith(change).misaccounted).not.toEqual([]);
  });

  it('notice a clip that is lost', () => {
    const [stored] = week.record.storedBytes;
    const storedBytes = new Map([...week.record.storedBytes].filter(([id]) => id !== stored?.[0]));
    expect(judgeWith({ storedBytes }).clipsLost).not.toEqual([]);
  });
});

describe('planted in the run', () => {
  const short = { seed: SEED, jobs: 12, hours: 3 };
  const only = (name: string) => (incident: { readonly name: string }) => incident.name === name;

  it('an announced incident that raises nothing is noticed', { timeout: PATIENT }, async () => {
    const incident = only('the key is revoked');
    const { record } = await runWeek({ ...short, incidents: incident, sham: incident });
    expect(judgeWeek(record).alarmsMissing).toEqual([
      'upstream_key_refused was not raised: the key is revoked',
    ]);
  });

  it('a bill that is counted twice is noticed by every account of it', { timeout: PATIENT }, async () => {
    let isPlanted = false;
    const wrapStore = (store: JobStore): JobStore => ({
      ...store,
      saveStep(lease, change, after) {
        const bill = change.actualMicroUsd ?? 0;
        if (isPlanted || bill === 0) return store.saveStep(lease, change, after);
        isPlanted = true;
        return store.saveStep(lease, { ...change, actualMicroUsd: bill * 2 }, after);
      },
    });
    const { record } = await runWeek({ ...short, incidents: () => false, wrapStore });
    const { misaccounted, alarmsUnexpected } = judgeWeek(record);
    for (const account of [
      /^the ledger about/,
      /^the lines about/,
      /^GET \/spend:/,
      /^clipgate_spend_usd_total:/,
      /^the budget of everything/,
    ])
      expect(
        misaccounted.some((line) => account.test(line)),
        String(account),
      ).toBe(true);
    expect(alarmsUnexpected).not.toEqual([]);
  });
});
