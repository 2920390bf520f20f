// Holds models against one clip: who can make it, for how much and how soon, or every reason why not.

import type { VideoModel } from '../catalog/catalog.ts';
import type { ClipSpec, Routing } from '../clip/clip-spec.ts';
import { type ClipSheets, FRESH_SHEETS } from '../clip-sheets.ts';
import { type ExpectedTime, timesFor } from '../learning/expected-time.ts';
import { type Knowledge, NOTHING_KNOWN } from '../learning/knowledge.ts';
import type { Likeness } from '../likeness.ts';
import type { Estimate } from '../pricing/estimate.ts';
import {
  correctEstimate,
  highestDollars,
  type LearnedEstimate,
  likelyDollars,
} from '../pricing/learned-estimate.ts';
import { pricedClipOf } from '../pricing/price-clip.ts';
import { type Reason, reasonsOfPolicy } from './eligibility.ts';

/** A model that can make the clip, with what is expected of it. */
export interface Eligible {
  readonly model: VideoModel;
  /** What the bill is expected to be. */
  readonly estimate: LearnedEstimate;
  /** What the price list alone says. */
  readonly list: Estimate;
  readonly expected: ExpectedTime;
}

export interface Rejected {
  readonly model: VideoModel;
  readonly reasons: readonly Reason[];
  /**
   * True where they are those of its abilities and no others: then the array is the same for models that are alike, and
   * for clips that ask for the same, and need be read only once.
   */
  readonly isOfAbility: boolean;
}

export interface Evaluator {
  /** Admits or refuses a model, its cost and time included. */
  judge(one: Likeness): Eligible | Rejected;
  /** Whether it would be admitted. Costs and times are only worked out where there is a limit to hold them against. */
  admits(one: Likeness): boolean;
  /** The likeliest bill for a model that it admits; null where unknown. */
  usdOf(one: Likeness): number | null;
}

/**
 * The judge of one clip. What models that are alike have in common is worked out once.
 * @param sheets where to look up what does not hang on the caller's limits.
 */
export function createEvaluator(
  sheets: ClipSheets,
  spec: ClipSpec,
  routing: Routing,
  knowledge: Knowledge,
): Evaluator {
  const { max_cost_usd: maxCost, max_wait_s: maxWait, models: policy } = routing;
  const abilities = sheets.abilityFor(spec, routing);
  // Not before they are asked for: without limits hardly a changed clip is ever priced.
  const prices = lazily(() => sheets.priceOf(pricedClipOf(spec)));
  const times = lazily(() => timesFor(spec, knowledge));

  const listOf = ({ priced }: Likeness): Estimate => prices()(priced);
  const estimateOf = (one: Likeness): LearnedEstimate =>
    correctEstimate(listOf(one), knowledge.models.get(one.model.id)?.ratio);

  function reasonsOfLimits(one: Likeness): readonly Reason[] {
    const overBudget = maxCost === undefined ? null : findOverBudget(estimateOf(one), maxCost);
    const tooSlow = maxWait === undefined ? null : findTooSlow(times()(one.model), maxWait);
    if (!overBudget) return tooSlow ? [tooSlow] : NONE;
    return tooSlow ? [overBudget, tooSlow] : [overBudget];
  }

  /** A price for a clip the model cannot make would be a guess, so that limits come last. */
  function refuse(one: Likeness, ofAbility: readonly Reason[]): readonly Reason[] {
    const ofPolicy = policy ? reasonsOfPolicy(one.model.id, policy) : NONE;
    if (ofPolicy.length > 0) return [...ofPolicy, ...ofAbility];
    return ofAbility.length > 0 ? ofAbility : reasonsOfLimits(one);
  }

  return {
    judge(one) {
      const { model } = one;
      const ofAbility = abilities(one.capable);
      const reasons = refuse(one, ofAbility);
      if (reasons.length > 0) return { model, reasons, isOfAbility: reasons === ofAbility };
      return { model, estimate: estimateOf(one), list: listOf(one), expected: times()(model) };
    },
    admits: (one) => refuse(one, abilities(one.capable)).length === 0,
    usdOf: (one) => likelyDollars(estimateOf(one)),
  };
}

const NONE: readonly Reason[] = [];

function findOverBudget(estimate: LearnedEstimate, maxCost: number): Reason | null {
  const high = highestDollars(estimate);
  const refusal = { field: 'max_cost_usd', requested: maxCost };
  if (high === null) return { code: 'unpriceable', ...refusal, supported: null };
  return high > maxCost ? { code: 'over_budget', ...refusal, supported: [high] } : null;
}

/** A deadline that every other clip misses is none: nine in ten must meet it. */
const findTooSlow = ({ p90S }: ExpectedTime, maxWait: number): Reason | null =>
  p90S > maxWait ? { code: 'too_slow', field: 'max_wait_s', requested: maxWait, supported: [p90S] } : null;

function lazily<T extends object>(make: () => T): () => T {
  let made: T | null = null;
  return () => (made ??= make());
}

/** One model for one clip. */
export function evaluateModel(
  model: VideoModel,
  spec: ClipSpec,
  routing: Routing,
  knowledge: Knowledge = NOTHING_KNOWN,
): Eligible | Rejected {
  return createEvaluator(FRESH_SHEETS, spec, routing, knowledge).judge({
    model,
    place: 0,
    placeById: 0,
    capable: model,
    priced: model,
  });
}
