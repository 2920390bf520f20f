// What an answer to a poll makes of a job, and when to ask again.

import { jitter } from '../jitter.ts';
import { parseUsageCost } from '../money.ts';
import { redactUpstreamMessage } from '../redact-upstream.ts';
import { HOOK_PREFIX } from './hook-path.ts';
import type { Job, JobChange } from './job.ts';
import { isTerminal, type JobStatus, mayMove } from './job.ts';
import type { PollResult } from './poll-result.ts';

// What upstream documents, and what other words for the same ends were seen or are as plain. A map, for whatever upstream
// says is looked up here, and every object has a `constructor`. A word that is no end is better not guessed: the job is
// followed either way.
const UPSTREAM_STATUSES: ReadonlyMap<string, JobStatus> = new Map([
  ['pending', 'pending'],
  ['in_progress', 'in_progress'],
  ['completed', 'completed'],
  ['complete', 'completed'],
  ['succeeded', 'completed'],
  ['success', 'completed'],
  ['successful', 'completed'],
  ['finished', 'completed'],
  ['done', 'completed'],
  ['failed', 'failed'],
  ['failure', 'failed'],
  ['error', 'failed'],
  ['errored', 'failed'],
  ['dead', 'failed'],
  ['rejected', 'failed'],
  ['cancelled', 'cancelled'],
  ['canceled', 'cancelled'],
  ['aborted', 'cancelled'],
  ['expired', 'expired'],
  ['timeout', 'expired'],
  ['timed_out', 'expired'],
]);

/** A word of upstream's as it is looked up: `In-Progress ` is `in_progress`. */
const plainStatus = (said: string): string =>
  said
    .trim()
    .toLowerCase()
    .replace(/[\s-]+/g, '_');

const readStatus = (said: string): JobStatus | undefined => UPSTREAM_STATUSES.get(plainStatus(said));

/** The end of a job that a status of upstream's stands for; null for one that is no end, or that we do not know. */
export function endOf(said: string): JobStatus | null {
  const status = readStatus(said);
  return status !== undefined && isTerminal(status) ? status : null;
}

/** True for a word that is taken for `completed` although upstream documents another: worth a look at the clip. */
export const isOddCompletion = (said: string): boolean =>
  said !== 'completed' && readStatus(said) === 'completed';

/** True where upstream says `failed`, however it spells that one word. */
export const saysFailed = (said: string): boolean => plainStatus(said) === 'failed';

// Upstream itself expires a job after two hours in its queue; an hour later no provider works on it any more. Counted
// from the first "not found" that we saw, and over several of them: we may have been away since the submit, or since.
const LOST_AFTER_MS = 3 * 60 * 60 * 1000;
const LOST_AFTER_POLLS = 5;

// No model makes more than a few clips for one job. Each output is a fetch, a file and an entry in every answer about
// the job, and one answer of upstream's could list hundreds of thousands.
const MAX_OUTPUTS = 16;

const UNCLEAR_AFTER_MS = 15 * 60 * 1000;
export const UNCLEAR = 'upstream_unclear';

/**
 * The change an observation makes to a job that upstream has accepted. A status we do not know, or one that
 * would be a step back, is no step: the job is asked for again. A cost that is not known stays null.
 */
export function advanceJob(job: Job, seen: PollResult, now: number): JobChange {
  const polls = job.polls + 1;
  if (seen.kind === 'failed') return { polls };
  if (seen.kind === 'missing') {
    const missing = { polls, missingSince: job.missingSince ?? now, missingPolls: job.missingPolls + 1 };
    if (now - missing.missingSince < LOST_AFTER_MS || missing.missingPolls < LOST_AFTER_POLLS) return missing;
    return {
      ...missing,
      status: 'expired',
      finishedAt: now,
      error: { code: 'upstream_lost', message: 'OpenRouter no longer knows this job.' },
    };
  }
  const found = job.missingSince === null ? {} : { missingSince: null, missingPolls: 0 };
  if (seen.kind === 'unclear') return { polls, ...found, ...followUnclear(job, seen.words, now) };
  const status = readStatus(seen.status);
  if (status === undefined) {
    const words = [seen.status, seen.statusDetail, seen.error].filter((part) => part != null && part !== '');
    return { polls, ...found, ...learnId(job, seen), ...followUnclear(job, words.join(': '), now) };
  }
  const clear = { ...found, ...leaveUnclear(job, seen.statusDetail) };
  if (!mayMove(job.status, status)) return { polls, ...clear, ...learnId(job, seen) };
  const change: JobChange = {
    polls,
    ...clear,
    status,
    generationId: seen.generationId ?? job.generationId,
    actualMicroUsd: parseUsageCost(seen.costUsd),
    isByok: seen.isByok,
  };
  if (status === 'pending' || status === 'in_progress') return change;
  const ended = { ...change, finishedAt: now };
  // A completed job has a clip at index 0 even where upstream forgot to list its URL.
  if (status === 'completed') {
    return { ...ended, outputCount: Math.min(MAX_OUTPUTS, Math.max(1, seen.outputCount)) };
  }
  return {
    ...ended,
    error: {
      code: `upstream_${status}`,
      message:
        seen.error === null
          ? `Upstream reports the job as ${redact(job, seen.status)}: no reason given.`
          : redact(job, seen.error),
    },
  };
}

/** Upstream quotes what it was sent: the nonce of the job is in the address of our webhook. */
const redact = (job: Job, words: string): string => redactUpstreamMessage(words, HOOK_PREFIX, [job.nonce]);

const learnId = (job: Job, { generationId }: { readonly generationId: string | null }): JobChange =>
  generationId && !job.generationId ? { generationId } : {};

/** What upstream says is kept from the first time; the job has an error once that lasts. */
function followUnclear(job: Job, words: string | null, now: number): JobChange {
  const unclearSince = job.unclearSince ?? now;
  const said = redact(job, words?.trim() || 'no reason given');
  return {
    ...(job.unclearSince === null ? { unclearSince } : {}),
    ...(said === job.statusDetail ? {} : { statusDetail: said }),
    ...(now - unclearSince < UNCLEAR_AFTER_MS || job.error?.code === UNCLEAR
      ? {}
      : {
          error: {
            code: UNCLEAR,
            message: `OpenRouter reports an unknown state of this job: ${said}`,
          },
        }),
  };
}

function leaveUnclear(job: Job, detail: string | undefined): JobChange {
  const statusDetail = detail === undefined ? null : redact(job, detail);
  return {
    ...(job.unclearSince === null ? {} : { unclearSince: null }),
    ...(statusDetail === job.statusDetail ? {} : { statusDetail }),
    ...(job.error?.code === UNCLEAR ? { error: null } : {}),
  };
}

/**
 * When upstream has given up a job that it accepted at the latest, in epoch milliseconds, by what is known of it; null
 * where it has not accepted the job, or the job has ended.
 */
export const expiresAt = (job: Job): number | null =>
  job.submittedAt === null || job.upstreamId === null || isTerminal(job.status)
    ? null
    : job.submittedAt + LOST_AFTER_MS;

export interface PollPace {
  readonly minMs: number;
  readonly maxMs: number;
}

// Jobs that were bought together are not polled in step.
const POLL_JITTER = 0.2;

/**
 * Whole milliseconds until the next poll, never below `pace.minMs` nor above `pace.maxMs`. The first comes early, for a
 * job can be done at once; then half the time that is still expected; past the expected time a share of the job's age.
 * @param random from 0 up to 1.
 */
export function nextPollMs(job: Job, now: number, { minMs, maxMs }: PollPace, random: number): number {
  const age = now - (job.submittedAt ?? job.createdAt);
  const remaining = (job.expectedMs ?? 0) - age;
  const wished = job.polls === 0 ? minMs : remaining > 0 ? remaining / 2 : age / 8;
  // Leaves a margin for the jitter, so that no wait exceeds `maxMs`.
  const bounded = Math.max(minMs, Math.min(maxMs / (1 + POLL_JITTER), wished));
  return Math.round(Math.min(maxMs, jitter(bounded, random, POLL_JITTER)));
}

const HOUR_MS = 60 * 60 * 1000;
const DAY_MS = 24 * HOUR_MS;

/**
 * Whole milliseconds until the next try to fetch a finished clip into the archive: a quarter of the time it has been
 * waiting. Null after a week, when upstream no longer has what it had not handed out by then.
 */
export function nextArchiveMs(job: Job, now: number): number | null {
  const age = now - (job.finishedAt ?? job.updatedAt);
  return age > 7 * DAY_MS ? null : Math.round(Math.min(HOUR_MS, Math.max(2_000, age / 4)));
}
