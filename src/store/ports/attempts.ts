// What the service asks of a store about a job's attempts: one candidate's turn each, planned ones included.

import type { Attempt, EndedAttempt } from '../../core/job/attempt.ts';
import type { Job } from '../../core/job/job.ts';
import type { NonceOwner } from '../../core/job/upstream-webhook.ts';
import type { AfterStep, Lease } from './lease.ts';

export interface AttemptStore {
  /** The job, and the attempt of it, that a nonce was sent for; null where it was sent for none. */
  findByNonce(nonce: string): Promise<NonceOwner | null>;
  /**
   * Ends the present attempt and begins the planned attempt `number` in one step: the job is `queued` again, with that
   * candidate's body and nonce and none of the outcome of the last. Null where the lease is no longer ours. A repetition,
   * for which that attempt is begun already and was never sent, is answered with the job as it is. Throws where the
   * present attempt cannot end so, or `number` is not one that is still planned.
   */
  beginAttempt(lease: Lease, ended: EndedAttempt, number: number, after: AfterStep): Promise<Job | null>;
  /** Attempts of jobs that may have several, planned ones included, in order; nothing for the others. */
  getAttempts(jobIds: readonly string[]): Promise<Attempt[]>;
}
