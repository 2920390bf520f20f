// Lost service: a refused key, no credits, an old catalog and ten minutes without an accepted submit, and nothing else, raise alarms.

import { expect, it } from 'vitest';
import type { SubmitOutcome } from '../../../src/outbound/openrouter/submit.ts';
import { createServiceWatch } from '../../../src/service/runtime/service-watch.ts';

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

function setUp() {
  const state = { now: 0, ageS: 0 as number | null };
  const raised: string[] = [];
  const watch = createServiceWatch({
    catalogAgeS: () => state.ageS,
    monotonic: () => state.now,
    alarms: { raise: (alarm) => void raised.push(alarm) },
  });
  return { state, raised, watch };
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
])('raises catalog_stale for %s', (_name, ageS) => {
  const { state, raised, watch } = setUp();
  watch.sweep();
  state.now = 60 * MINUTE - 1;
  watch.sweep();
  expect(raised).toEqual([]);
  state.now = 60 * MINUTE;
  state.ageS = ageS;
  watch.sweep();
  expect(raised).toEqual(['catalog_stale']);
});

it('raises no_submit_accepted after ten minutes of tries, not where one was accepted or nothing was tried', () => {
  const tryFor = (minutes: number, acceptAt: number | null) => {
    const { state, raised, watch } = setUp();
    for (let minute = 0; minute <= minutes; minute++) {
      state.now = minute * MINUTE;
      watch.submitEnded(minute === acceptAt ? ACCEPTED : NOT_SENT);
      watch.sweep();
    }
    return raised;
  };
  expect(tryFor(9, null)).toEqual([]);
  expect(tryFor(10, null)).toEqual(['no_submit_accepted']);
  expect(tryFor(12, 5)).toEqual([]);

  const { state, raised, watch } = setUp();
  for (let n = 0; n < 5; n++) watch.submitEnded(NOT_SENT);
  state.now = 30 * MINUTE;
  watch.sweep();
  expect(raised).toEqual([]);
});
