// A job as OpenAI would answer it, each field of exactly the type that typed clients expect.

import type { Warning } from '../../core/clip/submission.ts';
import type { Job, JobStatus } from '../../core/job/job.ts';
import { isTerminal } from '../../core/job/job.ts';
import { memoizeByObject } from '../../core/memoize-by-object.ts';
import { fromMicroUsd } from '../../core/money.ts';
import { fieldNameOf } from './field-names.ts';
import { sizeOf, type VideoOrder } from './order-body.ts';
import type { VIDEO_STATUSES } from './schemas.ts';

type VideoStatus = (typeof VIDEO_STATUSES)[number];

/** Clients stop at `completed` and `failed` alone: what ended otherwise failed, with a code that says how. */
const STATUSES: Readonly<Record<JobStatus, VideoStatus>> = {
  queued: 'queued',
  submitting: 'queued',
  submission_unknown: 'in_progress',
  pending: 'in_progress',
  in_progress: 'in_progress',
  completed: 'completed',
  failed: 'failed',
  cancelled: 'failed',
  expired: 'failed',
  rejected: 'failed',
  not_accepted: 'failed',
  written_off: 'failed',
};

export const statusOf = (job: Job): VideoStatus => STATUSES[job.status];

const seconds = (ms: number) => Math.floor(ms / 1000);
const dollars = (microUsd: number | null) => (microUsd === null ? null : fromMicroUsd(microUsd));

/** What only the answer to an order knows. */
export interface OrderNotes {
  /** What stands in place of defaults; null = nothing does. */
  readonly adjusted: VideoOrder['adjusted'];
  /** Null where an earlier order is answered again. */
  readonly warnings: readonly Warning[] | null;
}

/** @param now epoch milliseconds. @param notes null = this answers no order. */
export function renderVideo(job: Job, now: number, notes: OrderNotes | null = null) {
  const status = statusOf(job);
  const { prompt, duration, size, resolution, aspect_ratio: ratio } = job.request;
  return {
    id: job.id,
    object: 'video' as const,
    model: job.model,
    status,
    progress: progressOf(job, now),
    created_at: seconds(job.createdAt),
    completed_at: status === 'completed' && job.finishedAt !== null ? seconds(job.finishedAt) : null,
    expires_at: null,
    seconds: typeof duration === 'number' ? String(duration) : '',
    size: sizeOf({ size: textOf(size), resolution: textOf(resolution), aspect_ratio: textOf(ratio) }),
    prompt: textOf(prompt) ?? null,
    remixed_from_video_id: null,
    error:
      status === 'failed'
        ? {
            code: job.error?.code ?? job.status,
            message: job.error?.message ?? `The job is ${job.status}.`,
          }
        : null,
    metadata: {
      status: job.status,
      cost_usd: dollars(job.actualMicroUsd),
      estimated_usd: dollars(job.estimatedMicroUsd),
      ...(notes?.adjusted && { adjusted_defaults: notes.adjusted }),
      ...(notes?.warnings?.length && {
        warnings: notes.warnings.map((one) => ({ ...one, field: fieldNameOf(one.field) })),
      }),
    },
  };
}

interface Text {
  readonly progress: number;
  readonly json: string;
}

// The store returns the same object until something about the job has changed, where it can know that (SQLite).
const latestTexts = memoizeByObject((_job: Job): { text: Text | null } => ({ text: null }));

/** A job as JSON, written once for as long as nothing moves but the clock, and no percent with it. */
export function writeVideo(job: Job, now: number): string {
  const progress = progressOf(job, now);
  const latest = latestTexts(job);
  if (latest.text?.progress !== progress) {
    latest.text = { progress, json: JSON.stringify(renderVideo(job, now)) };
  }
  return latest.text.json;
}

const textOf = (value: unknown): string | undefined => (typeof value === 'string' ? value : undefined);

const MOST_BEFORE_THE_END = 99;
const USUAL_MS = 120_000;

/**
 * Percent of the expected time since the job was made, which no step of the job sets back. Where other candidates may
 * follow, each with a time of its own, a usual time stands for all of them.
 */
function progressOf(job: Job, now: number): number {
  if (job.status === 'completed') return 100;
  const expectedMs = job.fallback === null ? (job.expectedMs ?? USUAL_MS) : USUAL_MS;
  const until = isTerminal(job.status) ? (job.finishedAt ?? now) : now;
  const share = Math.max(0, until - job.createdAt) / Math.max(1, expectedMs);
  return Math.min(MOST_BEFORE_THE_END, Math.floor(share * 100));
}

const MIN_POLL_MS = 1_000;
const MAX_POLL_MS = 10_000;

/** How long a client should wait before it asks again: a tenth of what is left, within bounds. */
export function pollAfterMs(job: Job, now: number): number {
  const leftMs = job.createdAt + (job.expectedMs ?? USUAL_MS) - now;
  return Math.round(Math.min(MAX_POLL_MS, Math.max(MIN_POLL_MS, leftMs / 10)));
}
