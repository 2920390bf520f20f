// A list estimate in the light of the bills that models have really sent.

import { Big } from 'big.js';
import type { LearnedRatio, ModelKnowledge } from '../learning/learn-model.ts';
import { fitsMicroUsd, type MicroUsd, toMicroUsd } from '../money.ts';
import { type Estimate, TOO_MUCH } from './estimate.ts';

export interface LearnedEstimate extends Estimate {
  /**
   * The most that may be billed, in dollars: the higher of what the list and what bills say. Caps, quotes, holds and
   * totals are compared with this, for a promotion that was learned may be over. Rounded up to what bills are rounded
   * to. Null exactly where `usd` is.
   */
  readonly ceilingUsd: Big | null;
  /** Present once there was a bill for this kind of clip: what bills are of the list's estimate, and how many it was learned from. */
  readonly learned?: { readonly ratio: number; readonly samples: number };
}

/**
 * The estimate as bills have it: the likeliest times the ratio of clips of this kind. The range spans the list and all
 * bills, those of other kinds of clips included, until many of this kind agree. The lines stay the list's working.
 * Unknown stays unknown: no bill of one clip prices another that the list cannot.
 * @param kind as `priceKindOf` has it.
 */
export function correctEstimate(
  list: Estimate,
  known: Pick<ModelKnowledge, 'ratio' | 'ratioByKind'> | undefined,
  kind: string,
): LearnedEstimate {
  const { usd, lowUsd, highUsd } = list;
  const own = known?.ratioByKind.get(kind);
  const samples = own?.samples ?? 0;
  if (!known || samples + known.ratio.samples === 0 || usd === null || lowUsd === null || highUsd === null)
    return { ...list, ceilingUsd: highUsd && ceilingOf(highUsd) };
  const { low, high } = own?.isSettled ? own : spanOf(own, known.ratio);
  const ratio = own?.value ?? 1;
  const billed = { usd: usd.times(ratio), lowUsd: lowUsd.times(low), highUsd: highUsd.times(high) };
  if (!fitsMicroUsd(billed.usd) || !fitsMicroUsd(billed.highUsd)) {
    return {
      ...list,
      usd: null,
      lowUsd: null,
      highUsd: null,
      ceilingUsd: null,
      certainty: 'unknown',
      lines: [],
      reason: TOO_MUCH,
    };
  }
  const asListed = ratio === 1 && low === 1 && high === 1;
  return {
    ...list,
    ...billed,
    ceilingUsd: ceilingOf(billed.highUsd.gt(highUsd) ? billed.highUsd : highUsd),
    certainty: asListed ? list.certainty : 'estimated',
    ...(samples > 0 && { learned: { ratio, samples } }),
  };
}

/** OpenRouter bills four decimals, rounded either way. */
const ceilingOf = (usd: Big): Big => usd.round(4, Big.roundUp);

/** From the lowest to the highest of the list (1), the bills of this kind and those of the model. */
function spanOf(own: LearnedRatio | undefined, model: LearnedRatio): { low: number; high: number } {
  return {
    low: Math.min(1, own?.low ?? 1, model.low),
    high: Math.max(1, own?.high ?? 1, model.high),
  };
}

/** The likeliest bill as a number to compare by; null where unknown. */
export const likelyDollars = ({ usd }: LearnedEstimate): number | null => usd?.toNumber() ?? null;

/** The ceiling as such a number. */
export const ceilingDollars = ({ ceilingUsd }: LearnedEstimate): number | null =>
  ceilingUsd?.toNumber() ?? null;

// One frame more or less is a hundredth; a choice left to the model is far more.
const DEFINITE = new Big('1.1');

/**
 * The list's estimate as a yardstick for the bill, in micro-dollars. Null where the list gives none, or leaves the
 * price so open (a length for the model to choose) that a bill would say more of that choice than of the price.
 */
export function yardstickOf({ usd, lowUsd, highUsd }: Estimate): MicroUsd | null {
  if (usd === null || lowUsd === null || highUsd === null) return null;
  return highUsd.gt(lowUsd.times(DEFINITE)) ? null : toMicroUsd(usd);
}
