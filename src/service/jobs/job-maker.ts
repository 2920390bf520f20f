// Makes jobs: each intent is written down once, then submitted, and its caller hears what can be said of it first.

import type { CallbackFormat } from '../../core/callbacks/delivery.ts';
import { ClipgateError } from '../../core/errors.ts';
import type { Planned } from '../../core/job/fallback-plan.ts';
import type { FallbackTerms, Job, SubmitBody } from '../../core/job/job.ts';
import { DEFAULT_PATIENCE_MS } from '../../core/job/submit-backoff.ts';
import type { Origin } from '../../core/origin.ts';
import type { OpenRouter } from '../../outbound/openrouter/openrouter.ts';
import type { OrderAnswer } from '../../store/ports/answers.ts';
import type { JobStore } from '../../store/ports/job-store.ts';
import type { RunningSlots } from '../../store/ports/jobs.ts';
import { createJobId, createNonce } from '../orders/ids.ts';
import { aboutJob, type Log } from '../runtime/log.ts';
import type { JobSubmitter, Submitted } from './job-submitter.ts';
import type { JobWatch } from './job-watch.ts';
import { type SubmissionHolds, submissionsHeld } from './submission-hold.ts';
import type { Pause, SubmitBreaker } from './submit-breaker.ts';
import type { WaitingJobs } from './waiting-jobs.ts';
import type { Withdrawals } from './withdrawals.ts';

export interface Intent {
  readonly clientId: string;
  /** The key it is ordered with; absent = none. */
  readonly keyId?: string | null;
  /** How many jobs may run at once beside it; absent = any number. */
  readonly slots?: readonly RunningSlots[];
  readonly request: SubmitBody;
  readonly estimatedMicroUsd: number | null;
  readonly expectedMs: number | null;
  /** Where to tell the client how the job ended; absent = nowhere. */
  readonly callbackUrl?: string | null;
  /** As `Job.tags` and `Job.reference`; absent = none. */
  readonly tags?: readonly string[];
  readonly reference?: string | null;
  /** The request that orders it; absent = unknown. */
  readonly origin?: Origin;
  /** Absent = the gateway's own. */
  readonly callbackFormat?: CallbackFormat | null;
  /** What an identical order is known by, should the answer to this one be lost; absent = nothing. */
  readonly answer?: OrderAnswer | null;
  /** JSON of the `PurchasePlan` it is bought by; absent = none is kept. */
  readonly plan?: string | null;
  /** How long after its creation the job is retried after a temporary refusal, where no caller waits for the answer. */
  readonly patienceMs?: number;
  /** The job whose intent this one sends again. */
  readonly resubmitOf?: string;
  /** Allows that although another job of the same intent was, or may yet be, bought. */
  readonly acceptDoubleCharge?: boolean;
  /** What may be tried after `request`, in order. */
  readonly fallback?: FallbackTerms & {
    readonly highMicroUsd: number | null;
    readonly others: readonly Planned[];
  };
  /** The most it may cost; see `Job.ceilingMicroUsd`. */
  readonly ceilingMicroUsd: number | null;
  /** What the bill will be compared with; see `Job.listMicroUsd`. */
  readonly listMicroUsd: number | null;
  /** The caller's key with the hash of what they sent under it. */
  readonly idempotency: { readonly key: string; readonly bodyHash: string } | null;
}

export interface Made {
  readonly job: Job;
  /** True where the same key and body came before: nothing was sent. */
  readonly replayed: boolean;
}

export interface JobMaker {
  /** Whether the breaker keeps a client's submits to a model back at the moment. */
  isPaused(model: string, client: string): boolean;
  /**
   * Writes the intent down and submits it. With `wait` resolves when upstream has answered (or cannot be known to
   * have), else as soon as the intent is durable; the submit goes on either way, even if the caller hangs up.
   * @throws ClipgateError upstream's refusal; upstream_key_missing; submissions_paused; idempotency_key_reused; order_given_up.
   */
  make(intent: Intent, wait: boolean): Promise<Made>;
}

export interface JobMakerParts {
  readonly store: Pick<JobStore, 'createJob' | 'getJob' | 'findJob'>;
  readonly submitter: JobSubmitter;
  readonly upstream: Pick<OpenRouter, 'canSubmit'>;
  readonly breaker: Pick<SubmitBreaker, 'findPause'>;
  readonly watch: JobWatch;
  /** What sends the jobs that wait for others to end. */
  readonly queue: Pick<WaitingJobs, 'wake'>;
  readonly holds: Pick<SubmissionHolds, 'current'>;
  readonly withdrawals: Pick<Withdrawals, 'add'>;
  readonly clock: () => number;
  readonly log: Log;
}

export interface JobMakerOptions {
  /** Names this process in leases. */
  readonly owner: string;
  /** Longer than a submit can take. */
  readonly leaseMs: number;
  /** How long a caller waits for a submit at most. */
  readonly maxWaitMs: number;
}

/** @param get reads a job; @throws ClipgateError not_found. */
export function createJobMaker(
  parts: JobMakerParts,
  options: JobMakerOptions,
  get: (id: string, clientId: string | null) => Promise<Job>,
): JobMaker {
  const { store } = parts;

  /**
   * What can be said of a job first: how its submit went; or what its row says before that, since a webhook may end a
   * job whose submit is slow; or, after the longest wait, that it is still under way. The submit goes on.
   * @param settled does not reject.
   */
  async function firstWord(job: Job, settled: Promise<Submitted>): Promise<Submitted> {
    const waiting = new AbortController();
    const moved = waitUntilMoved(job, waiting.signal).catch((error: unknown) => {
      parts.log.debug({ err: error, ...aboutJob(job) }, 'a job whose submit is under way could not be read');
      return null;
    });
    try {
      const early = await Promise.race([settled.then(() => null), moved]);
      if (early === null) return await settled;
      // What comes after the answer stands in the row.
      return { job: early, refusal: null };
    } finally {
      waiting.abort();
    }
  }

  /** The job once its row says more than that its submit is under way, or as it is after the longest wait; null = ask no more. */
  async function waitUntilMoved(job: Job, signal: AbortSignal): Promise<Job | null> {
    const until = parts.clock() + options.maxWaitMs;
    for (;;) {
      const watching = parts.watch.nextChange(job.id, until - parts.clock(), signal);
      // Looked at only once the watch stands, so that no change falls between the two.
      const seen = await get(job.id, job.clientId);
      if (hasMoved(seen)) {
        watching.cancel();
        return seen;
      }
      const end = await watching.end;
      if (end === 'timeout') return get(job.id, job.clientId);
      if (end === 'ended') return null;
    }
  }

  return {
    isPaused: (model, client) => parts.breaker.findPause({ model, client }) !== null,

    async make(intent, wait) {
      if (!parts.upstream.canSubmit) {
        throw new ClipgateError(
          'upstream_key_missing',
          'This gateway has no OpenRouter API key (OPENROUTER_API_KEY): it can plan clips but not buy them.',
        );
      }
      const held = parts.holds.current();
      if (held) throw submissionsHeld(held);
      const pause = parts.breaker.findPause({ model: intent.request.model, client: intent.clientId });
      if (pause) throw paused(pause, intent.request.model);
      const { request, ...rest } = intent;
      const id = createJobId(parts.clock());
      const patienceMs = wait ? null : (intent.patienceMs ?? DEFAULT_PATIENCE_MS);
      const fallback = intent.fallback && {
        ...intent.fallback,
        others: intent.fallback.others.map((planned) => ({ ...planned, nonce: createNonce() })),
      };
      const row = {
        ...rest,
        mayWait: !wait,
        id,
        model: request.model,
        request,
        nonce: createNonce(),
        patienceMs,
        fallback: fallback ?? null,
      };
      const result = await store.createJob(row, options.owner, options.leaseMs).catch((error: unknown) => {
        if (!isStoreAway(error)) throw error;
        parts.withdrawals.add(id);
        throw notRecorded(id, error);
      });
      if (result.kind === 'key_reused') throw keyReused(result.jobId);
      if (result.kind === 'replayed') return { job: result.job, replayed: true };
      if (result.kind === 'waiting') {
        parts.queue.wake();
        return { job: result.job, replayed: false };
      }

      const submitted = parts.submitter.submit(result.claim, request);
      if (!wait) {
        // The row records the outcome; no caller waits for it.
        submitted.catch((error: unknown) =>
          parts.log.error({ err: error, ...aboutJob(result.claim.job) }, 'a background submit failed'),
        );
        return { job: result.claim.job, replayed: false };
      }
      const settled = submitted.catch((error: unknown) => {
        const about = aboutJob(result.claim.job);
        // The job is on record, so that an error would not be the truth, and would make its caller buy again. Where
        // the database is away it was not sent, and is bought once the store can be written.
        if (isStoreAway(error)) parts.log.warn({ err: error, ...about }, 'a job waits for the database');
        else parts.log.error({ err: error, ...about }, 'a submit failed');
        return { job: result.claim.job, refusal: null };
      });
      const { job, refusal } = await firstWord(result.claim.job, settled);
      if (refusal) throw refusal;
      return { job, replayed: false };
    },
  };
}

const paused = ({ retryInMs, scope }: Pause, model: string) =>
  new ClipgateError(
    'submissions_paused',
    `Submissions ${PAUSED[scope](model)} are paused: too many recent submits had an unknown outcome. Nothing was bought.`,
    { retryAfterS: Math.ceil(retryInMs / 1000) },
  );

const PAUSED: Readonly<Record<Pause['scope'], (model: string) => string>> = {
  pair: (model) => `of yours to ${model}`,
  model: (model) => `to ${model}`,
  client: () => 'of yours',
  all: () => 'to OpenRouter',
};

const isStoreAway = (error: unknown): error is ClipgateError =>
  error instanceof ClipgateError && error.code === 'store_unavailable';

const notRecorded = (jobId: string, cause: ClipgateError) =>
  new ClipgateError(
    'store_unavailable',
    `The database failed while the gateway stored the order. Nothing was sent to OpenRouter; if job ${jobId} was stored, the gateway withdraws it. Retry with the same Idempotency-Key.`,
    {
      cause,
      details: { jobId },
      ...(cause.retryAfterS === undefined ? {} : { retryAfterS: cause.retryAfterS }),
    },
  );

/** The submit itself reports a refusal, in a message for the caller who waits. */
const hasMoved = ({ status }: Job): boolean => !['queued', 'submitting', 'rejected'].includes(status);

export const keyReused = (jobId: string) =>
  new ClipgateError('idempotency_key_reused', 'This Idempotency-Key was already used with another body.', {
    details: { jobId },
  });
