// Sending again: free where nothing was bought, at one's own risk where something was, pointless where there is a clip.

import { describe, expect, it } from 'vitest';
import type { Job, JobStatus } from '../../src/core/job.ts';
import { judgeResubmit } from '../../src/core/resubmission.ts';

const judge = (status: JobStatus, changes: Partial<Job> = {}) =>
  judgeResubmit({ status, actualMicroUsd: null, isByok: null, ...changes } as Job);

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

  it('takes a bill of 0 for proof, but not on a provider key of our own', () => {
    expect(judge('failed', { actualMicroUsd: 0 })).toBe('none');
    expect(judge('failed', { actualMicroUsd: 0, isByok: true })).toBe('double_charge');
    expect(judge('cancelled', { actualMicroUsd: 0 })).toBe('double_charge');
  });
});
