// The candidates a job may turn to, with their bodies, as they are kept with the job.

import { Big } from 'big.js';
import type { ClipSpec, Routing } from '../clip/clip-spec.ts';
import { buildSubmission } from '../clip/submission.ts';
import { toMicroUsd, toMicroUsdHold } from '../money.ts';
import { yardstickOf } from '../pricing/learned-estimate.ts';
import type { Eligible } from '../routing/evaluate.ts';
import type { PlannedAttempt } from './attempt.ts';
import type { FallbackTerms } from './job.ts';

/** @param maxTotalUsd dollars, taken to the nearest micro-dollar. */
export const toTerms = (maxAttempts: number, maxTotalUsd: number): FallbackTerms => ({
  maxAttempts,
  maxTotalMicroUsd: toMicroUsd(new Big(maxTotalUsd)),
});

/** What an attempt is but for the secret it is sent with. */
export type Planned = Omit<PlannedAttempt, 'nonce'>;

/** One candidate with the body upstream would get. Costs are rounded up where they bound something. */
export function planAttempt(
  { model, estimate, list, expected }: Eligible,
  spec: ClipSpec,
  routing: Routing,
): Planned {
  const { usd, ceilingUsd } = estimate;
  return {
    model: model.id,
    request: buildSubmission(model, spec, routing).body,
    expectedMs: expected.p50S * 1000,
    estimatedMicroUsd: usd === null ? null : toMicroUsd(usd),
    listMicroUsd: yardstickOf(list),
    highMicroUsd: ceilingUsd === null ? null : toMicroUsdHold(ceilingUsd),
  };
}

/**
 * Those after the first, best first. No more than could ever be tried are kept: a body may hold whole images.
 * @param candidates of the plan, the one that is bought first included.
 */
export const planOthers = (
  candidates: readonly Eligible[],
  spec: ClipSpec,
  routing: Routing,
  terms: FallbackTerms,
): Planned[] =>
  candidates.slice(1, terms.maxAttempts).map((candidate) => planAttempt(candidate, spec, routing));
