// Counts how many units of a price a clip uses: seconds, video tokens, megapixel-seconds.

import type { Choices, PricedClip, PricedModel } from './assumptions.ts';
import type { Circumstances } from './condition.ts';
import { point, type Range } from './range.ts';
import { billedInputSeconds } from './reference-rules.ts';
import { pixelsFor } from './render-size.ts';
import type { UnpriceableReason } from './select.ts';
import type { PriceUnit } from './sku-grammar.ts';

const FRAMES_PER_SECOND = 24;
const PIXELS_PER_TOKEN = 1024;
const PIXELS_PER_MEGAPIXEL = 1_000_000;

/**
 * How much of a base price's unit the clip uses when run in these circumstances, or the reason why that is not known
 * beforehand. Whole numbers or short decimals, so that each reads back exactly as printed.
 */
export function countUnits(
  unit: PriceUnit,
  model: PricedModel,
  clip: PricedClip,
  choices: Choices,
  { resolution, videoInput }: Circumstances,
): Range | UnpriceableReason {
  if (unit === 'generation') return point(1);
  const output = choices.seconds;
  if (output === null) return 'the length of the output is not known before the job is done';
  const input = inputSeconds(unit, model, clip, output, videoInput);
  const seconds = input === null ? output : addRanges(output, input);
  if (unit === 'second') return seconds;

  const pixels = model.upscaleFactor === null ? pixelsOf(model, choices, resolution) : null;
  if (pixels === null) return 'the size of the output is not known before the job is done';
  if (unit === 'video_token') return countTokens(pixels, seconds);
  return {
    low: (pixels.low * seconds.low) / PIXELS_PER_MEGAPIXEL,
    likely: (pixels.likely * seconds.likely) / PIXELS_PER_MEGAPIXEL,
    high: (pixels.high * seconds.high) / PIXELS_PER_MEGAPIXEL,
  };
}

/** Of video references, where the provider bills them; null where it does not, or there are none. */
export function inputSeconds(
  unit: PriceUnit,
  model: PricedModel,
  clip: PricedClip,
  output: Range,
  videoInput: boolean,
): Range | null {
  if (!videoInput) return null;
  return billedInputSeconds(
    model,
    unit === 'video_token',
    clip.videoReferenceSeconds,
    output,
    clip.videoReferences,
  );
}

const addRanges = (one: Range, other: Range): Range => ({
  low: one.low + other.low,
  likely: one.likely + other.likely,
  high: one.high + other.high,
});

/** Some jobs are billed one frame more (1 % at four seconds), and nothing tells which: it is in the upper bound only. */
function countTokens(pixels: Range, seconds: Range): Range {
  return {
    low: tokensOf(pixels.low, FRAMES_PER_SECOND * seconds.low),
    likely: tokensOf(pixels.likely, FRAMES_PER_SECOND * seconds.likely),
    high: tokensOf(pixels.high, FRAMES_PER_SECOND * seconds.high + 1),
  };
}

function tokensOf(pixels: number, frames: number): number {
  return Math.floor((pixels * frames) / PIXELS_PER_TOKEN);
}

function pixelsOf(model: PricedModel, choices: Choices, resolution: string | null): Range | null {
  if (resolution === null) return null;
  const ranges = choices.ratios.map((ratio) => pixelsFor(resolution, ratio, model.sizes));
  return ranges.reduce((one, other) => one && other && widest(one, other));
}

function widest(likeliest: Range, other: Range): Range {
  return {
    low: Math.min(likeliest.low, other.low),
    likely: likeliest.likely,
    high: Math.max(likeliest.high, other.high),
  };
}
