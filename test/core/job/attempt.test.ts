// Falling back: only on proof that nothing was bought, never past what the caller allowed.

import { describe, expect, it } from 'vitest';
import {
  type Attempt,
  type EndedAttempt,
  findNextAttempt,
  isUnbilledFailure,
  mayFollow,
} from '../../../src/core/job/attempt.ts';
import { JOB_STATUSES, type Job } from '../../../src/core/job/job.ts';
import type { PollResult } from '../../../src/core/job/poll-result.ts';

type Answer = Extract<PollResult, { kind: 'answer' }>;
const answer = (changes: Partial<Answer>): PollResult => ({
  kind: 'answer',
  status: 'failed',
  generationId: null,
  outputCount: 0,
  costUsd: null,
  isByok: null,
  error: 'flagged',
  ...changes,
});

describe('isUnbilledFailure', () => {
  it.each<[string, PollResult, boolean]>([
    ['failed without usage', answer({ noUsage: true }), true],
    ['failed with a cost of 0', answer({ costUsd: 0 }), true],
    ['failed with a cost of 0 and no key of ours', answer({ costUsd: 0, isByok: false }), true],
    ['failed with a cost of null', answer({}), false],
    ['failed with a cost', answer({ costUsd: 0.01 }), false],
    ['failed with 0 on our own provider key', answer({ costUsd: 0, isByok: true }), false],
    ['cancelled', answer({ status: 'cancelled', noUsage: true }), false],
    ['expired', answer({ status: 'expired', noUsage: true }), false],
    ['dead', answer({ status: 'dead', noUsage: true }), false],
    ['completed', answer({ status: 'completed', costUsd: 0 }), false],
    ['gone', { kind: 'missing' }, false],
    ['a poll that failed', { kind: 'failed', reason: 'timeout' }, false],
  ])('%s: %s', (_name, seen, unbilled) => {
    expect(isUnbilledFailure(seen)).toBe(unbilled);
  });
});

describe('mayFollow', () => {
  it('is true of a refusal and a failure alone, never of an unknown', () => {
    expect(JOB_STATUSES.filter(mayFollow)).toEqual(['failed', 'rejected']);
  });
});

describe('findNextAttempt', () => {
  const REJECTED: EndedAttempt = { status: 'rejected' };
  const FAILED: EndedAttempt = { status: 'failed', actualMicroUsd: null };
  const attempt = (number: number, changes: Partial<Attempt> = {}): Attempt => ({
    jobId: 'job_1',
    number,
    model: `a/${number}`,
    status: null,
    upstreamId: null,
    error: null,
    startedAt: null,
    finishedAt: null,
    actualMicroUsd: null,
    estimatedMicroUsd: 90,
    highMicroUsd: 100,
    ...changes,
  });
  const job = (number: number, maxTotalMicroUsd = 1_000, maxAttempts = 3) =>
    ({ attempt: number, fallback: { maxAttempts, maxTotalMicroUsd } }) as Job;
  const three = [attempt(1), attempt(2), attempt(3)];

  it('takes the next in order', () => {
    expect(findNextAttempt(job(1), three, REJECTED)).toBe(2);
    const second = [attempt(1, { status: 'rejected' }), attempt(2), attempt(3)];
    expect(findNextAttempt(job(2), second, REJECTED)).toBe(3);
  });

  it('ends with the last, with the most allowed, and where nothing was allowed', () => {
    expect(findNextAttempt(job(1), [attempt(1)], REJECTED)).toBeNull();
    expect(findNextAttempt(job(1, 1_000, 1), three, REJECTED)).toBeNull();
    expect(findNextAttempt({ ...job(1), fallback: null }, three, REJECTED)).toBeNull();
  });

  it.each<[string, number, EndedAttempt, number | null]>([
    ['a refused one counts nothing', 100, REJECTED, 2],
    ['a failed one of unknown bill counts the most it can have cost', 199, FAILED, null],
    ['and the cap may be met exactly', 200, FAILED, 2],
    ['a failed one that was billed 0 counts 0', 100, { status: 'failed', actualMicroUsd: 0 }, 2],
    ['nothing fits', 99, REJECTED, null],
  ])('holds the cap: %s', (_name, cap, ended, next) => {
    expect(findNextAttempt(job(1, cap), three, ended)).toBe(next);
  });

  it('passes over a candidate that is too dear or that nobody can price', () => {
    const dear = [attempt(1), attempt(2, { highMicroUsd: 999 }), attempt(3)];
    expect(findNextAttempt(job(1, 300), dear, REJECTED)).toBe(3);
    expect(
      findNextAttempt(job(1, 300), [attempt(1), attempt(2, { highMicroUsd: null })], REJECTED),
    ).toBeNull();
  });

  it('never spends after an attempt that may have cost anything', () => {
    const endless = [attempt(1, { highMicroUsd: null }), attempt(2)];
    expect(findNextAttempt(job(1, 1e12), endless, FAILED)).toBeNull();
  });

  it('never goes back to a candidate it has passed over', () => {
    const third = [attempt(1, { status: 'rejected' }), attempt(2), attempt(3)];
    expect(findNextAttempt(job(3), third, REJECTED)).toBeNull();
  });
});
