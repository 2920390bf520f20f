// What the service asks of a store to tell clients' servers how their jobs ended.

import type {
  Callback,
  CallbackAttempt,
  CallbackFormat,
  CallbackStep,
} from '../../core/callbacks/delivery.ts';
import type { Job } from '../../core/job/job.ts';
import type { FairTurns, Lease } from './lease.ts';

export interface CallbackClaim {
  readonly callback: Callback;
  readonly job: Job;
  /** Host of the receiver, whatever its port. */
  readonly host: string;
  /** Null = the gateway's own. */
  readonly format: CallbackFormat | null;
  readonly lease: Lease;
}

export interface CallbackStore {
  /**
   * Makes due what has something new to send: a callback without a lease, whose job stands in a status that is to be
   * sent and was not sent yet. The jobs themselves say which those are, so that no way in which a job can end has
   * to know of callbacks, and a crash between the end of a job and this call loses nothing.
   * @param jobIds the jobs to look at; null = all that may still bring news.
   * @returns how many there were.
   */
  raiseCallbacks(jobIds: readonly string[] | null): Promise<number>;
  /**
   * Due callbacks, now leased to `owner` and one attempt further: at most one per receiving host, oldest due first,
   * none of `exceptHosts`.
   */
  claimCallbacks(
    owner: string,
    limit: number,
    leaseMs: number,
    exceptHosts: readonly string[],
    turns?: FairTurns,
  ): Promise<CallbackClaim[]>;
  /**
   * Writes down what came of an attempt, and gives up the lease. Null: the job had moved on, nothing was sent, and
   * `raiseCallbacks` finds what to send; the same where the job turned to another candidate during the attempt.
   * False where the lease is no longer ours; nothing was written then.
   * @param httpStatus what the receiver answered; null = nothing. Kept with the attempt.
   */
  settleCallback(lease: Lease, step: CallbackStep | null, httpStatus?: number | null): Promise<boolean>;
  /** The latest attempts of a job's callback, oldest first. */
  listCallbackAttempts(jobId: string): Promise<CallbackAttempt[]>;
  /** Milliseconds until the next callback can be claimed (0 = now), hosts and clients left out; null where none will. */
  nextCallbackInMs(exceptHosts: readonly string[], exceptClients?: readonly string[]): Promise<number | null>;
  /** As `JobStore.correctDueTimes`, for callbacks without a lease. */
  correctCallbackTimes(longestMs: number): Promise<number>;
  /** How far the callbacks of these jobs are, where they have one. */
  getCallbacks(jobIds: readonly string[]): Promise<Callback[]>;
}
