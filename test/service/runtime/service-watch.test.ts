// Lost service: a refused key, no credits, an old catalog and ten minutes without an accepted submit, and nothing else, raise alarms.

import { expect, it } from 'vitest';
import type { SubmitOutcome } from '../../../src/outbound/openrouter/submit.ts';
import { createAlarms } from '../../../src/service/runtime/alarms.ts';
import { createServiceWatch } from '../../../src/service/runtime/service-watch.ts';
import type { Backlog } from '../../../src/store/ports/backlog.ts';
import { createRecordedLog } from '../../support/silent-log.ts';

const MINUTE = 60_000;
const ACCEPTED: SubmitOutcome = { kind: 'accepted', upstreamId: 'u', generationId: null, status: 'pending' };
const NOT_SENT: SubmitOutcome = { kind: 'not_sent', reason: 'refused' };
const rejected = (
  reason: 'key_invalid' | 'insufficient_credits' | 'invalid_input',
  temporary = false,
): SubmitOutcome => ({
  kind: 'rejected',
  reason,
  temporary,
  scope: 'account',
  retryAfterS: null,
  message: '',
  limit: null,
});

const NOTHING: Backlog = {
  steps: { due: 0, oldestMs: 0 },
  callbacks: { due: 0, oldestMs: 0 },
  clips: { late: 0, oldestMs: 0 },
};

function setUp() {
  const state = {
    now: 0,
    ageS: 0 as number | null,
    unreadable: 0,
    isStoreGood: true,
    backlog: NOTHING,
  };
  const raised: string[] = [];
  const log = createRecordedLog();
  const monotonic = () => state.now;
  const watch = createServiceWatch({
    catalog: () => (state.ageS === null ? null : { ageS: state.ageS, unreadable: state.unreadable }),
    store: {
      async ping() {
        if (!state.isStoreGood) throw new Error('no room');
      },
      readBacklog: async () => state.backlog,
    },
    monotonic,
    alarms: createAlarms({ log, monotonic, onAlarm: (alarm) => raised.push(alarm) }),
    log,
  });
  /** Sweeps twice a minute, as the loop does. */
  const passMinutes = async (minutes: number) => {
    for (let n = 0; n < minutes * 2; n++) {
      state.now += MINUTE / 2;
      await watch.sweep();
    }
  };
  return { state, raised, watch, log, passMinutes };
}

it('raises a refused key and missing credits at once, and not again for five minutes', () => {
  const { state, raised, watch } = setUp();
  watch.submitEnded(rejected('key_invalid'));
  watch.submitEnded(rejected('key_invalid'));
  watch.submitEnded(rejected('insufficient_credits'));
  expect(raised).toEqual(['upstream_key_refused', 'upstream_credits_exhausted']);
  state.now += 5 * MINUTE;
  watch.submitEnded(rejected('key_invalid'));
  expect(raised).toHaveLength(3);
});

it('a refusal for the input, or for now, is no lost service', () => {
  const { raised, watch } = setUp();
  watch.submitEnded(rejected('invalid_input'));
  watch.submitEnded(rejected('insufficient_credits', true));
  expect(raised).toEqual([]);
});

it.each([
  ['an old catalog', 3_600],
  ['a catalog that was never loaded', null],
])('raises catalog_stale for %s', async (_name, ageS) => {
  const { state, raised, watch } = setUp();
  await watch.sweep();
  state.now = 60 * MINUTE - 1;
  await watch.sweep();
  expect(raised).toEqual([]);
  state.now = 60 * MINUTE;
  state.ageS = ageS;
  await watch.sweep();
  expect(raised).toEqual(['catalog_stale']);
});

it('raises no_submit_accepted after ten minutes of tries, not where one was accepted or nothing was tried', async () => {
  const tryFor = async (minutes: number, acceptAt: number | null) => {
    const { state, raised, watch } = setUp();
    for (let minute = 0; minute <= minutes; minute++) {
      state.now = minute * MINUTE;
      watch.submitEnded(minute === acceptAt ? ACCEPTED : NOT_SENT);
      await watch.sweep();
    }
    return raised;
  };
  expect(await tryFor(9, null)).toEqual([]);
  expect(await tryFor(10, null)).toEqual(['no_submit_accepted']);
  expect(await tryFor(12, 5)).toEqual([]);

  const { state, raised, watch } = setUp();
  for (let n = 0; n < 5; n++) watch.submitEnded(NOT_SENT);
  state.now = 30 * MINUTE;
  await watch.sweep();
  expect(raised).toEqual([]);
});

it.each([
  [
    'poll_lag',
    'steps',
    { steps: { due: 1, oldestMs: MINUTE } },
    { steps: { due: 500, oldestMs: MINUTE - 1 } },
  ],
  [
    'callback_backlog',
    'callbacks',
    { callbacks: { due: 1, oldestMs: 5 * MINUTE } },
    { callbacks: { due: 500, oldestMs: 5 * MINUTE - 1 } },
  ],
  [
    'archive_backlog',
    'many clips',
    { clips: { late: 10, oldestMs: 31 * MINUTE } },
    { clips: { late: 9, oldestMs: 24 * 60 * MINUTE - 1 } },
  ],
  [
    'archive_backlog',
    'one old clip',
    { clips: { late: 1, oldestMs: 24 * 60 * MINUTE } },
    { clips: { late: 1, oldestMs: 60 * MINUTE } },
  ],
])(
  'raises %s for %s that wait too long, every five minutes while they do, and no more after',
  async (alarm, _what, late, inTime) => {
    const { state, raised, passMinutes } = setUp();
    state.backlog = { ...NOTHING, ...inTime };
    await passMinutes(30);
    expect(raised).toEqual([]);
    state.backlog = { ...NOTHING, ...late };
    await passMinutes(11);
    expect(raised).toEqual([alarm, alarm, alarm]);
    state.backlog = { ...NOTHING, ...inTime };
    await passMinutes(30);
    expect(raised).toHaveLength(3);
  },
);

it('raises a fault of the store at once, again while it lasts, and no more once it is over', async () => {
  const { state, raised, watch, passMinutes } = setUp();
  state.isStoreGood = false;
  watch.storeFailed('unavailable', new Error('no room'));
  expect(raised).toEqual(['store_unavailable']);
  await passMinutes(11);
  expect(raised).toHaveLength(3);
  state.isStoreGood = true;
  await passMinutes(30);
  expect(raised).toHaveLength(3);
  state.isStoreGood = false;
  watch.storeFailed('corrupt', new Error('malformed'));
  await passMinutes(6);
  expect(raised.slice(3)).toEqual(['store_corrupt', 'store_corrupt']);
});

it('a store that does not answer the question says nothing of what waits, and stops no other look', async () => {
  const { state, raised, log, passMinutes } = setUp();
  state.isStoreGood = false;
  state.ageS = 3_600;
  state.backlog = { ...NOTHING, steps: { due: 9, oldestMs: 9 * MINUTE } };
  await passMinutes(1);
  expect(raised).toEqual(['catalog_stale']);
  expect(log.lines.map(({ message }) => message)).toContain('the database could not be looked at');
});

it('raises catalog_unreadable for as long as parts of the catalog are unreadable', async () => {
  const { state, raised, passMinutes } = setUp();
  state.unreadable = 2;
  await passMinutes(6);
  expect(raised).toEqual(['catalog_unreadable', 'catalog_unreadable']);
  state.unreadable = 0;
  await passMinutes(6);
  expect(raised).toHaveLength(2);
});
