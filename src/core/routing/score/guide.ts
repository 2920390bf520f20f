// How models that can make a clip are compared: three scores from 0 to 1 and their weighted sum.

import type { VideoModel } from '../../catalog/catalog.ts';
import type { Priority } from '../../clip/clip-spec.ts';

export interface Weights {
  readonly speed: number;
  readonly cost: number;
  readonly quality: number;
  /** The share of jobs that end with a clip; not in the guide, and 0 unless asked for. */
  readonly reliability?: number;
}

/** Each between 0 and 1, higher is better. */
export type Scores = Weights;

const PROFILES: Readonly<Record<Extract<Priority, string>, Weights>> = {
  fast_and_cheap: { speed: 0.55, cost: 0.35, quality: 0.1 },
  quality_and_cost: { speed: 0.15, cost: 0.3, quality: 0.55 },
  balanced: { speed: 0.33, cost: 0.33, quality: 0.34 },
};

/** The weights of a priority, summing to one. The profiles are those of OpenRouter's guide. */
export function weightsOf(priority: Priority): Weights {
  if (typeof priority === 'string') return PROFILES[priority];
  const { speed, cost, quality, reliability = 0 } = priority;
  const sum = speed + cost + quality + reliability;
  return {
    speed: speed / sum,
    cost: cost / sum,
    quality: quality / sum,
    ...(reliability > 0 && { reliability: reliability / sum }),
  };
}

export interface GuideScore {
  readonly model: VideoModel;
  readonly score: number;
  readonly scores: Scores;
  /** The lowest number of the model's price list, whatever its unit: the guide's idea of a price. */
  readonly lowestAdvertisedPrice: number | null;
}

/**
 * The helper printed in OpenRouter's guide, to the digit: prices compared without regard to their unit, speed
 * read off the model's name, quality off its highest resolution. Kept so that its choices can be reproduced;
 * the guide itself calls speed and quality placeholders for telemetry.
 *
 * @returns one score per model, in the order of `models`, each number rounded to 3 decimals.
 */
export function scoreLikeGuide(models: readonly VideoModel[], weights: Weights): GuideScore[] {
  const prices = models.map((model) => model.priceList.lowestAdvertised);
  const known = prices.filter((price) => price !== null);
  const min = Math.min(...known);
  const max = Math.max(...known);
  const bestRank = Math.max(1, ...models.map(resolutionRank));

  return models.map((model, index) => {
    const price = prices[index] ?? null;
    const speed = guideSpeed(model);
    const cost = price === null ? 0 : max === min ? 0.5 : 1 - (price - min) / (max - min);
    const quality = resolutionRank(model) / bestRank;
    return {
      model,
      score: round3(weights.speed * speed + weights.cost * cost + weights.quality * quality),
      scores: { speed, cost: round3(cost), quality: round3(quality) },
      lowestAdvertisedPrice: price,
    };
  });
}

const round3 = (value: number): number => Number(value.toFixed(3));

function guideSpeed({ id }: VideoModel): number {
  if (id.includes('fast')) return 1;
  if (id.includes('lite') || id.includes('std')) return 0.8;
  if (id.includes('pro') || id.includes('o1')) return 0.35;
  return 0.55;
}

// A map, for upstream names resolutions as it likes, and every object has a `constructor`.
const RANKS: ReadonlyMap<string, number> = new Map([
  ['480p', 1],
  ['720p', 2],
  ['1080p', 3],
  ['4k', 4],
]);

/** The rank of a model that reaches 4K. */
export const BEST_RESOLUTION_RANK = 4;

/** The guide's stand-in for quality: the rank of a model's highest resolution, 0 where it has none the guide knows. */
export const resolutionRank = (model: VideoModel): number =>
  Math.max(0, ...(model.resolutions ?? []).map((resolution) => RANKS.get(resolution.toLowerCase()) ?? 0));
