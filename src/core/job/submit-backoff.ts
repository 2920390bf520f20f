// When a job that upstream refused only for now is tried again, and when that is too late.

import { jitter } from '../jitter.ts';
import type { Job } from './job.ts';

/** How long a job waits for its turn where its caller set no `max_wait_s`. */
export const DEFAULT_PATIENCE_MS = 10 * 60 * 1000;

const SECOND_MS = 1_000;
const MIN_BACKOFF_MS = 2 * SECOND_MS;
const MAX_BACKOFF_MS = 60 * SECOND_MS;

/**
 * Milliseconds until a refused job is sent again: what upstream asked for, else a share of the time it has waited, so
 * that tries thin out without being counted. Null where that lies past the job's deadline, or where the job has none
 * because its caller waits for an answer.
 * @param toldS upstream's Retry-After in seconds, or null.
 * @param random from 0 up to 1; up to a tenth is added so that jobs refused together do not come back together.
 */
export function nextTryMs(
  job: Pick<Job, 'createdAt' | 'patienceMs'>,
  toldS: number | null,
  now: number,
  random: number,
): number | null {
  if (job.patienceMs === null) return null;
  const age = Math.max(0, now - job.createdAt);
  const backoff = Math.min(MAX_BACKOFF_MS, Math.max(MIN_BACKOFF_MS, age / 2));
  // Never before the requested time, and never at once: "0 seconds" from a server under load is not an invitation.
  const wished = Math.max(SECOND_MS, toldS === null ? backoff : toldS * SECOND_MS);
  const wait = Math.round(jitter(wished, random, 0.1));
  return age + wait > job.patienceMs ? null : wait;
}
