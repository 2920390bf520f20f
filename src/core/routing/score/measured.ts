// The default scoring: dollars for this clip, expected seconds, judged quality, each against the best of the field.

import type { Scores, Weights } from './guide.ts';
import type { Quality } from './quality.ts';

export interface Measured {
  /** What the clip is expected to cost; null = unknown. */
  readonly usd: number | null;
  /** Half the clips take no longer, in seconds. */
  readonly p50S: number;
  readonly quality: Quality;
  /** Share of jobs that end with a clip, 0 to 1. */
  readonly successRate: number;
}

export interface MeasuredScore {
  /** The weighted sum of `scores`, 0 to 1. */
  readonly score: number;
  readonly scores: Scores & { readonly reliability: number };
  readonly quality: Quality;
  /** `usd` as it came. */
  readonly price: number | null;
}

// Free, or next to it, is not infinitely better than a hundredth of a cent.
const LEAST_USD = 0.0001;

/**
 * Scores models against the best of them: cost = least dollars / its dollars, speed = least seconds / its seconds,
 * quality = its value / the highest, reliability = its success rate as it stands. So twice as dear is half as good
 * with any set of candidates; the guide's way, from dearest to cheapest, lets one costly model that is never
 * chosen make all others look alike. Without a price cost is 0. One model alone is the best of its field: 1.
 *
 * @returns one score per model, in the order of `models`, each rounded to 3 decimals: what is shown is what is
 * compared, and a smaller difference is a tie.
 */
export function scoreMeasured(models: readonly Measured[], weights: Weights): MeasuredScore[] {
  let cheapest = Infinity;
  let fastest = Infinity;
  let finest = 0;
  for (const { usd, p50S, quality } of models) {
    if (usd !== null) cheapest = Math.min(cheapest, Math.max(LEAST_USD, usd));
    fastest = Math.min(fastest, p50S);
    finest = Math.max(finest, quality.value);
  }
  return models.map(({ usd, p50S, quality, successRate }) => {
    const speed = fastest / p50S;
    const cost = usd === null ? 0 : cheapest / Math.max(LEAST_USD, usd);
    const fineness = finest === 0 ? 0 : quality.value / finest;
    const sum = weights.speed * speed + weights.cost * cost + weights.quality * fineness;
    return {
      score: toThousandths(sum + (weights.reliability ?? 0) * successRate),
      scores: {
        speed: toThousandths(speed),
        cost: toThousandths(cost),
        quality: toThousandths(fineness),
        reliability: toThousandths(successRate),
      },
      quality,
      price: usd,
    };
  });
}

const toThousandths = (value: number): number => Math.round(value * 1000) / 1000;
