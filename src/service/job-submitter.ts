// The one place that buys: takes a claimed job through its submit and writes down what became of it.

import { nextPollMs, type PollPace } from '../core/advance.ts';
import { ClipgateError } from '../core/errors.ts';
import type { Job, JobChange } from '../core/job.ts';
import type { AfterStep, Claim, JobStore, Lease } from '../store/port.ts';
import type { OpenRouter } from '../upstream/openrouter.ts';
import type { SubmitOutcome } from '../upstream/submit.ts';
import type { Log } from './log.ts';
import { describeRefusal } from './refusal.ts';

export interface JobSubmitter {
  /** Submits a job claimed as `queued`. Resolves when its outcome is durable; never throws for upstream's sake. */
  submit(claim: Claim): Promise<Submitted>;
  /** Resolves when no submit is under way. */
  drain(): Promise<void>;
}

export interface Submitted {
  readonly job: Job;
  /** What to tell a caller who waited, where the answer was no. */
  readonly refusal: ClipgateError | null;
}

export interface JobSubmitterParts {
  readonly store: Pick<JobStore, 'saveStep' | 'bindUpstream' | 'getJob'>;
  readonly upstream: Pick<OpenRouter, 'submit'>;
  readonly clock: () => number;
  readonly random: () => number;
  readonly sleep: (ms: number) => Promise<void>;
  readonly log: Log;
}

export interface JobSubmitterOptions {
  /** How long one attempt may hold its lease: longer than an attempt can take. */
  readonly leaseMs: number;
  readonly pace: PollPace;
}

// Only attempts that are proven never to have left are repeated.
const MAX_ATTEMPTS = 3;
const ATTEMPT_BACKOFF_MS = 400;
// An accepted id that cannot be written is tried for as long as a database restart takes.
const SAVE_RETRIES = 12;
const SAVE_BACKOFF_MS = 250;
const SAVE_BACKOFF_MAX_MS = 5_000;

export function createJobSubmitter(parts: JobSubmitterParts, options: JobSubmitterOptions): JobSubmitter {
  const { store, clock, log } = parts;
  const underWay = new Set<Promise<unknown>>();

  async function submit({ job, lease }: Claim): Promise<Submitted> {
    for (let attempt = job.submitAttempts + 1; ; attempt++) {
      // Durable before the first byte leaves: whoever finds this row later knows that money may be on its way.
      const submitting = await store.saveStep(
        lease,
        { status: 'submitting', submittedAt: clock(), submitAttempts: attempt },
        { keep: true, leaseMs: options.leaseMs },
      );
      if (!submitting) throw lostLease(job.id);
      const outcome = await parts.upstream.submit(job.request);
      if (outcome.kind !== 'not_sent' || attempt >= MAX_ATTEMPTS) return settle(submitting, lease, outcome);

      log.warn({ job_id: job.id, attempt, reason: outcome.reason }, 'submit was not sent: trying again');
      const queued = await store.saveStep(
        lease,
        { status: 'queued' },
        { keep: true, leaseMs: options.leaseMs },
      );
      if (!queued) throw lostLease(job.id);
      await parts.sleep(ATTEMPT_BACKOFF_MS * 2 ** (attempt - 1) * (0.75 + 0.5 * parts.random()));
    }
  }

  async function settle(job: Job, lease: Lease, outcome: SubmitOutcome): Promise<Submitted> {
    switch (outcome.kind) {
      case 'accepted': {
        const { upstreamId, generationId } = outcome;
        // The id stands in the log before it stands in the store: if the write below fails for good, this line is
        // all that ties a paid video to its job.
        log.info({ job_id: job.id, upstream_id: upstreamId }, 'upstream accepted the job');
        const first = nextPollMs(job, clock(), options.pace, parts.random());
        const change: JobChange = { status: 'pending', upstreamId, generationId };
        const saved = await persist(job, lease, change, { keep: false, runInMs: first }, () =>
          store.bindUpstream(job.id, { upstreamId, generationId }),
        );
        return { job: saved, refusal: null };
      }
      case 'rejected':
      case 'not_sent': {
        const refusal = describeRefusal(outcome, job.id);
        log.warn({ job_id: job.id, code: refusal.code }, 'the job was not bought');
        const error = { code: refusal.code, message: refusal.message };
        const change: JobChange = { status: 'rejected', error };
        return { job: await persist(job, lease, change, { keep: false, runInMs: null }), refusal };
      }
      case 'unknown': {
        log.error({ job_id: job.id, reason: outcome.reason }, 'whether upstream accepted the job is unknown');
        const error = { code: 'submission_unknown', message: UNKNOWN_MESSAGE };
        const change: JobChange = { status: 'submission_unknown', error };
        return { job: await persist(job, lease, change, { keep: false, runInMs: null }), refusal: null };
      }
    }
  }

  /**
   * Writes an outcome, trying again while the store is away. `late` is the way in when the lease ran out meanwhile;
   * without one the row stands as whoever took the lease over has written it.
   * @throws what the store threw last; the row stays `submitting` and becomes unknown, which is true.
   */
  async function persist(
    job: Job,
    lease: Lease,
    change: JobChange,
    after: AfterStep,
    late?: () => Promise<Job | null>,
  ): Promise<Job> {
    for (let attempt = 0; ; attempt++) {
      try {
        const saved = (await store.saveStep(lease, change, after)) ?? (await late?.());
        return saved ?? (await store.getJob(job.id, job.clientId)) ?? job;
      } catch (error) {
        log.error({ err: error, job_id: job.id, attempt }, 'the outcome of a submit could not be written');
        if (attempt >= SAVE_RETRIES) throw error;
        await parts.sleep(Math.min(SAVE_BACKOFF_MAX_MS, SAVE_BACKOFF_MS * 2 ** attempt));
      }
    }
  }

  return {
    submit(claim) {
      const flight = submit(claim);
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

/** What a caller is told of an unknown outcome, wherever it was noticed. */
export const UNKNOWN_MESSAGE =
  'Upstream may or may not have accepted this job. It is not sent again; do not send it again yourself unless a second bill is acceptable.';

const lostLease = (jobId: string) =>
  new ClipgateError('internal', `another process took over job ${jobId}`, { extra: { job_id: jobId } });
