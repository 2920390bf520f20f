// The routing decision for one clip, as a value: candidates in order, rejected models with reasons, and the request to send.

import type { Catalog } from '../catalog/catalog.ts';
import type { ClipSpec, Routing } from '../clip/clip-spec.ts';
import { buildSubmission, type Submission } from '../clip/submission.ts';
import { type Knowledge, NOTHING_KNOWN } from '../learning/knowledge.ts';
import { PRIOR_SUCCESS } from '../learning/learn-model.ts';
import { likelyDollars } from '../pricing/learned-estimate.ts';
import type { Candidate } from './candidate.ts';
import { createEvaluator, type Eligible, type Rejected } from './evaluate.ts';
import { explainChoice } from './explain-choice.ts';
import { findNearest, type Nearest } from './nearest.ts';
import { scoreLikeGuide, type Weights, weightsOf } from './score/guide.ts';
import { scoreMeasured } from './score/measured.ts';
import { qualityOf } from './score/quality.ts';
import { findUnmatchedPatterns, type UnmatchedPattern, warnOfUnmatched } from './unmatched-patterns.ts';

/** What holds for every clip of one question; see `rankingKeyOf`. */
export interface Ranking {
  /** Best first. */
  readonly candidates: readonly Candidate[];
  /** In the catalog's order. */
  readonly rejected: readonly Rejected[];
  readonly nearest: readonly Nearest[];
  /** Why the best candidate is best, in one sentence; null without one. */
  readonly why: string | null;
  /** What the scores were weighed by, summing to one. */
  readonly weights: Weights;
  /** What of the caller's lists had nothing to do with it; the submission has a warning of each. */
  readonly idlePatterns: readonly UnmatchedPattern[];
}

export interface RoutePlan extends Ranking {
  /** What would be sent for the best candidate; null without one. */
  readonly submission: Submission | null;
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
  if (!best) return { ...ranking, submission: null };
  const { body, warnings } = buildSubmission(best.model, spec, routing);
  return {
    ...ranking,
    submission: { body, warnings: [...warnings, ...warnOfUnmatched(ranking.idlePatterns)] },
  };
}

/** Admits, refuses and ranks the models of a catalog. */
export function rankModels(
  catalog: Catalog,
  spec: ClipSpec,
  routing: Routing,
  knowledge: Knowledge,
): Ranking {
  const admitted: Eligible[] = [];
  const rejected: Rejected[] = [];
  const { evaluate } = createEvaluator(spec, routing, knowledge);
  for (const model of catalog.models) {
    const evaluated = evaluate(model);
    if ('reasons' in evaluated) rejected.push(evaluated);
    else admitted.push(evaluated);
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
    nearest: findNearest(rejected, spec, routing, (changed, limits) =>
      createEvaluator(changed, limits, knowledge),
    ),
    why: explainChoice(candidates, catalog.models.length, weights, scoring),
    weights,
    idlePatterns: findUnmatchedPatterns(catalog, routing),
  };
}

/** What one scoring makes of an admitted model, and its own idea of a price, to break ties with. */
type Scored = Pick<Candidate, 'score' | 'scores' | 'quality' | 'lowestAdvertisedPrice'> & {
  readonly price: number | null;
};

/** One for each of `admitted`, in their order. */
function scoreByMeasure(admitted: readonly Eligible[], weights: Weights, knowledge: Knowledge): Scored[] {
  return scoreMeasured(
    admitted.map(({ model, estimate, expected }) => ({
      usd: likelyDollars(estimate),
      p50S: expected.p50S,
      quality: qualityOf(model, knowledge),
      successRate: knowledge.models.get(model.id)?.success.rate ?? PRIOR_SUCCESS.rate,
    })),
    weights,
  );
}

function scoreByGuide(admitted: readonly Eligible[], weights: Weights, knowledge: Knowledge): Scored[] {
  const models = admitted.map(({ model }) => model);
  const scores = scoreLikeGuide(models, weights);
  return scores.map(({ model, ...given }) => ({
    ...given,
    price: given.lowestAdvertisedPrice,
    quality: qualityOf(model, knowledge),
  }));
}

/** Those known to do all that was asked first; by score; the cheaper of equals, then the first by id. */
function rank(admitted: readonly Eligible[], scored: readonly Scored[]): Candidate[] {
  // Unknown is dearer than anything known. Not Infinity: two of them differ by NaN, which is no order.
  const priceOf = ({ price }: Scored) => price ?? Number.MAX_VALUE;
  return scored
    .flatMap((given, index) => {
      const entry = admitted[index];
      return entry ? [{ entry, given }] : [];
    })
    .sort(
      (a, b) =>
        a.entry.unproven - b.entry.unproven ||
        b.given.score - a.given.score ||
        priceOf(a.given) - priceOf(b.given) ||
        (a.entry.model.id < b.entry.model.id ? -1 : 1),
    )
    .map(({ entry, given: { price: _, ...given } }, index) => ({ ...entry, ...given, rank: index + 1 }));
}
