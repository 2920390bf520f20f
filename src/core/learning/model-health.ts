// The success rate and latency of a model in its latest jobs, as observed and without the priors that routing uses.

import type { JobObservation } from './observation.ts';
import { quantile, sortWeighted } from './weighted-quantile.ts';

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

/** Null where nothing was observed. @param observations of one model. */
export function healthOf(model: string, observations: readonly JobObservation[]): ModelHealth | null {
  const ended = observations.filter(({ status }) => status !== 'cancelled');
  if (ended.length === 0) return null;
  const completed = ended.filter(({ status }) => status === 'completed');
  const seconds = sortWeighted(
    completed.flatMap(({ tookMs }) => (tookMs === null ? [] : [{ value: tookMs / 1000, weight: 1 }])),
  );
  return {
    model,
    ended: ended.length,
    completed: completed.length,
    p50S: quantile(seconds, 0.5),
    p90S: quantile(seconds, 0.9),
    lastEndedAt: Math.max(...ended.map(({ endedAt }) => endedAt)),
  };
}
