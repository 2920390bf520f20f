// The one place that buys: takes a claimed job through its submit and writes down what became of it.

import { ClipgateError } from '../../core/errors.ts';
import { jitter } from '../../core/jitter.ts';
import { nextPollMs, type PollPace } from '../../core/job/advance.ts';
import type { Job, JobChange, SubmitBody } from '../../core/job/job.ts';
import { nextTryMs } from '../../core/job/submit-backoff.ts';
import type { OpenRouter } from '../../outbound/openrouter/openrouter.ts';
import type { SubmitOutcome } from '../../outbound/openrouter/submit.ts';
import type { JobStore } from '../../store/ports/job-store.ts';
import type { AfterStep, Claim, Lease } from '../../store/ports/lease.ts';
import type { Alarms } from '../runtime/alarms.ts';
import { aboutJob, type Log } from '../runtime/log.ts';
import type { Traces } from '../runtime/traces.ts';
import type { JobFallback } from './job-fallback.ts';
import type { SubmissionHolds } from './submission-hold.ts';
import type { SubmitBreaker, SubmitReport } from './submit-breaker.ts';
import { describeRefusal, type Refused } from './submit-errors.ts';

export interface JobSubmitter {
  /**
   * Submits a job claimed as `queued`. Resolves when its outcome is durable, or when it is `queued` again because it
   * has to wait; never throws for upstream's sake.
   * @param body the whole body where the caller has it; read from the store where not.
   */
  submit(claim: Claim, body?: SubmitBody): Promise<Submitted>;
  /** Resolves when no submit is under way. */
  drain(): Promise<void>;
}

export interface Submitted {
  readonly job: Job;
  /** What to tell a caller who waited, where the answer was no. */
  readonly refusal: ClipgateError | null;
}

export interface JobSubmitterParts {
  readonly store: Pick<JobStore, 'saveStep' | 'bindUpstream' | 'getJob' | 'keepWebhook' | 'loadBody'>;
  readonly upstream: Pick<OpenRouter, 'submit'>;
  readonly breaker: Pick<SubmitBreaker, 'admit'>;
  readonly holds: Pick<SubmissionHolds, 'current'>;
  readonly fallback: JobFallback;
  readonly clock: () => number;
  readonly random: () => number;
  readonly sleep: (ms: number) => Promise<void>;
  /** Null = no traces. */
  readonly traces: Pick<Traces, 'startSubmit'> | null;
  readonly alarms: Alarms;
  readonly log: Log;
}

export interface JobSubmitterOptions {
  /** How long one attempt may hold its lease: longer than an attempt can take. */
  readonly leaseMs: number;
  readonly pace: PollPace;
  /** Where upstream is to say that the job of a nonce has ended; null = nowhere. */
  readonly webhookUrlFor: (nonce: string) => string | null;
}

/** What a turn on the wire came to: an outcome that stands, or a job that is `queued` under the same lease. */
type Turn =
  | { readonly kind: 'over'; readonly submitted: Submitted }
  | { readonly kind: 'again'; readonly job: Job };

// Only attempts that are proven never to have left are repeated.
const MAX_ATTEMPTS = 3;
const ATTEMPT_BACKOFF_MS = 400;
// How often a job that waits for a hold to end is looked at.
const HELD_MS = 5_000;
const SAVE_BACKOFF_MS = 250;
const SAVE_BACKOFF_MAX_MS = 5_000;

const REPORTS = {
  accepted: 'answered',
  rejected: 'answered',
  not_sent: 'not_sent',
  unknown: 'unknown',
} as const satisfies Record<SubmitOutcome['kind'], SubmitReport>;

export function createJobSubmitter(parts: JobSubmitterParts, options: JobSubmitterOptions): JobSubmitter {
  const { store, clock, alarms, log } = parts;
  const underWay = new Set<Promise<unknown>>();
  const keep: AfterStep = { keep: true, leaseMs: options.leaseMs };

  async function submit({ job, lease }: Claim, body?: SubmitBody): Promise<Submitted> {
    for (let current = job; ; ) {
      const turn = await takeTurn(current, lease, current.attempt === job.attempt ? body : undefined);
      if (turn.kind === 'over') return turn.submitted;
      current = turn.job;
    }
  }

  async function takeTurn(job: Job, lease: Lease, given: SubmitBody | undefined): Promise<Turn> {
    if (parts.holds.current()) return over(await wait(job, lease, HELD_MS));
    const admission = parts.breaker.admit({ model: job.model, client: job.clientId });
    if (admission.kind === 'paused') {
      if (admission.scope === 'pair' || admission.scope === 'model') {
        // Another model is not paused: a job that may turn to one does not wait for this.
        const passed = {
          status: 'rejected',
          error: { code: 'submissions_paused', message: PAUSED_MESSAGE },
        } as const;
        const next = await parts.fallback.turnToNext(job, lease, passed, keep);
        if (next) return { kind: 'again', job: next };
      }
      // Nothing is wrong with the job: it waits for its turn, and a caller who waits for an answer learns that.
      return over(await wait(job, lease, admission.retryInMs));
    }
    try {
      const body = given ?? (job.bodyHash === null ? job.request : await store.loadBody(job.id));
      // Durable before the first byte leaves: a process that finds this row later knows that money may have been spent.
      const sending = {
        status: 'submitting',
        submittedAt: clock(),
        submitAttempts: job.submitAttempts + 1,
      } as const;
      const submitting = await store.saveStep(lease, sending, keep);
      if (!submitting) return over(await giveWay(job));
      const span = parts.traces?.startSubmit(submitting);
      const outcome = await parts.upstream.submit(body, options.webhookUrlFor(submitting.nonce));
      span?.end(outcome);
      admission.report(REPORTS[outcome.kind]);
      return await settle(submitting, lease, outcome);
    } finally {
      // For a turn that was broken off before anything left; after a report it counts for nothing.
      admission.report('not_sent');
    }
  }

  /** Gives the job up until then, as it is. */
  async function wait(job: Job, lease: Lease, runInMs: number): Promise<Job> {
    const waiting = await store.saveStep(lease, {}, { keep: false, runInMs });
    return waiting ?? giveWay(job);
  }

  /** The row is no longer ours: the job was cancelled before anything left. @throws where another process has it. */
  async function giveWay(job: Job): Promise<Job> {
    const current = await store.getJob(job.id, job.clientId);
    if (current?.status === 'cancelled') return current;
    throw lostLease(job.id);
  }

  async function settle(job: Job, lease: Lease, outcome: SubmitOutcome): Promise<Turn> {
    switch (outcome.kind) {
      case 'accepted':
        return over(await accept(job, lease, outcome));
      case 'not_sent':
        return job.submitAttempts < MAX_ATTEMPTS
          ? retry(job, lease, outcome.reason)
          : refuse(job, lease, outcome);
      case 'rejected':
        return refuse(job, lease, outcome);
      case 'unknown':
        alarms.raise(
          'submission_unknown',
          { ...aboutJob(job), reason: outcome.reason },
          'whether OpenRouter accepted the job is unknown',
        );
        if (outcome.oddId !== undefined) {
          // As for an id that is accepted: this line is all that ties a paid video to its job.
          alarms.raise(
            'accepted_id_unusable',
            { ...aboutJob(job), upstream_id: outcome.oddId },
            'OpenRouter accepted the job under an id that cannot be stored',
          );
        }
        if (outcome.seenId !== undefined) await keepSeenId(job, outcome.seenId);
        return over(await leaveUnknown(job, lease));
    }
  }

  /** An id in half an answer is worth what a webhook is: it waits in the same inbox until upstream confirms it. */
  async function keepSeenId(job: Job, upstreamId: string): Promise<void> {
    alarms.raise(
      'accepted_id_unconfirmed',
      { ...aboutJob(job), upstream_id: upstreamId },
      'the answer to a submit broke off after an id: the id is being confirmed with OpenRouter',
    );
    const hint = { nonce: job.nonce, upstreamId, status: 'pending' };
    if (await untilWritten(job, upstreamId, () => store.keepWebhook(hint, 0))) return;
    alarms.raise(
      'accepted_id_not_kept',
      { ...aboutJob(job), upstream_id: upstreamId },
      'an upstream id could not be stored for confirmation: attach it by hand',
    );
  }

  const leaveUnknown = (job: Job, lease: Lease): Promise<Job> => {
    const error = { code: 'submission_unknown', message: UNKNOWN_MESSAGE };
    return persist(job, lease, { status: 'submission_unknown', error }, { keep: false, runInMs: null });
  };

  async function accept(
    job: Job,
    lease: Lease,
    { upstreamId, generationId }: Extract<SubmitOutcome, { kind: 'accepted' }>,
  ): Promise<Job> {
    // The id stands in the log before it stands in the store: if the write below fails for good, this line is
    // all that ties a paid video to its job.
    log.info({ ...aboutJob(job), upstream_id: upstreamId }, 'OpenRouter accepted the job');
    const first = nextPollMs(job, clock(), options.pace, parts.random());
    const change: JobChange = { status: 'pending', upstreamId, generationId, error: null };
    const saved = await persist(job, lease, change, { keep: false, runInMs: first }, () =>
      store.bindUpstream(job.id, { upstreamId, generationId, attempt: job.attempt }),
    ).catch((error: unknown) => {
      if (isTaken(error)) return null;
      alarms.raise(
        'outcome_not_written',
        { err: error, ...aboutJob(job), upstream_id: upstreamId },
        'the id of a paid video cannot be stored',
      );
      throw error;
    });
    if (!saved) {
      alarms.raise(
        'accepted_id_taken',
        { ...aboutJob(job), upstream_id: upstreamId },
        'OpenRouter accepted the job under an id of another job: what was bought is unknown',
      );
      return leaveUnknown(job, lease);
    }
    if (saved.upstreamId !== upstreamId) {
      alarms.raise(
        'accepted_id_not_bound',
        { ...aboutJob(job), upstream_id: upstreamId, bound: saved.upstreamId },
        'OpenRouter accepted a job whose state has changed: possibly a paid video not linked to any job',
      );
    }
    return saved;
  }

  async function retry(job: Job, lease: Lease, reason: string): Promise<Turn> {
    const attempt = job.submitAttempts;
    log.warn({ ...aboutJob(job), attempt, reason }, 'the submit was not sent: retrying');
    const queued = await store.saveStep(lease, { status: 'queued' }, keep);
    if (!queued) throw lostLease(job.id);
    await parts.sleep(jitter(ATTEMPT_BACKOFF_MS * 2 ** (attempt - 1), parts.random(), 0.5));
    return { kind: 'again', job: queued };
  }

  /** Nothing was bought: the next candidate, or a later try, or the end. */
  async function refuse(job: Job, lease: Lease, outcome: Refused): Promise<Turn> {
    const refusal = describeRefusal(outcome, job);
    const error = { code: refusal.code, message: refusal.message };
    const rejected = { status: 'rejected', error } as const;
    const rejection = outcome.kind === 'rejected' ? outcome : null;
    if (rejection?.reason === 'webhook_url') {
      alarms.raise(
        'public_url_refused',
        aboutJob(job),
        'OpenRouter rejects our webhook URL: PUBLIC_URL must be https and publicly reachable, or unset',
      );
    }
    if (rejection?.scope === 'model') {
      const next = await untilWritten(job, null, () => parts.fallback.turnToNext(job, lease, rejected, keep));
      if (next) return { kind: 'again', job: next };
    }
    if (rejection?.temporary) {
      const waitMs = nextTryMs(job, refusal.retryAfterS ?? null, clock(), parts.random());
      if (waitMs !== null) {
        log.info(
          { ...aboutJob(job), code: refusal.code, wait_ms: waitMs },
          'temporarily rejected: the job is queued again',
        );
        // Answered, so that the count of tries that were not begins anew.
        const waiting: JobChange = { status: 'queued', submitAttempts: 0, error };
        return over(await persist(job, lease, waiting, { keep: false, runInMs: waitMs }));
      }
    }
    log.warn({ ...aboutJob(job), code: refusal.code }, 'the job was rejected');
    return over(await persist(job, lease, rejected, { keep: false, runInMs: null }), refusal);
  }

  /**
   * Writes an outcome. `late` is the way in when the lease ran out meanwhile; without one the row stands as the
   * lease's next holder has written it.
   */
  const persist = (
    job: Job,
    lease: Lease,
    change: JobChange,
    after: AfterStep,
    late?: () => Promise<Job | null>,
  ): Promise<Job> =>
    untilWritten(job, change.upstreamId ?? null, async () => {
      const saved = (await store.saveStep(lease, change, after)) ?? (await late?.());
      return saved ?? (await store.getJob(job.id, job.clientId)) ?? job;
    });

  /**
   * Writes what upstream said, trying again while the store is away, for as long as the process lives: nothing but this
   * write, and the line in the log, ties a paid video to its job. A line for each power of two of tries.
   * @throws at once what no retry can resolve: an id that is taken, a step that the row does not allow.
   */
  async function untilWritten<T>(job: Job, upstreamId: string | null, write: () => Promise<T>): Promise<T> {
    for (let attempt = 0; ; attempt++) {
      try {
        return await write();
      } catch (error) {
        if (isLasting(error)) throw error;
        if (Number.isInteger(Math.log2(attempt + 1))) {
          alarms.raise(
            'outcome_not_written',
            { err: error, ...aboutJob(job), upstream_id: upstreamId, attempt },
            'could not store the outcome of a submit yet',
          );
        }
        await parts.sleep(Math.min(SAVE_BACKOFF_MAX_MS, SAVE_BACKOFF_MS * 2 ** attempt));
      }
    }
  }

  return {
    submit(claim, body) {
      const flight = submit(claim, body);
      const tracked = flight.then(
        () => undefined,
        () => undefined,
      );
      underWay.add(tracked);
      void tracked.then(() => underWay.delete(tracked));
      return flight;
    },
    async drain() {
      while (underWay.size > 0) await Promise.all(underWay);
    },
  };
}

const over = (job: Job, refusal: ClipgateError | null = null): Turn => ({
  kind: 'over',
  submitted: { job, refusal },
});

/** Why an attempt was passed over for the next. */
const PAUSED_MESSAGE =
  'Submissions to this model are paused: too many recent submits had an unknown outcome. Nothing was sent.';

/** The message of an unknown outcome, wherever it was detected. */
export const UNKNOWN_MESSAGE =
  'OpenRouter may or may not have accepted this job. The gateway does not send it again; resubmit it only if a second bill is acceptable.';

const isTaken = (error: unknown): boolean =>
  error instanceof ClipgateError && error.code === 'upstream_id_taken';

/** Ours, and not about the database being away: the next try would end the same way. */
const isLasting = (error: unknown): boolean =>
  error instanceof ClipgateError && error.code !== 'store_unavailable';

const lostLease = (jobId: string) =>
  new ClipgateError('internal', `another process took over job ${jobId}`, { details: { jobId } });
