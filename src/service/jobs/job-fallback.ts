// Starts a job's next candidate, if its caller allowed a fallback and its cost limit permits it.

import { type EndedAttempt, findNextAttempt } from '../../core/job/attempt.ts';
import type { Job } from '../../core/job/job.ts';
import type { JobStore } from '../../store/ports/job-store.ts';
import type { AfterStep, Lease } from '../../store/ports/lease.ts';
import { aboutJob, type Log } from '../runtime/log.ts';

export interface JobFallback {
  /**
   * Ends the present attempt and begins the next, in one step: the job as it is then, `queued`. Null where there is no
   * next, or the lease is no longer ours: nothing was written.
   */
  turnToNext(job: Job, lease: Lease, ended: EndedAttempt, after: AfterStep): Promise<Job | null>;
}

export function createJobFallback(parts: {
  readonly store: Pick<JobStore, 'getAttempts' | 'beginAttempt'>;
  readonly log: Log;
}): JobFallback {
  const { store, log } = parts;
  return {
    async turnToNext(job, lease, ended, after) {
      if (job.fallback === null) return null;
      const number = findNextAttempt(job, await store.getAttempts([job.id]), ended);
      if (number === null) return null;
      const next = await store.beginAttempt(lease, ended, number, after);
      if (!next) return null;
      log.warn(
        { ...aboutJob(job), model: job.model, ended: ended.error?.code, next: next.model, attempt: number },
        'a candidate failed: trying the next one',
      );
      return next;
    },
  };
}
