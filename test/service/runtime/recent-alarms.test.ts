// What an operator is told of the alarms of the last day: since when, how often, whether they last.

import { describe, expect, it } from 'vitest';
import { createRecentAlarms } from '../../../src/service/runtime/recent-alarms.ts';

const MINUTE_MS = 60_000;
const START = Date.UTC(2026, 10, 28);

function setUp() {
  let now = 0;
  const alarms = createRecentAlarms({ clock: () => START + now, monotonic: () => now });
  return {
    alarms,
    pass(ms: number) {
      now += ms;
    },
  };
}

describe('recent alarms', () => {
  it('last while they are raised again, and are over once they are quiet', () => {
    const { alarms, pass } = setUp();
    alarms.note('catalog_stale', { age_s: 3600 });
    pass(5 * MINUTE_MS);
    alarms.note('catalog_stale', { age_s: 3900 });
    const at = START + 5 * MINUTE_MS;
    const first = { alarm: 'catalog_stale', since: START, lastAt: at, count: 2, about: { age_s: 3900 } };
    expect(alarms.list()).toEqual([{ ...first, isActive: true }]);
    pass(15 * MINUTE_MS);
    expect(alarms.list()).toEqual([{ ...first, isActive: false }]);
    alarms.note('catalog_stale', {});
    expect(alarms.list()).toMatchObject([{ since: START + 20 * MINUTE_MS, count: 1, isActive: true }]);
  });

  it('are told for a day, events too, of which none lasts; those that last come first', () => {
    const { alarms, pass } = setUp();
    alarms.note('callback_dead', { job_id: 'job_1' });
    pass(60 * MINUTE_MS);
    alarms.note('submissions_paused', {});
    alarms.note('budget_threshold', { budget_id: 'budget_1' });
    expect(alarms.list().map(({ alarm, isActive }) => [alarm, isActive])).toEqual([
      ['submissions_paused', true],
      ['budget_threshold', false],
      ['callback_dead', false],
    ]);
    pass(23 * 60 * MINUTE_MS);
    expect(alarms.list().map(({ alarm }) => alarm)).not.toContain('callback_dead');
  });

  it('keep words and numbers of what they are about, and few of those', () => {
    const { alarms } = setUp();
    const many = Object.fromEntries(Array.from({ length: 30 }, (_, index) => [`n${index}`, index]));
    alarms.note('status_unclear', { err: new Error('x'), list: ['y'], word: 'z'.repeat(500), ...many });
    const [{ about } = { about: {} }] = alarms.list();
    expect(Object.keys(about)).toHaveLength(10);
    expect(about).toMatchObject({ word: 'z'.repeat(200), n0: 0 });
    expect(about).not.toHaveProperty('err');
  });
});
