// A list estimate in the light of the bills that models have really sent.

import { Big } from 'big.js';
import type { LearnedRatio } from '../learning/learn-model.ts';
import { fitsMicroUsd, type MicroUsd, toMicroUsd } from '../money.ts';
import { type Estimate, TOO_MUCH } from './estimate.ts';

export interface LearnedEstimate extends Estimate {
  /** Present once there was a bill: what bills are of the list's estimate, and how many it was learned from. */
  readonly learned?: { readonly ratio: number; readonly samples: number };
}

/**
 * The estimate as bills have it: the likeliest times the ratio, the range widened to where recent bills spread. The
 * lines stay the list's working. Unknown stays unknown: no bill of one clip prices another that the list cannot.
 */
export function correctEstimate(list: Estimate, ratio: LearnedRatio | undefined): LearnedEstimate {
  if (!ratio || ratio.samples === 0) return list;
  const { usd, lowUsd, highUsd } = list;
  if (usd === null || lowUsd === null || highUsd === null) return list;
  const asListed = ratio.value === 1 && ratio.low === 1 && ratio.high === 1;
  const billed = { usd: usd.times(ratio.value), highUsd: highUsd.times(ratio.high) };
  if (!fitsMicroUsd(billed.usd) || !fitsMicroUsd(billed.highUsd)) {
    return {
      ...list,
      usd: null,
      lowUsd: null,
      highUsd: null,
      certainty: 'unknown',
      lines: [],
      reason: TOO_MUCH,
    };
  }
  return {
    ...list,
    ...billed,
    lowUsd: lowUsd.times(ratio.low),
    certainty: asListed ? list.certainty : 'estimated',
    learned: { ratio: ratio.value, samples: ratio.samples },
  };
}

/** The likeliest bill as a number to compare by; null where unknown. */
export const likelyDollars = ({ usd }: LearnedEstimate): number | null => usd?.toNumber() ?? null;

/** The highest bill as such a number. */
export const highestDollars = ({ highUsd }: LearnedEstimate): number | null => highUsd?.toNumber() ?? null;

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
