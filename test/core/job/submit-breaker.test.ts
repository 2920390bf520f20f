// When buying stops: more than one in a hundred, and more than bad luck.

import { describe, expect, it } from 'vitest';
import { pauseMs, shouldPause } from '../../../src/core/job/submit-breaker.ts';

describe('shouldPause', () => {
  it.each([
    [0, 0, false],
    [1, 1, false],
    [2, 2, false],
    [3, 3, true],
    [3, 10, true],
    [3, 299, true],
    [3, 300, false],
    [10, 1_000, false],
    [11, 1_000, true],
  ])('%i unknown of %i: %s', (unknown, submits, paused) => {
    const target = { client: 'a', model: 'm/1' };
    expect(shouldPause('pair', target, [{ ...target, submits, unknown }])).toBe(paused);
  });
});

describe('pauseMs', () => {
  it('doubles with every trial that failed, up to five minutes', () => {
    expect([0, 1, 2, 3, 4, 50].map(pauseMs)).toEqual([30_000, 60_000, 120_000, 240_000, 300_000, 300_000]);
  });
});
