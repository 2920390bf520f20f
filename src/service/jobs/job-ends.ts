// Reports the end of every job and every bill that this process writes: once each, after the write is durable.

import { isTerminal, type Job } from '../../core/job/job.ts';
import type { JobStore } from '../../store/ports/job-store.ts';

export interface JobEnds {
  /** A job that ended. */
  ended(job: Job): void;
  /** The bill of a job became known, at its end or later. */
  billed(job: Job): void;
}

/**
 * The store, watched. Every statement that can end a job is a member of the store, whatever part of the service calls
 * it: watched here, none of them has to know of logs and metrics. A write that is repeated because its answer was lost
 * may be reported twice.
 */
export function watchJobEnds(store: JobStore, ends: JobEnds): JobStore {
  function note(job: Job | null): void {
    if (!job || !isTerminal(job.status)) return;
    ends.ended(job);
    if (job.actualMicroUsd !== null) ends.billed(job);
  }

  return {
    ...store,
    async saveStep(lease, change, after) {
      const saved = await store.saveStep(lease, change, after);
      if (change.status !== undefined) note(saved);
      else if (saved && typeof change.actualMicroUsd === 'number') ends.billed(saved);
      return saved;
    },
    async withdrawJob(jobId, owner) {
      const withdrawn = await store.withdrawJob(jobId, owner);
      note(withdrawn);
      return withdrawn;
    },
    async resolveUnknown(jobId, resolution, by) {
      const result = await store.resolveUnknown(jobId, resolution, by);
      if (result?.kind === 'resolved') note(result.job);
      return result;
    },
  };
}
