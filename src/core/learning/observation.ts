// The observation that a finished job leaves: its duration, its bill, and whether it has a clip.

import type { Job } from '../job/job.ts';
import type { MicroUsd } from '../money.ts';
import { isContentRefusal } from './content-refusal.ts';
import { priceKindOf } from './price-kind.ts';
import { resolutionOf } from './requested-resolution.ts';

export const ENDINGS = ['completed', 'failed', 'cancelled', 'expired'] as const;

/** One ended job. Kept for 91 days, across upgrades, so it holds what was seen and no conclusion. */
export interface JobObservation {
  readonly jobId: string;
  readonly model: string;
  readonly status: (typeof ENDINGS)[number];
  /** Epoch milliseconds. */
  readonly endedAt: number;
  /** Milliseconds from submit to end; null where the end was not watched for. */
  readonly tookMs: number | null;
  /** Seconds of clip; null where the request left it open. */
  readonly durationS: number | null;
  /** In lower case; null where the request left it open. */
  readonly resolution: string | null;
  readonly sound: boolean | null;
  /** What the price list said, before any correction; null where it said nothing definite. */
  readonly listMicroUsd: MicroUsd | null;
  /** Null = not known, never zero. */
  readonly billedMicroUsd: MicroUsd | null;
  readonly isByok: boolean | null;
  /** Whose job it was, and of which `priceKindOf`; null in observations of before these were kept. */
  readonly clientId: string | null;
  readonly priceKind: string | null;
}

// Between two polls a job is not seen. A gap above a minute and a quarter of its age says more of our polling (a
// restart, an outage) than of the model; ordinary pacing stays below both.
const UNWATCHED_MS = 60_000;
const UNWATCHED_SHARE = 0.25;

/**
 * What an ended job teaches; null where it has not ended, upstream never accepted it, or it failed for what the client
 * sent.
 * @param job with `updatedAt` still that of the last look before it was seen to have ended.
 */
export function observeJob(job: Job): JobObservation | null {
  const { submittedAt, finishedAt, request } = job;
  const status = ENDINGS.find((ending) => ending === job.status);
  if (!status || submittedAt === null || finishedAt === null || job.upstreamId === null) return null;
  if (status === 'failed' && job.error && isContentRefusal(job.error.message)) return null;
  const tookMs = Math.max(0, finishedAt - submittedAt);
  const gapMs = finishedAt - job.updatedAt;
  const watched = gapMs <= Math.max(UNWATCHED_MS, tookMs * UNWATCHED_SHARE);
  return {
    jobId: job.id,
    model: job.model,
    status,
    endedAt: finishedAt,
    tookMs: watched ? tookMs : null,
    durationS: typeof request['duration'] === 'number' ? request['duration'] : null,
    resolution: resolutionOf(request),
    sound: typeof request['generate_audio'] === 'boolean' ? request['generate_audio'] : null,
    listMicroUsd: job.listMicroUsd,
    billedMicroUsd: job.actualMicroUsd,
    isByok: job.isByok,
    clientId: job.clientId,
    priceKind: priceKindOf(request),
  };
}
