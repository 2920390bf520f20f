// Waiting out a refusal: as told, else by age, never past the deadline, never for a caller who waits.

import { describe, expect, it } from 'vitest';
import { nextTryMs } from '../../../src/core/job/submit-backoff.ts';

const NOW = 1_000_000;
const job = (ageMs: number, patienceMs: number | null = 600_000) => ({
  createdAt: NOW - ageMs,
  patienceMs,
});

describe('nextTryMs', () => {
  it.each<[string, number, number | null, number | null]>([
    ['what upstream asked for', 0, 30, 30_000],
    ['at least a second, whatever was asked', 0, 0, 1_000],
    ['two seconds at first', 0, null, 2_000],
    ['half of its age later', 60_000, null, 30_000],
    ['a minute at most', 500_000, null, 60_000],
    ['up to the deadline', 570_000, 30, 30_000],
    ['not past it', 570_001, 30, null],
    ['not at all where the time told lies past it', 0, 3_600, null],
  ])('waits %s', (_name, ageMs, toldS, wait) => {
    expect(nextTryMs(job(ageMs), toldS, NOW, 0)).toBe(wait);
  });

  it('never waits where the caller does', () => {
    expect(nextTryMs(job(0, null), 1, NOW, 0)).toBeNull();
  });

  it('spreads tries, and never before the time told', () => {
    expect(nextTryMs(job(0), 30, NOW, 0.999)).toBe(32_997);
  });

  it('takes a clock that went back for no time passed', () => {
    expect(nextTryMs(job(-5_000), null, NOW, 0)).toBe(2_000);
  });
});
