// How a model has done: counted as it was seen, with no belief beside it.

import { expect, it } from 'vitest';
import { healthOf } from '../../../src/core/learning/model-health.ts';
import type { JobObservation } from '../../../src/core/learning/observation.ts';

const seen = (status: JobObservation['status'], seconds: number | null, endedAt = 0) =>
  ({ status, tookMs: seconds === null ? null : seconds * 1000, endedAt }) as JobObservation;

it('counts what ended with a clip and how long that took; a cancelled job says nothing', () => {
  const observations = [
    seen('completed', 10, 5),
    seen('completed', 30, 9),
    seen('completed', null),
    seen('failed', 99),
    seen('cancelled', 1),
  ];
  expect(healthOf('a/one', observations)).toEqual({
    model: 'a/one',
    ended: 4,
    completed: 3,
    p50S: 10,
    p90S: 30,
    lastEndedAt: 9,
  });
});

it('has no seconds where none was timed, and is nothing where nothing was seen', () => {
  expect(healthOf('a/one', [seen('failed', 3)])).toMatchObject({ completed: 0, p50S: null, p90S: null });
  expect(healthOf('a/one', [])).toBeNull();
  expect(healthOf('a/one', [seen('cancelled', 3)])).toBeNull();
});
