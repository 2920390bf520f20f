// How a model has done lately, as it was seen: what ended with a clip, and how long that took. Nothing is believed before.

import type { JobObservation } from './observation.ts';

export interface ModelHealth {
  readonly model: string;
  /** Jobs that have ended, those that were cancelled left out, and how many of them with a clip. */
  readonly ended: number;
  readonly completed: number;
  /** Seconds from submit to clip; null where none was timed. */
  readonly p50S: number | null;
  readonly p90S: number | null;
  /** Epoch milliseconds. */
  readonly lastEndedAt: number;
}

/** The value that so large a share of the sorted values does not exceed. */
const quantile = (sorted: readonly number[], share: number): number | null =>
  sorted[Math.min(sorted.length - 1, Math.ceil(sorted.length * share) - 1)] ?? null;

/** Null where nothing was observed. @param observations of one model. */
export function healthOf(model: string, observations: readonly JobObservation[]): ModelHealth | null {
  const ended = observations.filter(({ status }) => status !== 'cancelled');
  if (ended.length === 0) return null;
  const completed = ended.filter(({ status }) => status === 'completed');
  const seconds = completed
    .flatMap(({ tookMs }) => (tookMs === null ? [] : [tookMs / 1000]))
    .sort((a, b) => a - b);
  return {
    model,
    ended: ended.length,
    completed: completed.length,
    p50S: quantile(seconds, 0.5),
    p90S: quantile(seconds, 0.9),
    lastEndedAt: Math.max(...ended.map(({ endedAt }) => endedAt)),
  };
}
