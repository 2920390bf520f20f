// What callers do to their jobs beside ordering them: cancel, erase; and what operators do about their bills.

import { ClipgateError } from '../../core/errors.ts';
import { isTerminal, type Job } from '../../core/job/job.ts';
import type { MicroUsd } from '../../core/money.ts';
import type { Act } from '../../store/ports/audit.ts';
import type { JobStore } from '../../store/ports/job-store.ts';
import type { Erasure } from '../clips/erasure.ts';
import type { Jobs } from './jobs.ts';

export interface JobActs {
  /** `clientId` null = any client's. @throws ClipgateError not_found, not_cancellable. */
  cancel(jobId: string, clientId: string | null, by: Act): Promise<Job>;
  /**
   * Removes request, media and clips of a job that has ended, now and for good; what it cost stays. Safe to repeat.
   * @throws ClipgateError not_found, not_ended; ClipStorageError where a clip is still to be removed.
   */
  erase(jobId: string, clientId: string | null, by: Act): Promise<void>;
  /**
   * Enters a bill from an invoice. @param attempt null = the present one.
   * @throws ClipgateError not_found, not_ended, bill_known.
   */
  enterBill(jobId: string, bill: { attempt: number | null; microUsd: MicroUsd }, by: Act): Promise<Job>;
}

export interface JobActsParts {
  readonly store: Pick<JobStore, 'cancelJob' | 'enterBill' | 'recordAction'>;
  readonly jobs: Pick<Jobs, 'get'>;
  readonly erasure: Erasure;
}

export function createJobActs({ store, jobs, erasure }: JobActsParts): JobActs {
  return {
    async cancel(jobId, clientId, by) {
      await jobs.get(jobId, clientId);
      const cancelled = await store.cancelJob(jobId, by);
      if (cancelled) return cancelled;
      const { status } = await jobs.get(jobId, clientId);
      throw new ClipgateError(
        'not_cancellable',
        `This job is ${status}. Only a queued job can be cancelled.`,
        { details: { jobId, jobStatus: status } },
      );
    },

    async erase(jobId, clientId, by) {
      const job = await jobs.get(jobId, clientId);
      if (!isTerminal(job.status)) throw notEnded(job);
      const isErased = job.bodyErasedAt !== null && job.clipsRemovedAt !== null;
      // On record before anything is gone.
      if (!isErased) await store.recordAction(jobId, 'erase', by);
      await erasure.eraseBody(jobId);
      await erasure.removeClips(jobId);
    },

    async enterBill(jobId, { attempt, microUsd }, by) {
      const result = await store.enterBill(jobId, { attempt, microUsd, isByok: null }, by);
      switch (result?.kind) {
        case undefined:
          throw new ClipgateError('not_found', 'Not found.');
        case 'not_ended':
          throw notEnded(result.job);
        case 'known':
          throw new ClipgateError(
            'bill_known',
            'The bill of this job is already known and cannot be changed.',
            {
              details: { jobId, jobStatus: result.job.status },
            },
          );
        case 'entered':
          return result.job;
      }
    },
  };
}

const notEnded = ({ id, status }: Job) =>
  new ClipgateError('not_ended', `This job is ${status}. Wait until it has ended.`, {
    details: { jobId: id, jobStatus: status },
  });
