// Evaluates models for one clip: who can make it, for how much and how soon, or every reason why not.

import type { VideoModel } from '../catalog/catalog.ts';
import type { ClipSpec, Routing } from '../clip/clip-spec.ts';
import { type ExpectedTime, timesFor } from '../learning/expected-time.ts';
import { type Knowledge, NOTHING_KNOWN } from '../learning/knowledge.ts';
import { priceKindOf } from '../learning/price-kind.ts';
import { type Estimate, estimatesFor } from '../pricing/estimate.ts';
import {
  ceilingDollars,
  correctEstimate,
  type LearnedEstimate,
  likelyDollars,
} from '../pricing/learned-estimate.ts';
import { pricedClipOf } from '../pricing/price-clip.ts';
import { type Reason, reasonsOfAbility, reasonsOfAccess, reasonsOfPolicy } from './eligibility.ts';

/** A model that can make the clip, with what is expected of it. */
export interface Eligible {
  readonly model: VideoModel;
  /** What the bill is expected to be. */
  readonly estimate: LearnedEstimate;
  /** What the price list alone says. */
  readonly list: Estimate;
  readonly expected: ExpectedTime;
  /** How many capabilities the clip asks for that the catalog does not say the model has: upstream may drop them. */
  readonly unproven: number;
}

export interface Rejected {
  readonly model: VideoModel;
  readonly reasons: readonly Reason[];
}

export interface Evaluator {
  /** Admits or refuses a model, its cost and time included. */
  evaluate(model: VideoModel): Eligible | Rejected;
  /** Whether it would be admitted. Costs and times are only computed where there is a limit to compare them with. */
  admits(model: VideoModel): boolean;
  /** The likeliest bill for a model that it admits; null where unknown. */
  usdOf(model: VideoModel): number | null;
}

/** The evaluator of one clip. What the clip alone says is read once. */
export function createEvaluator(spec: ClipSpec, routing: Routing, knowledge: Knowledge): Evaluator {
  const { max_cost_usd: maxCost, max_wait_s: maxWait, models: policy, access } = routing;
  const listOf = estimatesFor(pricedClipOf(spec, knowledge.videoReferenceSeconds));
  const timeOf = timesFor(spec, knowledge);

  // Sound is only sent to models that are known to have it, and bills are grouped by what was sent.
  const kind = priceKindOf(spec);
  const kindWithoutSound = priceKindOf({ ...spec, generate_audio: undefined });

  const correct = (model: VideoModel, list: Estimate): LearnedEstimate =>
    correctEstimate(
      list,
      knowledge.models.get(model.id),
      model.generateAudio === true ? kind : kindWithoutSound,
    );
  const estimateOf = (model: VideoModel): LearnedEstimate => correct(model, listOf(model));

  /** A price for a clip the model cannot make would be a guess: `ofLimits` is only called where it can. */
  function refuse(model: VideoModel, ofLimits: () => readonly Reason[]): readonly Reason[] {
    const ofPolicy = policy ? reasonsOfPolicy(model, policy) : [];
    const ofAccess = access ? reasonsOfAccess(model, access) : [];
    const reasons = [...ofAccess, ...ofPolicy, ...reasonsOfAbility(model, spec, routing)];
    return reasons.length > 0 ? reasons : ofLimits();
  }

  return {
    evaluate(model) {
      let eligible: Eligible | null = null;
      const reasons = refuse(model, () => {
        const list = listOf(model);
        eligible = {
          model,
          estimate: correct(model, list),
          list,
          expected: timeOf(model),
          unproven: countUnproven(model, spec),
        };
        return [
          ...(maxCost === undefined ? [] : findOverBudget(eligible.estimate, maxCost)),
          ...(maxWait === undefined ? [] : findTooSlow(eligible.expected, maxWait)),
        ];
      });
      return eligible && reasons.length === 0 ? eligible : { model, reasons };
    },
    admits(model) {
      const reasons = refuse(model, () => [
        ...(maxCost === undefined ? [] : findOverBudget(estimateOf(model), maxCost)),
        ...(maxWait === undefined ? [] : findTooSlow(timeOf(model), maxWait)),
      ]);
      return reasons.length === 0;
    },
    usdOf: (model) => likelyDollars(estimateOf(model)),
  };
}

/** Seed and sound are left out of the body of a model that is not known to take them. */
function countUnproven({ seed, generateAudio }: VideoModel, spec: ClipSpec): number {
  return (
    Number(spec.seed !== undefined && seed === null) +
    Number(spec.generate_audio === true && generateAudio === null)
  );
}

function findOverBudget(estimate: LearnedEstimate, maxCost: number): readonly Reason[] {
  const ceiling = ceilingDollars(estimate);
  const refusal = { field: 'max_cost_usd', requested: maxCost };
  if (ceiling === null) return [{ code: 'unpriceable', ...refusal, supported: null }];
  return ceiling > maxCost ? [{ code: 'over_budget', ...refusal, supported: [ceiling] }] : [];
}

/** A deadline that every other clip misses is none: nine in ten must meet it. */
const findTooSlow = ({ p90S }: ExpectedTime, maxWait: number): readonly Reason[] =>
  p90S > maxWait ? [{ code: 'too_slow', field: 'max_wait_s', requested: maxWait, supported: [p90S] }] : [];

/** One model for one clip. */
export const evaluateModel = (
  model: VideoModel,
  spec: ClipSpec,
  routing: Routing,
  knowledge: Knowledge = NOTHING_KNOWN,
): Eligible | Rejected => createEvaluator(spec, routing, knowledge).evaluate(model);
