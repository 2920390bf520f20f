// Holds models against one clip: who can make it, for how much and how soon, or every reason why not.

import type { VideoModel } from './catalog.ts';
import { type Reason, reasonsOfAbility, reasonsOfPolicy } from './eligibility.ts';
import { type ExpectedTime, timesFor } from './expected-time.ts';
import { type Knowledge, NOTHING_KNOWN } from './knowledge.ts';
import { correctEstimate, dollarsOf, type LearnedEstimate } from './learned-estimate.ts';
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
  const isUnlimited = maxCost === undefined && maxWait === undefined;
  const abilities = new Map<VideoModel, readonly Reason[]>();
  let expectations: ReturnType<typeof expect> | null = null;
  const expect = () => ({ priceOn: sheets(pricedClipOf(spec)), timeOn: timesFor(spec, knowledge) });

  function reasonsOf({ model, capable }: Likeness): readonly Reason[] {
    let ofAbility = abilities.get(capable);
    if (!ofAbility) {
      ofAbility = reasonsOfAbility(capable, spec, routing);
      abilities.set(capable, ofAbility);
    }
    const ofPolicy = policy ? reasonsOfPolicy(model.id, policy) : [];
    return ofPolicy.length > 0 ? [...ofPolicy, ...ofAbility] : ofAbility;
  }

  function judge(one: Likeness): Admitted | Rejected {
    const { model } = one;
    const reasons = reasonsOf(one);
    // A price for a clip the model cannot make would be a guess.
    if (reasons.length > 0) return { model, reasons };
    // Not before: most changed clips are never priced, and shall not crowd out those that are.
    expectations ??= expect();
    const list = expectations.priceOn(one.priced);
    const estimate = correctEstimate(list, knowledge.models.get(model.id)?.ratio);
    const expected = expectations.timeOn(model);
    const beyond = isUnlimited ? [] : reasonsOfLimits(estimate, expected, routing);
    return beyond.length > 0 ? { model, reasons: beyond } : { model, estimate, list, expected };
  }

  return {
    judge,
    admits: (one) => (isUnlimited ? reasonsOf(one).length === 0 : !('reasons' in judge(one))),
  };
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
    capable: model,
    priced: model,
  });
}

function reasonsOfLimits(estimate: LearnedEstimate, expected: ExpectedTime, routing: Routing): Reason[] {
  const { max_cost_usd: maxCost, max_wait_s: maxWait } = routing;
  const reasons: Reason[] = [];
  if (maxCost !== undefined) {
    const { high } = dollarsOf(estimate);
    if (high === null)
      reasons.push({ code: 'unpriceable', field: 'max_cost_usd', requested: maxCost, supported: null });
    else if (high > maxCost) {
      reasons.push({ code: 'over_budget', field: 'max_cost_usd', requested: maxCost, supported: [high] });
    }
  }
  // A deadline that every other clip misses is none: nine in ten must meet it.
  if (maxWait !== undefined && expected.p90S > maxWait) {
    reasons.push({ code: 'too_slow', field: 'max_wait_s', requested: maxWait, supported: [expected.p90S] });
  }
  return reasons;
}
