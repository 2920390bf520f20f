// Holds models against one clip: who can make it, for how much and how soon, or every reason why not.

import type { VideoModel } from './catalog.ts';
import { type Reason, reasonsOfAbility, reasonsOfPolicy } from './eligibility.ts';
import { type ExpectedTime, timesFor } from './expected-time.ts';
import { type Knowledge, NOTHING_KNOWN } from './knowledge.ts';
import { correctEstimate, highestDollars, type LearnedEstimate } from './learned-estimate.ts';
import type { Likeness } from './likeness.ts';
import { type Estimate, estimatesFor } from './price/estimate.ts';
import { pricedClipOf } from './price-clip.ts';
import type { PriceSheets } from './price-sheets.ts';
import type { ClipSpec, Routing } from './request.ts';

/** A model that can make the clip, with what is expected of it. */
export interface Admitted {
  readonly model: VideoModel;
  /** What the bill is expected to be. */
  readonly estimate: LearnedEstimate;
  /** What the price list alone says. */
  readonly list: Estimate;
  readonly expected: ExpectedTime;
}

export interface Rejected {
  readonly model: VideoModel;
  /** The same array for models that are alike and refused for what they are: it need be read only once. */
  readonly reasons: readonly Reason[];
}

export interface Judge {
  /** Admits or refuses a model, its cost and time included. */
  judge(one: Likeness): Admitted | Rejected;
  /** Whether it would be admitted. Costs and times are only worked out where there is a limit to hold them against. */
  admits(one: Likeness): boolean;
}

/**
 * The judge of one clip. What models that are alike have in common is worked out once.
 * @param sheets where to look prices up.
 */
export function createJudge(
  sheets: PriceSheets,
  spec: ClipSpec,
  routing: Routing,
  knowledge: Knowledge,
): Judge {
  const { max_cost_usd: maxCost, max_wait_s: maxWait, models: policy } = routing;
  const abilities = new Map<VideoModel, readonly Reason[]>();
  // Not before they are asked for: without limits hardly a changed clip is ever priced.
  const sheet = lazily(() => sheets(pricedClipOf(spec)));
  const times = lazily(() => timesFor(spec, knowledge));

  function reasonsOf({ model, capable }: Likeness): readonly Reason[] {
    let ofAbility = abilities.get(capable);
    if (!ofAbility) {
      ofAbility = reasonsOfAbility(capable, spec, routing);
      abilities.set(capable, ofAbility);
    }
    const ofPolicy = policy ? reasonsOfPolicy(model.id, policy) : NONE;
    return ofPolicy.length > 0 ? [...ofPolicy, ...ofAbility] : ofAbility;
  }

  const listOf = ({ priced }: Likeness): Estimate => sheet()(priced);
  const estimateOf = (one: Likeness): LearnedEstimate =>
    correctEstimate(listOf(one), knowledge.models.get(one.model.id)?.ratio);

  function reasonsOfLimits(one: Likeness): readonly Reason[] {
    const overBudget = maxCost === undefined ? null : findOverBudget(estimateOf(one), maxCost);
    const tooSlow = maxWait === undefined ? null : findTooSlow(times()(one.model), maxWait);
    if (!overBudget) return tooSlow ? [tooSlow] : NONE;
    return tooSlow ? [overBudget, tooSlow] : [overBudget];
  }

  /** A price for a clip the model cannot make would be a guess, so that limits come last. */
  function refuse(one: Likeness): readonly Reason[] {
    const reasons = reasonsOf(one);
    return reasons.length > 0 ? reasons : reasonsOfLimits(one);
  }

  return {
    judge(one) {
      const { model } = one;
      const reasons = refuse(one);
      if (reasons.length > 0) return { model, reasons };
      return { model, estimate: estimateOf(one), list: listOf(one), expected: times()(model) };
    },
    admits: (one) => refuse(one).length === 0,
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
export function judgeModel(
  model: VideoModel,
  spec: ClipSpec,
  routing: Routing,
  knowledge: Knowledge = NOTHING_KNOWN,
): Admitted | Rejected {
  return createJudge(estimatesFor, spec, routing, knowledge).judge({
    model,
    place: 0,
    placeById: 0,
    capable: model,
    priced: model,
  });
}
