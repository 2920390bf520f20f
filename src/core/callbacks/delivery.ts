// Notifies a client's server how a job ended: which states are sent, how often delivery is retried, and when it stops.

import { jitter } from '../jitter.ts';
import { isTerminal, JOB_STATUSES, type Job, type JobStatus } from '../job/job.ts';

/**
 * Every terminal state is sent, and `submission_unknown`, which is not terminal: upstream may have accepted the job,
 * and an operator may have to find out. A client that hears nothing would wait for ever, or buy again.
 */
export const TOLD_STATUSES: readonly JobStatus[] = JOB_STATUSES.filter(
  (status) => isTerminal(status) || status === 'submission_unknown',
);

export const CALLBACK_STATES = ['waiting', 'pending', 'delivered', 'dead', 'gone'] as const;

/**
 * `waiting`: nothing to send yet. `pending`: being sent, or to be retried. `delivered`: the receiver answered 2xx.
 * `dead`: the last attempt failed. `gone`: the receiver answered 410 and is never called again for this job.
 */
export type CallbackState = (typeof CALLBACK_STATES)[number];

/** In whose shape and under whose signature a client is called back; each face has its own. */
export type CallbackFormat = 'openrouter' | 'openai';

/** The delivery status of one job's callback. */
export interface Callback {
  readonly jobId: string;
  readonly state: CallbackState;
  /** The job status that was sent last, or is being sent. */
  readonly event: JobStatus | null;
  /** Delivery attempts of `event`. */
  readonly attempts: number;
  /** Why the last attempt failed, as coarse as a client may know it. */
  readonly lastError: string | null;
  /** When delivery is tried next, in epoch milliseconds; null where it never is, and while an attempt runs. */
  readonly nextAt: number | null;
}

/** One attempt of a callback, as it came out. Times are epoch milliseconds. */
export interface CallbackAttempt {
  /** From 1, over all events of the job. */
  readonly number: number;
  readonly at: number;
  readonly event: JobStatus;
  /** What the receiver answered; null = nothing. */
  readonly httpStatus: number | null;
  /** Why it failed, as coarse as a client may know it; null = it was delivered. */
  readonly error: string | null;
  /** When it is tried next; null = never. */
  readonly retryAt: number | null;
}

/** What came of one attempt. */
export type CallbackOutcome =
  | { readonly kind: 'answered'; readonly status: number; readonly retryAfterS: number | null }
  | { readonly kind: 'failed'; readonly reason: string };

const SECOND_MS = 1_000;
const MINUTE_MS = 60 * SECOND_MS;
const HOUR_MS = 60 * MINUTE_MS;

/** The waits between attempts: the example schedule of Standard Webhooks 1.0.0, ten attempts within 76 hours. */
export const RETRY_WAITS_MS: readonly number[] = [
  5 * SECOND_MS,
  5 * MINUTE_MS,
  30 * MINUTE_MS,
  2 * HOUR_MS,
  5 * HOUR_MS,
  10 * HOUR_MS,
  14 * HOUR_MS,
  20 * HOUR_MS,
  24 * HOUR_MS,
];

/** A receiver may ask for patience, not for ever. */
const MAX_RETRY_AFTER_MS = 24 * HOUR_MS;

/** What becomes of a callback after an attempt. */
export interface CallbackStep {
  readonly state: Exclude<CallbackState, 'waiting'>;
  readonly error: string | null;
  /** Null where it is not tried again. */
  readonly retryInMs: number | null;
}

/**
 * Judges an attempt as Standard Webhooks says: 2xx alone is success, a redirect is a failure like any other, 410 ends
 * it for good, and Retry-After is heeded, whatever status it came with, where it asks for more than the schedule.
 * @param attempts begun so far, this one included.
 * @param random from 0 up to 1; shortens a wait of the schedule by up to a tenth, so that callbacks that failed
 * together do not come back together.
 */
export function judgeAttempt(outcome: CallbackOutcome, attempts: number, random: number): CallbackStep {
  if (outcome.kind === 'answered') {
    const { status } = outcome;
    if (status >= 200 && status < 300) return { state: 'delivered', error: null, retryInMs: null };
    if (status === 410) return { state: 'gone', error: 'answered 410', retryInMs: null };
  }
  const error = outcome.kind === 'failed' ? outcome.reason : `answered ${outcome.status}`;
  const waitMs = RETRY_WAITS_MS[attempts - 1];
  if (waitMs === undefined) return { state: 'dead', error, retryInMs: null };
  const asked = outcome.kind === 'answered' ? (outcome.retryAfterS ?? 0) * SECOND_MS : 0;
  return {
    state: 'pending',
    error,
    retryInMs: Math.round(Math.max(jitter(waitMs, random, -0.1), Math.min(asked, MAX_RETRY_AFTER_MS))),
  };
}

/** What a status is called among event types. */
export const eventTypeOf = (status: JobStatus): string => `job.${status}`;

/**
 * The name of one event, the same on every attempt and by whichever process, for receivers to know a repetition by.
 * A job that turned to another candidate may come to the same status twice, and that is news. It holds no full stop,
 * which parts what is signed.
 */
export const eventIdOf = ({ id, status, attempt }: Pick<Job, 'id' | 'status' | 'attempt'>): string =>
  attempt > 1 ? `${id}_${status}_${attempt}` : `${id}_${status}`;
