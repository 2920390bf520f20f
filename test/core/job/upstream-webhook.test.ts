// What a webhook means: never believed, never ignored where it matters, never stronger than an end on record.

import { describe, expect, it } from 'vitest';
import type { Attempt } from '../../../src/core/job/attempt.ts';
import type { Job, JobStatus } from '../../../src/core/job/job.ts';
import { judgeWebhook } from '../../../src/core/job/upstream-webhook.ts';

const job = (status: JobStatus, upstreamId: string | null, submittedAt: number | null = 1) =>
  ({ id: 'job_1', status, upstreamId, submittedAt }) as Job;
const judge = (status: JobStatus, upstreamId: string | null, said: string, submittedAt?: number | null) => {
  const verdict = judgeWebhook(
    { job: job(status, upstreamId, submittedAt), ended: null },
    { upstreamId: 'u1', status: said },
  );
  return verdict.kind === 'alarm' ? verdict.alarm : verdict.kind;
};

describe('judgeWebhook', () => {
  it.each<[JobStatus, string | null, string, string]>([
    ['submitting', null, 'completed', 'confirm'],
    ['submission_unknown', null, 'completed', 'confirm'],
    ['submission_unknown', null, 'failed', 'confirm'],
    ['queued', null, 'completed', 'confirm'],
    ['pending', 'u1', 'completed', 'follow'],
    ['in_progress', 'u1', 'failed', 'follow'],
    ['pending', 'u1', 'brand_new_status', 'follow'],
    ['completed', 'u1', 'constructor', 'known'],
    ['completed', 'u1', '__proto__', 'known'],
    ['completed', 'u1', 'completed', 'known'],
    ['failed', 'u1', 'failed', 'known'],
    ['failed', 'u1', 'dead', 'known'],
    ['completed', 'u1', 'brand_new_status', 'known'],
    ['completed', 'u1', 'failed', 'webhook_other_end'],
    ['expired', 'u1', 'completed', 'webhook_other_end'],
    ['failed', 'u1', 'completed', 'webhook_other_end'],
    ['pending', 'u2', 'completed', 'webhook_other_id'],
    ['completed', 'u2', 'completed', 'webhook_other_id'],
    ['rejected', null, 'completed', 'webhook_after_close'],
    ['not_accepted', null, 'completed', 'webhook_after_close'],
    ['written_off', null, 'failed', 'webhook_after_close'],
  ])('%s, bound to %s, told %s: %s', (status, upstreamId, said, verdict) => {
    expect(judge(status, upstreamId, said)).toBe(verdict);
  });

  it('cannot be about a job that has not been sent', () => {
    expect(judge('queued', null, 'completed', null)).toBe('webhook_before_submit');
  });

  it('judges an earlier attempt by how that one ended, not by the job', () => {
    const ended = (status: JobStatus, upstreamId: string | null) => ({ status, upstreamId }) as Attempt;
    const verdicts = [ended('failed', 'u1'), ended('failed', 'u2'), ended('rejected', null)].map((attempt) =>
      judgeWebhook(
        { job: job('submission_unknown', null), ended: attempt },
        { upstreamId: 'u1', status: 'failed' },
      ),
    );
    // Never `confirm`: that would bind a failed id to a submit whose outcome is unknown.
    expect(verdicts).toEqual([
      { kind: 'known' },
      { kind: 'alarm', alarm: 'webhook_other_id' },
      { kind: 'alarm', alarm: 'webhook_after_close' },
    ]);
  });
});
