// The whole decision for one clip, as a value: who can make it, who cannot and why, in which order, and what is sent.

import type { Catalog, VideoModel } from './catalog.ts';
import { findReasons, type Reason } from './eligibility.ts';
import { type ExpectedTime, expectTime } from './expected-time.ts';
import { type Knowledge, NOTHING_KNOWN } from './knowledge.ts';
import { correctEstimate, dollarsOf, type LearnedEstimate } from './learned-estimate.ts';
import { PRIOR_SUCCESS } from './learning.ts';
import { scoreMeasured } from './measured-score.ts';
import { findNearest, type Nearest } from './nearest.ts';
import type { Estimate } from './price/estimate.ts';
import { estimateSpec } from './price-clip.ts';
import { type Quality, qualityOf } from './quality.ts';
import type { ClipSpec, Routing } from './request.ts';
import { type Scores, scoreLikeGuide, type Weights, weightsOf } from './score.ts';
import { buildSubmission, type Submission } from './submission.ts';
import { explainChoice } from './why.ts';

/** A model that can make the clip, with what is expected of it. */
export interface Admitted {
  readonly model: VideoModel;
  /** What the bill is expected to be. */
  readonly estimate: LearnedEstimate;
  /** What the price list alone says. */
  readonly list: Estimate;
  readonly expected: ExpectedTime;
}

export interface Candidate extends Admitted {
  /** From 1. */
  readonly rank: number;
  readonly score: number;
  readonly scores: Scores;
  readonly quality: Quality;
  /** Only with `scoring: guide`: the number it takes for a price. */
  readonly lowestAdvertisedPrice?: number | null;
}

export interface Rejected {
  readonly model: VideoModel;
  readonly reasons: readonly Reason[];
}

/** What holds for every clip of one question; see `questionOf`. */
export interface Ranking {
  /** Best first. */
  readonly candidates: readonly Candidate[];
  /** In the catalog's order. */
  readonly rejected: readonly Rejected[];
  readonly nearest: readonly Nearest[];
  /** Why the best candidate is best, in one sentence; null without one. */
  readonly why: string | null;
}

export interface RoutePlan extends Ranking {
  /** What would be sent for the best candidate; null without one. */
  readonly submission: Submission | null;
}

/** Admits or refuses one model for one clip, its cost and time included. */
export function judgeModel(
  model: VideoModel,
  spec: ClipSpec,
  routing: Routing,
  knowledge: Knowledge = NOTHING_KNOWN,
): Admitted | Rejected {
  const reasons = findReasons(model, spec, routing);
  // A price for a clip the model cannot make would be a guess.
  if (reasons.length > 0) return { model, reasons };
  const list = estimateSpec(model, spec);
  const estimate = correctEstimate(list, knowledge.models.get(model.id)?.ratio);
  const expected = expectTime(model, spec, knowledge);
  const { max_cost_usd: maxCost, max_wait_s: maxWait } = routing;
  if (maxCost !== undefined) {
    const { high } = dollarsOf(estimate);
    if (high === null)
      reasons.push({ code: 'unpriceable', field: 'max_cost_usd', requested: maxCost, supported: null });
    else if (high > maxCost) {
      reasons.push({
        code: 'over_budget',
        field: 'max_cost_usd',
        requested: maxCost,
        supported: [high],
      });
    }
  }
  // A deadline that every other clip misses is none: nine in ten must meet it.
  if (maxWait !== undefined && expected.p90S > maxWait) {
    reasons.push({ code: 'too_slow', field: 'max_wait_s', requested: maxWait, supported: [expected.p90S] });
  }
  return reasons.length > 0 ? { model, reasons } : { model, estimate, list, expected };
}

/** Whether a model takes the clip. Costs and times are only worked out where there is a limit to hold them against. */
function admits(model: VideoModel, spec: ClipSpec, routing: Routing, knowledge: Knowledge): boolean {
  if (routing.max_cost_usd === undefined && routing.max_wait_s === undefined) {
    return findReasons(model, spec, routing).length === 0;
  }
  return !('reasons' in judgeModel(model, spec, routing, knowledge));
}

/** Routes one clip over a catalog. Pure: the same arguments give the same plan. */
export function planRoute(
  catalog: Catalog,
  spec: ClipSpec,
  routing: Routing,
  knowledge: Knowledge = NOTHING_KNOWN,
): RoutePlan {
  return completePlan(rankModels(catalog, spec, routing, knowledge), spec, routing);
}

/** The plan for one clip of the question that was ranked. */
export function completePlan(ranking: Ranking, spec: ClipSpec, routing: Routing): RoutePlan {
  const [best] = ranking.candidates;
  return { ...ranking, submission: best ? buildSubmission(best.model, spec, routing) : null };
}

/** Admits, refuses and ranks the models of a catalog. */
export function rankModels(
  catalog: Catalog,
  spec: ClipSpec,
  routing: Routing,
  knowledge: Knowledge,
): Ranking {
  const admitted: Admitted[] = [];
  const rejected: Rejected[] = [];
  for (const model of catalog.models) {
    const judged = judgeModel(model, spec, routing, knowledge);
    if ('reasons' in judged) rejected.push(judged);
    else admitted.push(judged);
  }
  const scoring = routing.scoring ?? 'measured';
  const weights = weightsOf(routing.priority ?? 'balanced');
  const scored =
    scoring === 'guide'
      ? scoreByGuide(admitted, weights, knowledge)
      : scoreByMeasure(admitted, weights, knowledge);
  const candidates = rank(admitted, scored);
  return {
    candidates,
    rejected,
    nearest: findNearest(rejected, spec, routing, (model, changed, limits) =>
      admits(model, changed, limits, knowledge),
    ),
    why: explainChoice(candidates, catalog.models.length, weights, scoring),
  };
}

/** What one scoring makes of an admitted model, and its own idea of a price, to break ties with. */
type Scored = Pick<Candidate, 'score' | 'scores' | 'quality' | 'lowestAdvertisedPrice'> & {
  readonly price: number | null;
};

/** One for each of `admitted`, in their order. */
function scoreByMeasure(admitted: readonly Admitted[], weights: Weights, knowledge: Knowledge): Scored[] {
  return scoreMeasured(
    admitted.map(({ model, estimate, expected }) => ({
      usd: dollarsOf(estimate).usd,
      p50S: expected.p50S,
      quality: qualityOf(model, knowledge),
      successRate: knowledge.models.get(model.id)?.success.rate ?? PRIOR_SUCCESS.rate,
    })),
    weights,
  );
}

function scoreByGuide(admitted: readonly Admitted[], weights: Weights, knowledge: Knowledge): Scored[] {
  const models = admitted.map(({ model }) => model);
  const scores = scoreLikeGuide(models, weights);
  return scores.map(({ model, ...given }) => ({
    ...given,
    price: given.lowestAdvertisedPrice,
    quality: qualityOf(model, knowledge),
  }));
}

/** By score; the cheaper of equals, then the first by id. */
function rank(admitted: readonly Admitted[], scored: readonly Scored[]): Candidate[] {
  const entries = admitted.flatMap((entry, index) => {
    const given = scored[index];
    return given ? [{ entry, given }] : [];
  });
  // Unknown is dearer than anything known. Not Infinity: two of them differ by NaN, which is no order.
  const priceOf = ({ given }: (typeof entries)[number]) => given.price ?? Number.MAX_VALUE;
  return entries
    .sort(
      (a, b) =>
        b.given.score - a.given.score ||
        priceOf(a) - priceOf(b) ||
        (a.entry.model.id < b.entry.model.id ? -1 : 1),
    )
    .map(({ entry, given }, index) => ({
      // Field by field: spreading is most of the work where there are thousands.
      rank: index + 1,
      model: entry.model,
      estimate: entry.estimate,
      list: entry.list,
      expected: entry.expected,
      score: given.score,
      scores: given.scores,
      quality: given.quality,
      ...(given.lowestAdvertisedPrice !== undefined && {
        lowestAdvertisedPrice: given.lowestAdvertisedPrice,
      }),
    }));
}
