// Fallback: which candidate a job tries next, and what proves that an attempt was not billed.

import { saysFailed } from './advance.ts';
import type { Job, JobChange, JobError, JobStatus, SubmitBody } from './job.ts';
import type { PollResult } from './poll-result.ts';

/** A candidate a job may turn to, kept with the job from its first moment. */
export interface PlannedAttempt {
  readonly model: string;
  readonly request: SubmitBody;
  /**
   * Its own, not the job's: a late webhook of an earlier attempt must not be taken for news of this one, or a failed
   * id would be bound to a submit whose outcome is unknown.
   */
  readonly nonce: string;
  readonly expectedMs: number | null;
  readonly estimatedMicroUsd: number | null;
  /** As `Job.listMicroUsd`. */
  readonly listMicroUsd: number | null;
  /** What it may cost at most by the estimate; null = unknown. */
  readonly highMicroUsd: number | null;
}

/** One candidate's turn: planned while `status` is null, over once it has one. */
export interface Attempt {
  readonly jobId: string;
  /** From 1. */
  readonly number: number;
  readonly model: string;
  readonly status: JobStatus | null;
  readonly upstreamId: string | null;
  readonly error: JobError | null;
  readonly startedAt: number | null;
  readonly finishedAt: number | null;
  readonly actualMicroUsd: number | null;
  readonly estimatedMicroUsd: number | null;
  readonly highMicroUsd: number | null;
}

/** How an attempt ended that another may follow. */
export type EndedAttempt = JobChange & { readonly status: 'rejected' | 'failed' };

/** Where an attempt may end so that another follows: upstream said no, or the job failed. Never an unknown. */
export const mayFollow = (status: JobStatus | undefined): status is EndedAttempt['status'] =>
  status === 'rejected' || status === 'failed';

/**
 * The one proof that what upstream accepted was not billed: its own word that it cost exactly 0. A cost of null is
 * unknown, no word at all is no word, and on a key of one's own the provider bills what upstream calls 0.
 */
export const isBilledNothing = (cost: number | null, isByok: boolean | null): boolean =>
  cost === 0 && isByok !== true;

/**
 * True where an attempt that is over bought nothing for certain, or never had its turn. Whether it ran on a key of
 * one's own need not be asked: none that did is followed by another (`isUnbilledFailure`).
 */
export const isUnsoldAttempt = ({ status, actualMicroUsd }: Attempt): boolean =>
  status === null || status === 'rejected' || isBilledNothing(actualMicroUsd, null);

/**
 * True where another candidate may follow a job that upstream calls `failed`: it was billed nothing, or the answer has
 * no `usage` at all (as every failed job recorded so far). The latter is no proof, and taken for one nowhere else: the
 * caller who allowed a fallback agreed to a total that counts such an attempt with the most it can have cost
 * (`findNextAttempt`). `cancelled`, `expired` and `dead` never: a provider may have made the clip and charged for it.
 */
export function isUnbilledFailure(seen: PollResult): boolean {
  if (seen.kind !== 'answer' || !saysFailed(seen.status) || seen.isByok === true) return false;
  return seen.noUsage === true || isBilledNothing(seen.costUsd, seen.isByok);
}

/**
 * The number of the attempt that may follow the present one, or null where the job ends with it.
 *
 * The cap holds even if our proof of "not billed" were wrong: an attempt that upstream accepted counts with what it
 * was billed, and where that is not known with the most it could have cost. Only a refused one counts nothing.
 * @param attempts every attempt of the job, planned ones included.
 */
export function findNextAttempt(job: Job, attempts: readonly Attempt[], ended: EndedAttempt): number | null {
  if (job.fallback === null) return null;
  let spent = 0;
  let tried = 0;
  for (const attempt of attempts) {
    const present = attempt.number === job.attempt;
    if (attempt.status === null && !present) continue;
    tried += 1;
    const status = present ? ended.status : attempt.status;
    if (status === 'rejected') continue;
    const billed = present ? (ended.actualMicroUsd ?? null) : attempt.actualMicroUsd;
    spent += billed ?? attempt.highMicroUsd ?? Number.POSITIVE_INFINITY;
  }
  if (tried >= job.fallback.maxAttempts) return null;
  const cap = job.fallback.maxTotalMicroUsd;
  const next = attempts
    .filter(({ number, status }) => status === null && number > job.attempt)
    .sort((a, b) => a.number - b.number)
    .find(({ highMicroUsd }) => highMicroUsd !== null && spent + highMicroUsd <= cap);
  return next?.number ?? null;
}
