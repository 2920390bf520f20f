// Observations as tests tell them: what matters said, the rest as usual.

import type { JobObservation } from '../../src/core/learning/observation.ts';
import { priceKindOf } from '../../src/core/learning/price-kind.ts';

export const NOW = Date.UTC(2026, 10, 1);

/** That of the clips here: 720p from text, silent. */
export const KIND = priceKindOf({ resolution: '720p', generate_audio: false });

/** A clip that completed as listed, a second after the one of the index before. */
export function observed(index: number, overrides: Partial<JobObservation> = {}): JobObservation {
  return {
    jobId: `job_${String(index).padStart(6, '0')}`,
    model: 'a/b',
    status: 'completed',
    endedAt: NOW - 1000 * (10_000 - index),
    tookMs: 60_000,
    durationS: 4,
    resolution: '720p',
    sound: false,
    listMicroUsd: 100_000,
    billedMicroUsd: 100_000,
    isByok: false,
    clientId: 'studio',
    priceKind: KIND,
    ...overrides,
  };
}

/** Bills at these ratios of the list, oldest first. */
export const billedAt = (...ratios: number[]): JobObservation[] =>
  ratios.map((ratio, index) => observed(index, { billedMicroUsd: Math.round(100_000 * ratio) }));

/** Clips that took so many seconds, oldest first. */
export const took = (...seconds: number[]): JobObservation[] =>
  seconds.map((s, index) => observed(index, { tookMs: 1000 * s }));
