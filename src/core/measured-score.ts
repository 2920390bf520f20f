// The default scoring: dollars for this clip, expected seconds, judged quality, each against the best of the field.

import type { ExpectedTime } from './expected-time.ts';
import type { LearnedEstimate } from './learned-estimate.ts';
import type { Quality } from './quality.ts';
import { round3, type Scores, type Weights } from './score.ts';

export interface Measured {
  readonly estimate: Pick<LearnedEstimate, 'usd'>;
  readonly expected: Pick<ExpectedTime, 'p50S'>;
  readonly quality: Quality;
  /** Share of jobs that end with a clip, 0 to 1. */
  readonly successRate: number;
}

export interface MeasuredScore {
  /** The weighted sum of `scores`, 0 to 1. */
  readonly score: number;
  readonly scores: Scores & { readonly reliability: number };
}

// Free, or next to it, is not infinitely better than a hundredth of a cent.
const LEAST_USD = 0.0001;

/**
 * Scores models against the best of them: cost = least dollars / its dollars, speed = least seconds / its seconds,
 * quality = its value / the highest, reliability = its success rate as it stands. So twice as dear is half as good
 * whoever else is in the field; the guide's way, from dearest to cheapest, lets one costly model that nobody would
 * take make all others look alike. Without a price cost is 0. One model alone is the best of its field: 1.
 *
 * @returns one score per model, in the order of `models`, each rounded to 3 decimals: what is shown is what is
 * compared, and a smaller difference is a tie.
 */
export function scoreMeasured(models: readonly Measured[], weights: Weights): MeasuredScore[] {
  const dollars = models.map(({ estimate: { usd } }) =>
    usd === null ? null : Math.max(LEAST_USD, usd.toNumber()),
  );
  let cheapest = Infinity;
  let fastest = Infinity;
  let finest = 0;
  for (const [index, { expected, quality }] of models.entries()) {
    cheapest = Math.min(cheapest, dollars[index] ?? Infinity);
    fastest = Math.min(fastest, expected.p50S);
    finest = Math.max(finest, quality.value);
  }
  return models.map(({ expected, quality, successRate }, index) => {
    const usd = dollars[index] ?? null;
    const speed = fastest / expected.p50S;
    const cost = usd === null ? 0 : cheapest / usd;
    const fineness = finest === 0 ? 0 : quality.value / finest;
    const sum = weights.speed * speed + weights.cost * cost + weights.quality * fineness;
    return {
      score: round3(sum + (weights.reliability ?? 0) * successRate),
      scores: {
        speed: round3(speed),
        cost: round3(cost),
        quality: round3(fineness),
        reliability: round3(successRate),
      },
    };
  });
}
