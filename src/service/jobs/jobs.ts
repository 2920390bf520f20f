// Jobs as clients deal with them: made once per intent, looked up by their owner, waited for.

import type { Callback, CallbackFormat } from '../../core/callbacks/delivery.ts';
import { ClipgateError } from '../../core/errors.ts';
import type { Attempt } from '../../core/job/attempt.ts';
import type { Planned } from '../../core/job/fallback-plan.ts';
import {
  type FallbackTerms,
  isNotPurchased,
  isTerminal,
  type Job,
  type StoredOutput,
  type SubmitBody,
} from '../../core/job/job.ts';
import { DEFAULT_PATIENCE_MS } from '../../core/job/submit-backoff.ts';
import type { Origin } from '../../core/origin.ts';
import type { OpenRouter } from '../../outbound/openrouter/openrouter.ts';
import type { OrderAnswer } from '../../store/ports/answers.ts';
import type { JobStore } from '../../store/ports/job-store.ts';
import type { ListQuery, RunningSlots } from '../../store/ports/jobs.ts';
import { createJobId, createNonce } from '../orders/ids.ts';
import { aboutJob, type Log } from '../runtime/log.ts';
import type { JobSubmitter, Submitted } from './job-submitter.ts';
import type { JobWatch } from './job-watch.ts';
import { singleFlight } from './single-flight.ts';
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

export interface Jobs {
  /** Whether the breaker keeps a client's submits to a model back at the moment. */
  isPaused(model: string, client: string): boolean;
  /**
   * Writes the intent down and submits it. With `wait` resolves when upstream has answered (or cannot be known to
   * have), else as soon as the intent is durable; the submit goes on either way, even if the caller hangs up.
   * @throws ClipgateError upstream's refusal; upstream_key_missing; submissions_paused; idempotency_key_reused.
   */
  make(intent: Intent, wait: boolean): Promise<Made>;
  /** The job this key and body stand for, or null. @throws ClipgateError idempotency_key_reused for another body. */
  findReplay(clientId: string, idempotency: { key: string; bodyHash: string }): Promise<Job | null>;
  /** `clientId` null = any client's. @throws ClipgateError not_found, for another client's job as for none. */
  get(id: string, clientId: string | null): Promise<Job>;
  /** The body of the job's present attempt, whole: `Job.request` is what answers show of it. */
  bodyOf(job: Job): Promise<SubmitBody>;
  /** A job of this client's by our id or upstream's, or null. */
  find(anyId: string, clientId: string): Promise<Job | null>;
  /** The job once its status differs from what it is now or it has ended, or as it is after `timeoutMs`. */
  waitForChange(id: string, clientId: string | null, timeoutMs: number, signal: AbortSignal): Promise<Job>;
  /**
   * The job as it is, then as it is after each change, until it has ended; null where nothing changed for `idleMs`.
   * Changes that come faster than they are taken are seen as one. Ends without an end of the job when `signal`
   * aborts or the gateway closes.
   * @param seenVersion leaves out what the caller has seen already.
   */
  follow(job: Job, seenVersion: number, idleMs: number, signal: AbortSignal): AsyncGenerator<Job | null>;
  list(
    query: Omit<ListQuery, 'before'> & { readonly cursor: string | null },
  ): Promise<{ readonly jobs: readonly Job[]; readonly nextCursor: string | null }>;
  /** Removes a job that has ended from its client's list of videos. @throws ClipgateError not_found, not_ready. */
  hide(id: string, clientId: string): Promise<void>;
  /** A job with what is kept beside it. */
  recordOf(job: Job): Promise<JobRecord>;
  /** The same of many, in their order. */
  recordsOf(jobs: readonly Job[]): Promise<JobRecord[]>;
}

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

export interface JobsParts {
  readonly store: Pick<
    JobStore,
    | 'createJob'
    | 'findIdempotent'
    | 'findReplacements'
    | 'getJob'
    | 'loadBody'
    | 'findJob'
    | 'getAttempts'
    | 'getJobByUpstreamId'
    | 'listJobs'
    | 'hideJob'
    | 'getOutputs'
    | 'getCallbacks'
  >;
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

// Prompts may be long. A page ends early rather than hold megabytes of them; its cursor says that there is more.
const MAX_LIST_CHARACTERS = 1_000_000;
const LIST_STEP = 20;

export interface JobsOptions {
  /** Names this process in leases. */
  readonly owner: string;
  /** Longer than a submit can take. */
  readonly leaseMs: number;
  /** How long a caller waits for a submit at most. */
  readonly maxWaitMs: number;
}

export function createJobs(parts: JobsParts, options: JobsOptions): Jobs {
  const { store } = parts;

  async function get(id: string, clientId: string | null): Promise<Job> {
    const job = await (clientId === null ? store.findJob(id) : store.getJob(id, clientId));
    if (job) return job;
    throw new ClipgateError('not_found', 'Not found.');
  }

  const getForAll = singleFlight((id: string, clientId: string | null) => `${id} ${clientId}`, get);

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
    get,
    bodyOf: (job) => (job.bodyHash === null ? Promise.resolve(job.request) : store.loadBody(job.id)),

    isPaused: (model, client) => parts.breaker.findPause({ model, client }) !== null,

    async make(intent, wait) {
      if (!parts.upstream.canSubmit) {
        throw new ClipgateError(
          'upstream_key_missing',
          'This gateway has no OpenRouter key: it can plan clips but not buy them.',
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

    async findReplay(clientId, { key, bodyHash }) {
      const found = await store.findIdempotent(clientId, key);
      if (found && found.bodyHash !== bodyHash) throw keyReused(found.job.id);
      return found?.job ?? null;
    },

    async find(anyId, clientId) {
      return (await store.getJob(anyId, clientId)) ?? (await store.getJobByUpstreamId(anyId, clientId));
    },

    async waitForChange(id, clientId, timeoutMs, signal) {
      const seen = await get(id, clientId);
      const until = parts.clock() + timeoutMs;
      const hasNews = (job: Job) => job.status !== seen.status || isTerminal(job.status);
      for (let job = seen; ; ) {
        if (hasNews(job)) return job;
        const watching = parts.watch.nextChange(id, until - parts.clock(), signal);
        // Looked at again only once the watch stands, so that no change falls between the two.
        job = await get(id, clientId);
        if (hasNews(job) || (await watching.end) !== 'changed') {
          watching.cancel();
          return job;
        }
        job = await get(id, clientId);
      }
    },

    async *follow(job, seenVersion, idleMs, signal) {
      let seen = seenVersion;
      for (let current = job; ; ) {
        if (current.version > seen) {
          seen = current.version;
          yield current;
        }
        if (isTerminal(current.status)) return;
        const watching = parts.watch.nextChange(job.id, idleMs, signal);
        try {
          current = await getForAll(job.id, job.clientId);
          if (current.version > seen) continue;
          const end = await watching.end;
          if (end === 'ended') return;
          if (end === 'timeout') yield null;
        } finally {
          watching.cancel();
        }
        current = await getForAll(job.id, job.clientId);
      }
    },

    async list({ cursor, ...query }) {
      const page: Job[] = [];
      let characters = 0;
      for (let before = cursor; ; ) {
        const wanted = Math.min(LIST_STEP, query.limit - page.length);
        const jobs = await store.listJobs({ ...query, limit: wanted + 1, before });
        for (const job of jobs.slice(0, wanted)) {
          if (page.length > 0 && characters > MAX_LIST_CHARACTERS) break;
          characters += JSON.stringify(job.request).length;
          page.push(job);
        }
        before = page.at(-1)?.id ?? null;
        const isLast = jobs.length <= wanted && page.at(-1)?.id === jobs.at(-1)?.id;
        if (isLast || jobs.length === 0) return { jobs: page, nextCursor: null };
        if (page.length === query.limit || characters > MAX_LIST_CHARACTERS) {
          return { jobs: page, nextCursor: before };
        }
      }
    },

    async hide(id, clientId) {
      const job = await get(id, clientId);
      if (await store.hideJob(id, clientId)) return;
      throw new ClipgateError('not_ready', `This job is ${job.status}. It can be removed once it has ended.`);
    },

    recordsOf,

    async recordOf(job) {
      const [record] = await recordsOf([job]);
      return record ?? { job, outputs: [], earlier: [], resent: false, callback: null };
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
    `The database failed while the order was being recorded. Nothing was sent; should job ${jobId} exist, it is withdrawn. Retry with the same Idempotency-Key.`,
    {
      cause,
      details: { jobId },
      ...(cause.retryAfterS === undefined ? {} : { retryAfterS: cause.retryAfterS }),
    },
  );

/** The submit itself reports a refusal, in a message for the caller who waits. */
const hasMoved = ({ status }: Job): boolean => !['queued', 'submitting', 'rejected'].includes(status);

const keyReused = (jobId: string) =>
  new ClipgateError('idempotency_key_reused', 'This Idempotency-Key was used with another body.', {
    details: { jobId },
  });
