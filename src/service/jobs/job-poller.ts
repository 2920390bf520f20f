// Polls every job until it ends: claims jobs that are due, takes each one step further, and schedules the next poll.

import {
  advanceJob,
  isOddCompletion,
  nextArchiveMs,
  nextPollMs,
  type PollPace,
  UNCLEAR,
} from '../../core/job/advance.ts';
import { isUnbilledFailure, mayFollow } from '../../core/job/attempt.ts';
import { isTerminal, type Job } from '../../core/job/job.ts';
import type { PollResult } from '../../core/job/poll-result.ts';
import type { OpenRouter } from '../../outbound/openrouter/openrouter.ts';
import type { JobStore } from '../../store/ports/job-store.ts';
import type { Claim, Lease } from '../../store/ports/lease.ts';
import type { ClipArchive } from '../clips/clip-archive.ts';
import type { ModelStats } from '../learning/model-stats.ts';
import type { Alarms } from '../runtime/alarms.ts';
import { aboutJob, type Log } from '../runtime/log.ts';
import { createWorker, type Worker } from '../runtime/worker.ts';
import type { JobFallback } from './job-fallback.ts';
import { type JobSubmitter, UNKNOWN_MESSAGE } from './job-submitter.ts';

/** Polls, submits and archives: one step for each job that is due. */
export type JobPoller = Worker;

export interface JobPollerParts {
  readonly store: Pick<JobStore, 'claimDue' | 'saveStep' | 'nextDueInMs' | 'correctDueTimes'>;
  readonly upstream: Pick<OpenRouter, 'poll'>;
  readonly submitter: Pick<JobSubmitter, 'submit'>;
  readonly archive: Pick<ClipArchive, 'keep' | 'hasClip'>;
  readonly fallback: JobFallback;
  readonly modelStats: Pick<ModelStats, 'record'>;
  readonly clock: () => number;
  /** Milliseconds of any origin that never go back. */
  readonly monotonic: () => number;
  readonly random: () => number;
  readonly alarms: Alarms;
  readonly log: Log;
}

export interface JobPollerOptions {
  /** Names this process in leases. */
  readonly owner: string;
  /** Steps at once, shared fairly by client. */
  readonly concurrency: number;
  /** Longer than a poll can take: a job whose process died in the middle of one waits this long for the next. */
  readonly leaseMs: number;
  /** For fetching a clip. Where that takes longer, two processes may fetch it, each into a file of its own. */
  readonly archiveLeaseMs: number;
  /** Clips fetched at once; fewer than `concurrency`. */
  readonly archives: { readonly total: number; readonly perClient: number };
  readonly pace: PollPace;
}

const ARCHIVE_RETRY_MS = 2_000;
const CORRECT_EVERY_MS = 5_000;
// Replicas' clocks differ, and a job may be bound to another lease than a poll's.
const CLOCK_MARGIN_MS = 60_000;
// A clip is tried again after an hour at most, and a job waits for its turn no longer than its caller let it.
const LONGEST_PAUSE_MS = 25 * 3_600_000;

export function createJobPoller(parts: JobPollerParts, options: JobPollerOptions): JobPoller {
  const { store, clock, monotonic, alarms, log } = parts;
  /** Jobs whose clips are on their way, with the lease each is held by at the moment. */
  const archiving = new Map<string, { readonly lease: Lease; readonly clientId: string }>();

  /** However slowly clips come, the other slots are for jobs under way, and some for the clips of other clients. */
  function mayArchive(clientId: string): boolean {
    const own = [...archiving.values()].filter((one) => one.clientId === clientId).length;
    return archiving.size < options.archives.total && own < options.archives.perClient;
  }

  async function step({ job, lease }: Claim): Promise<void> {
    switch (job.status) {
      case 'queued':
        // Never claimed before, or claimed by a process that died before it sent anything.
        await parts.submitter.submit({ job, lease });
        return;
      case 'submitting':
        // Its owner is gone and cannot say whether the request left.
        alarms.raise(
          'submission_unknown',
          aboutJob(job),
          'a submit was interrupted: whether OpenRouter accepted the job is unknown',
        );
        await store.saveStep(
          lease,
          { status: 'submission_unknown', error: { code: 'submission_unknown', message: UNKNOWN_MESSAGE } },
          { keep: false, runInMs: null },
        );
        return;
      case 'pending':
      case 'in_progress':
        return poll({ job, lease });
      case 'completed':
        return archive({ job, lease });
      default:
        // Nothing is due in any other state; a row that says so is put to rest, not polled for ever.
        log.error({ ...aboutJob(job), status: job.status }, 'a job without a next step was due');
        await store.saveStep(lease, {}, { keep: false, runInMs: null });
    }
  }

  async function poll({ job, lease }: Claim): Promise<void> {
    const seen = await observe(job);
    const now = clock();
    const change = advanceJob(job, seen, now);
    const { status } = change;
    if (mayFollow(status) && isUnbilledFailure(seen)) {
      const ended = { ...change, status };
      const turned = await parts.fallback.turnToNext(job, lease, ended, { keep: false, runInMs: 0 });
      // Under a name of its own: the job's name is for the attempt that ends it.
      if (turned) return parts.modelStats.record({ ...job, ...change, id: `${job.id}#${job.attempt}` });
    }
    const next = { ...job, ...change };
    // Before the end is saved: after a crash between the two the job is polled again, and nothing is lost.
    if (isTerminal(next.status)) await parts.modelStats.record(next);
    const saved = await store.saveStep(lease, change, { keep: false, runInMs: dueAfter(next, now) });
    if (saved && change.error?.code === UNCLEAR) {
      alarms.raise(
        'status_unclear',
        { ...aboutJob(job), upstream_id: job.upstreamId, said: next.statusDetail },
        'for 15 minutes OpenRouter reported no known status of a job: polling continues',
      );
    }
    if (!saved) log.warn(aboutJob(job), 'lost the lease while polling: another process continues');
  }

  /** A completed job is due once more at once, for its clip. */
  function dueAfter(job: Job, now: number): number | null {
    if (job.status === 'completed') return 0;
    return isTerminal(job.status) ? null : nextPollMs(job, now, options.pace, parts.random());
  }

  async function archive({ job, lease }: Claim): Promise<void> {
    const isOnItsWay = archiving.has(job.id);
    if (!isOnItsWay && !mayArchive(job.clientId)) {
      await store.saveStep(lease, {}, { keep: false, runInMs: ARCHIVE_RETRY_MS });
      return;
    }
    // A clip that takes longer than its lease is claimed again, by us as likely as not: the fetch goes on under that.
    archiving.set(job.id, { lease, clientId: job.clientId });
    try {
      const held = await store.saveStep(lease, {}, { keep: true, leaseMs: options.archiveLeaseMs });
      if (held && !isOnItsWay) await keepClip(job);
    } finally {
      if (!isOnItsWay) archiving.delete(job.id);
    }
  }

  async function keepClip(job: Job): Promise<void> {
    const kept = await parts.archive.keep(job);
    const lease = archiving.get(job.id)?.lease;
    if (!lease) return;
    const runInMs = kept ? null : nextArchiveMs(job, clock());
    if (!kept && runInMs === null) {
      alarms.raise(
        'clip_not_archived',
        aboutJob(job),
        'could not archive a paid clip for a week: no further attempts',
      );
    }
    await store.saveStep(lease, {}, { keep: false, runInMs });
  }

  async function observe(job: Job): Promise<PollResult> {
    if (job.upstreamId === null) return { kind: 'failed', reason: 'the job has no upstream id' };
    const result = await parts.upstream.poll(job.upstreamId);
    if (result.kind === 'answer' && isOddCompletion(result.status)) {
      // Another word for the same end is believed where the clip is there.
      return (await parts.archive.hasClip(job.upstreamId))
        ? result
        : { kind: 'unclear', reason: 'an unknown status, and no clip', words: result.status };
    }
    if (result.kind === 'failed' || result.kind === 'unclear')
      log.warn({ ...aboutJob(job), reason: result.reason }, 'a poll failed: retrying later');
    return result;
  }

  /** Due times from a clock that was ahead: looked for now and then, whatever the clock says of how often. */
  let correctAt = Number.NEGATIVE_INFINITY;
  async function correctDueTimes(): Promise<void> {
    if (monotonic() < correctAt) return;
    const jobs = await store.correctDueTimes({
      polledMs: Math.max(options.pace.maxMs, options.leaseMs) + CLOCK_MARGIN_MS,
      otherMs: LONGEST_PAUSE_MS,
    });
    if (jobs > 0)
      log.warn({ jobs }, 'jobs were due too far in the future, so the clock was wrong: they are due now');
    correctAt = monotonic() + CORRECT_EVERY_MS;
  }

  return createWorker<Claim>(
    {
      name: 'due jobs',
      claim: (limit, turns) => store.claimDue(options.owner, limit, options.leaseMs, turns),
      clientOf: ({ job }) => job.clientId,
      run: step,
      describe: ({ job }) => aboutJob(job),
      nextInMs: (exceptClients) => store.nextDueInMs(exceptClients),
      prepare: correctDueTimes,
      log,
    },
    { concurrency: options.concurrency },
  );
}
