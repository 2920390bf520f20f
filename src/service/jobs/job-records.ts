// What its owner is shown of a job beside its row: outputs, earlier attempts, its callback, whether it was sent again.

import type { Callback } from '../../core/callbacks/delivery.ts';
import type { Attempt } from '../../core/job/attempt.ts';
import { isNotPurchased, type Job, type StoredOutput } from '../../core/job/job.ts';
import type { JobStore } from '../../store/ports/job-store.ts';

/** A job with all that its owner is shown of it. */
export interface JobRecord {
  readonly job: Job;
  /** What the archive holds of its clips. */
  readonly outputs: readonly StoredOutput[];
  /** Its attempts before the present one. */
  readonly earlier: readonly Attempt[];
  /** True where it was refused or failed, and another job of its intent was bought since, or may yet be. */
  readonly resent: boolean;
  /** Delivery status of the callback; null if the job has no `callback_url`. */
  readonly callback: Callback | null;
}

export interface JobRecords {
  /** A job with what is kept beside it. */
  recordOf(job: Job): Promise<JobRecord>;
  /** The same of many, in their order. */
  recordsOf(jobs: readonly Job[]): Promise<JobRecord[]>;
}

export type JobRecordStore = Pick<
  JobStore,
  'findReplacements' | 'getAttempts' | 'getCallbacks' | 'getOutputs'
>;

export function createJobRecords(store: JobRecordStore): JobRecords {
  async function recordsOf(jobs: readonly Job[]): Promise<JobRecord[]> {
    const idsWhere = (has: (job: Job) => boolean) => jobs.filter(has).map(({ id }) => id);
    const completed = idsWhere(({ status }) => status === 'completed');
    const several = idsWhere(({ attempt }) => attempt > 1);
    const sentAgain = idsWhere(({ status }) => isNotPurchased(status) || status === 'failed');
    const told = idsWhere(({ callbackUrl }) => callbackUrl !== null);
    const [outputs, attempts, standIns, callbacks] = await Promise.all([
      completed.length > 0 ? store.getOutputs(completed) : [],
      several.length > 0 ? store.getAttempts(several) : [],
      sentAgain.length > 0 ? store.findReplacements(sentAgain) : null,
      told.length > 0 ? store.getCallbacks(told) : [],
    ]);
    const ended = attempts.filter(({ status }) => status !== null);
    return jobs.map((job) => ({
      job,
      outputs: outputs.filter(({ jobId }) => jobId === job.id),
      earlier: ended.filter(({ jobId, number }) => jobId === job.id && number < job.attempt),
      resent: standIns?.has(job.id) ?? false,
      callback: callbacks.find(({ jobId }) => jobId === job.id) ?? null,
    }));
  }

  return {
    recordsOf,

    async recordOf(job) {
      const [record] = await recordsOf([job]);
      return record ?? { job, outputs: [], earlier: [], resent: false, callback: null };
    },
  };
}
