// Sending again: free where nothing was bought, at one's own risk where something was, pointless where there is a clip.

import { describe, expect, it } from 'vitest';
import type { Attempt } from '../../../src/core/job/attempt.ts';
import type { Job, JobStatus } from '../../../src/core/job/job.ts';
import { type IntentHistory, isResubmitSafe, judgeResubmit } from '../../../src/core/job/resubmission.ts';

const NOTHING: IntentHistory = { earlier: [], resent: false };
const judge = (status: JobStatus, changes: Partial<Job> = {}, history: Partial<IntentHistory> = {}) =>
  judgeResubmit({ status, actualMicroUsd: null, isByok: null, ...changes } as Job, {
    ...NOTHING,
    ...history,
  });

describe('judgeResubmit', () => {
  it.each<[JobStatus, string]>([
    ['queued', 'nothing_to_resubmit'],
    ['submitting', 'nothing_to_resubmit'],
    ['pending', 'nothing_to_resubmit'],
    ['in_progress', 'nothing_to_resubmit'],
    ['completed', 'nothing_to_resubmit'],
    ['failed', 'double_charge'],
    ['cancelled', 'double_charge'],
    ['expired', 'double_charge'],
    ['submission_unknown', 'double_charge'],
    ['written_off', 'double_charge'],
    ['rejected', 'none'],
    ['not_accepted', 'none'],
  ])('%s: %s', (status, risk) => {
    expect(judge(status)).toBe(risk);
  });

  it('is free of risk no more where another job stands in its place', () => {
    expect(judge('rejected', {}, { resent: true })).toBe('double_charge');
    expect(judge('failed', { actualMicroUsd: 0 }, { resent: true })).toBe('double_charge');
    expect(isResubmitSafe({ status: 'rejected' }, { earlier: [], resent: true })).toBe(false);
  });

  it.each<[string, Partial<Attempt>, boolean]>([
    ['was refused', { status: 'rejected', actualMicroUsd: null }, true],
    ['was passed over', { status: null, actualMicroUsd: null }, true],
    ['failed and was billed 0', { status: 'failed', actualMicroUsd: 0 }, true],
    ['failed without a word of a bill', { status: 'failed', actualMicroUsd: null }, false],
    ['failed and was billed', { status: 'failed', actualMicroUsd: 1 }, false],
  ])('asks every attempt: one that %s', (_name, attempt, safe) => {
    const history = { earlier: [attempt as Attempt], resent: false };
    for (const status of ['rejected', 'not_accepted'] as const) {
      expect(isResubmitSafe({ status }, history)).toBe(safe);
      expect(judge(status, {}, history)).toBe(safe ? 'none' : 'double_charge');
    }
    expect(judge('failed', { actualMicroUsd: 0 }, history)).toBe(safe ? 'none' : 'double_charge');
  });

  it('takes a bill of 0 for proof, but not on a provider key of our own', () => {
    expect(judge('failed', { actualMicroUsd: 0 })).toBe('none');
    expect(judge('failed', { actualMicroUsd: 0, isByok: true })).toBe('double_charge');
    expect(judge('cancelled', { actualMicroUsd: 0 })).toBe('double_charge');
  });
});
