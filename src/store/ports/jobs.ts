// What the service asks of a store about jobs: made once, claimed, moved forward under a lease, read.

import type { CallbackFormat } from '../../core/callbacks/delivery.ts';
import type { PlannedAttempt } from '../../core/job/attempt.ts';
import type { Job, JobChange, JobStatus, SubmitBody } from '../../core/job/job.ts';
import type { Origin } from '../../core/origin.ts';
import type { OrderAnswer } from './answers.ts';
import type { AfterStep, Claim, FairTurns, Lease } from './lease.ts';

/** How many jobs of a client, or bought with a key, may run at once, and wait for those to end. */
export interface RunningSlots {
  readonly scope: 'key' | 'client';
  /** The key's `line`, or the client's name. */
  readonly id: string;
  /** Null = any number. */
  readonly max: number | null;
  readonly maxWaiting: number;
}

/** A job about to be written for the first time; the store sets the times, `version` 1 and empty outcome fields. */
export type JobIntent = Pick<
  Job,
  'id' | 'clientId' | 'model' | 'nonce' | 'expectedMs' | 'estimatedMicroUsd'
> & {
  /** The whole body, which the store keeps apart where it is long. */
  readonly request: SubmitBody;
  /** The key it was ordered with; absent = null. */
  readonly keyId?: string | null;
  /** As `Job.listMicroUsd`; absent = null. */
  readonly listMicroUsd?: number | null;
  /** How many jobs may run at once beside it; absent or empty = any number. */
  readonly slots?: readonly RunningSlots[];
  /** Whether the job waits as `queued` where as many run as may; else it is refused. */
  readonly mayWait?: boolean;
  /** As `Job.ceilingMicroUsd`; absent = null. */
  readonly ceilingMicroUsd?: number | null;
  /** The client's address for the callback about how the job ended, if any. */
  readonly callbackUrl?: string | null;
  /** As `Job.tags`; absent = none. */
  readonly tags?: readonly string[];
  /** As `Job.reference`; absent = null. */
  readonly reference?: string | null;
  /** The request that orders it; absent = unknown. */
  readonly origin?: Origin | null;
  /** Absent = the gateway's own. */
  readonly callbackFormat?: CallbackFormat | null;
  /** What an identical order is known by, should the answer to this one be lost; absent = nothing. */
  readonly answer?: OrderAnswer | null;
  /** JSON of the plan it is bought by, kept beside it; absent = none. */
  readonly plan?: string | null;
  /** The caller's Idempotency-Key with the hash of the body it came with. */
  readonly idempotency: { readonly key: string; readonly bodyHash: string } | null;
  readonly patienceMs?: number | null;
  /** The job whose intent this one sends again. */
  readonly resubmitOf?: string | null;
  /** Allows that although another job stands in that one's place. */
  readonly acceptDoubleCharge?: boolean;
  /** The first attempt is the job itself; these follow it in order. */
  readonly fallback?: {
    readonly maxTotalMicroUsd: number;
    readonly maxAttempts: number;
    /** What the first attempt may cost at most; null = unknown. */
    readonly highMicroUsd: number | null;
    readonly others: readonly PlannedAttempt[];
  } | null;
};

export type CreateResult =
  /** `budgeted` where a budget holds what it may cost. */
  | { readonly kind: 'created'; readonly claim: Claim; readonly budgeted: boolean }
  /** As many jobs run as may: it is sent by `startWaiting`, once one has ended. */
  | { readonly kind: 'waiting'; readonly job: Job; readonly budgeted: boolean }
  /** The same key and body came before: that job, nothing written. */
  | { readonly kind: 'replayed'; readonly job: Job }
  /** The same key came before with another body. */
  | { readonly kind: 'key_reused'; readonly jobId: string };

export interface ListQuery {
  /** Null = of every client: for operators. */
  readonly clientId: string | null;
  readonly limit: number;
  /** Only jobs older than this job id. */
  readonly before: string | null;
  /** Any of these; empty = every status. */
  readonly statuses: readonly JobStatus[];
  readonly model: string | null;
  readonly tag: string | null;
  readonly reference: string | null;
  readonly keyId: string | null;
  /** Created from `since` up to, not including, `until`; epoch milliseconds. */
  readonly since: number | null;
  readonly until: number | null;
  /** Default: newest first. With `oldest`, `before` names the job after which the page begins. */
  readonly order?: 'newest' | 'oldest';
  /** True leaves out what its client removed from the list of videos. */
  readonly listedOnly?: boolean;
}

export interface JobRecords {
  /**
   * One transaction: the job as `queued`, its idempotency row, and a lease for `owner`. A key whose job was not bought
   * for certain, or that is older than 60 days, is free again: the new job sends the old one's intent again where the
   * body is the same. A job that was sent again is answered for by the one in its place (`findReplacements`).
   * @throws ClipgateError too_many_running_jobs; too_many_waiting_jobs; double_charge_not_accepted where another job stands in the place of `resubmitOf`.
   */
  createJob(intent: JobIntent, owner: string, leaseMs: number): Promise<CreateResult>;
  /** The job a key stands for and the hash of the body it came with, or null where the key is free. */
  findIdempotent(
    clientId: string,
    key: string,
  ): Promise<{ readonly job: Job; readonly bodyHash: string } | null>;
  /**
   * By the id of each of these jobs the newest that was made of the same intent since, and was or may yet be bought:
   * sending that intent again would buy it twice. A job that was refused replaces none.
   */
  findReplacements(jobIds: readonly string[]): Promise<ReadonlyMap<string, Job>>;
  /**
   * Makes due as many of the jobs that wait for others to end as may run now, oldest first. Resolves to how many were
   * started, and whether any wait on.
   */
  startWaiting(): Promise<{ readonly started: number; readonly isWaiting: boolean }>;
  /** Jobs that are due and not leased to anyone, oldest due first, now leased to `owner`. */
  claimDue(owner: string, limit: number, leaseMs: number, turns?: FairTurns): Promise<Claim[]>;
  /**
   * Makes due now what is due further away than any pause can be: the clock was ahead when that was written. Resolves to
   * how many jobs there were. A submit under way is left to its lease.
   * @param polledMs longest pause of a job that upstream works on, or the longest lease of a poll.
   * @param otherMs longest pause of any other job.
   */
  correctDueTimes(longest: { readonly polledMs: number; readonly otherMs: number }): Promise<number>;
  /**
   * Saves one step. Null where the lease is no longer ours (nothing was written). Throws on a step backwards, and on
   * another upstream id than the one the job is bound to; with `upstream_id_taken` where the id belongs to another job,
   * or to an attempt that is over. A job that has ended gets its `finishedAt` where the change
   * has none, and is never due again, whatever `after` says: only a completed one may be, for its clip's sake. An
   * empty change only moves lease and schedule: `version` and `updatedAt` stay and no watcher is called. One of nothing
   * but polls and what they missed is no news either: of those only `updatedAt` moves.
   */
  saveStep(lease: Lease, change: JobChange, after: AfterStep): Promise<Job | null>;
  /**
   * Ties an upstream id to a job that is `submitting` or `submission_unknown`, or `queued` to be sent again, even if
   * another process holds its lease: the id of a paid video outranks any lease. The job becomes `pending`, free and due
   * at once, so its holder's next save is answered with null. A job that has this id already is returned as it is. Null
   * where the job has another id or has moved on without one, where the id belongs to another job or attempt, and where
   * `attempt` is given and the job has moved on to another.
   */
  bindUpstream(
    jobId: string,
    bound: { upstreamId: string; generationId: string | null; attempt?: number },
  ): Promise<Job | null>;
  /**
   * Rejects a job that `createJob` may have made for `owner` although it failed: one that is still `queued`, held by
   * `owner` and was never sent. Null where there is none, which is as good.
   */
  withdrawJob(jobId: string, owner: string): Promise<Job | null>;
  /** Makes a job that upstream works on due at once. False where a process holds it, or there is nothing to ask. */
  makeDue(jobId: string): Promise<boolean>;
  /** Gives up every lease of `owner`, on jobs and on callbacks, so that others (or the next boot) need not wait for them to run out. */
  releaseLeases(owner: string): Promise<void>;
  /** One client's job, or null: another client's job is as missing as one that never was. */
  getJob(id: string, clientId: string): Promise<Job | null>;
  /** JSON of the plan that a job was bought by; null where none was kept. */
  getJobPlan(jobId: string): Promise<string | null>;
  /** A job, whichever client it belongs to: for operators and webhooks. */
  findJob(id: string): Promise<Job | null>;
  /** One client's job by the id upstream gave it. */
  getJobByUpstreamId(upstreamId: string, clientId: string): Promise<Job | null>;
  /** Removes a job that has ended from its client's list of videos. False where there is none. */
  hideJob(id: string, clientId: string): Promise<boolean>;
  listJobs(query: ListQuery): Promise<Job[]>;
  /** Jobs that have not ended, by status; a status without any is absent. */
  countOpenJobs(clientId?: string | null): Promise<ReadonlyMap<JobStatus, number>>;
  /** Jobs that have ended since then, epoch milliseconds, by the status they ended in. `clientId` null = of every client. */
  countEndedJobs(clientId: string | null, since: number): Promise<ReadonlyMap<JobStatus, number>>;
  /** Milliseconds until the next job can be claimed (0 = now), the end of a lease included; null where none will. */
  nextDueInMs(exceptClients?: readonly string[]): Promise<number | null>;
  /**
   * Calls back with the id of every job created, changed or released from now on, by any process on this store.
   * Returns what ends it. May call back more often than there were changes.
   */
  onJobChanged(listener: (jobId: string) => void): () => void;
  /** Removes idempotency keys that have been free for 30 days by their age, oldest first, at most `limit`; resolves to how many. */
  purgeKeys(limit: number): Promise<number>;
}
