// The whole decision for one clip, as a value: who can make it, who cannot and why, in which order, and what is sent.

import type { Catalog, VideoModel } from './catalog.ts';
import { findReasons, type Reason } from './eligibility.ts';
import { type ExpectedTime, expectTime } from './latency.ts';
import { findNearest, type Nearest } from './nearest.ts';
import type { Estimate } from './price/estimate.ts';
import { estimateSpec } from './price-clip.ts';
import type { ClipSpec, Routing } from './request.ts';
import { type GuideScore, type Scores, scoreLikeGuide, weightsOf } from './score.ts';
import { buildSubmission, type Submission } from './submission.ts';

/** A model that can make the clip, with what is expected of it. */
export interface Admitted {
  readonly model: VideoModel;
  readonly estimate: Estimate;
  readonly expected: ExpectedTime;
}

export interface Candidate extends Admitted {
  /** From 1. */
  readonly rank: number;
  readonly score: number;
  readonly scores: Scores;
  readonly lowestAdvertisedPrice: number | null;
}

export interface Rejected {
  readonly model: VideoModel;
  readonly reasons: readonly Reason[];
}

export interface RoutePlan {
  /** Best first. */
  readonly candidates: readonly Candidate[];
  /** In the catalog's order. */
  readonly rejected: readonly Rejected[];
  readonly nearest: readonly Nearest[];
  /** What would be sent for the best candidate; null without one. */
  readonly submission: Submission | null;
}

/** Admits or refuses one model for one clip, its cost and time included. */
export function judgeModel(model: VideoModel, spec: ClipSpec, routing: Routing): Admitted | Rejected {
  const reasons = findReasons(model, spec, routing);
  // A price for a clip the model cannot make would be a guess.
  if (reasons.length > 0) return { model, reasons };
  const estimate = estimateSpec(model, spec);
  const expected = expectTime(model, spec);
  const { max_cost_usd: maxCost, max_wait_s: maxWait } = routing;
  if (maxCost !== undefined) {
    const high = estimate.highUsd;
    if (high === null)
      reasons.push({ code: 'unpriceable', field: 'max_cost_usd', requested: maxCost, supported: null });
    else if (high.gt(maxCost)) {
      reasons.push({
        code: 'over_budget',
        field: 'max_cost_usd',
        requested: maxCost,
        supported: [high.toNumber()],
      });
    }
  }
  if (maxWait !== undefined && expected.p50S > maxWait) {
    reasons.push({ code: 'too_slow', field: 'max_wait_s', requested: maxWait, supported: [expected.p50S] });
  }
  return reasons.length > 0 ? { model, reasons } : { model, estimate, expected };
}

/** Whether a model takes the clip. Costs and times are only worked out where there is a limit to hold them against. */
function admits(model: VideoModel, spec: ClipSpec, routing: Routing): boolean {
  if (routing.max_cost_usd === undefined && routing.max_wait_s === undefined) {
    return findReasons(model, spec, routing).length === 0;
  }
  return !('reasons' in judgeModel(model, spec, routing));
}

/** Routes one clip over a catalog. Pure: the same arguments give the same plan. */
export function planRoute(catalog: Catalog, spec: ClipSpec, routing: Routing): RoutePlan {
  const admitted: Admitted[] = [];
  const rejected: Rejected[] = [];
  for (const model of catalog.models) {
    const judged = judgeModel(model, spec, routing);
    if ('reasons' in judged) rejected.push(judged);
    else admitted.push(judged);
  }
  const candidates = rank(admitted, routing);
  const best = candidates[0];
  return {
    candidates,
    rejected,
    nearest: findNearest(rejected, spec, routing, admits),
    submission: best ? buildSubmission(best.model, spec, routing) : null,
  };
}

function rank(admitted: readonly Admitted[], routing: Routing): Candidate[] {
  const scored = scoreLikeGuide(
    admitted.map(({ model }) => model),
    weightsOf(routing.priority ?? 'balanced'),
  );
  return admitted
    .flatMap((entry, index) => {
      const given = scored[index];
      return given ? [{ entry, given }] : [];
    })
    .sort(byScoreThenPriceThenId)
    .map(({ entry, given }, index) => ({
      model: entry.model,
      estimate: entry.estimate,
      expected: entry.expected,
      score: given.score,
      scores: given.scores,
      lowestAdvertisedPrice: given.lowestAdvertisedPrice,
      rank: index + 1,
    }));
}

interface Scored {
  readonly entry: Admitted;
  readonly given: GuideScore;
}

function byScoreThenPriceThenId(a: Scored, b: Scored): number {
  return (
    b.given.score - a.given.score ||
    (a.given.lowestAdvertisedPrice ?? Infinity) - (b.given.lowestAdvertisedPrice ?? Infinity) ||
    (a.entry.model.id < b.entry.model.id ? -1 : 1)
  );
}
