// Turns one clip on one model into dollars, with bounds, certainty and the working; never a number it cannot show.
import { Big } from 'big.js';
import { fitsMicroUsd } from '../money.ts';
import { askedOf, type Choices, chooseSettings, type PricedClip, type PricedModel } from './assumptions.ts';
import type { Circumstances } from './condition.ts';
import { countUnits, inputSeconds } from './quantity.ts';
import type { Range } from './range.ts';
import { chargedImages } from './reference-rules.ts';
import { type SelectedPrice, selectPrices, type UnpriceableReason } from './select.ts';
import type { PriceUnit } from './sku-grammar.ts';

export interface EstimateLine {
  readonly sku: string;
  readonly unit: PriceUnit;
  readonly quantity: number;
  /** US dollars. */
  readonly unitUsd: Big;
  /** `quantity` times `unitUsd`, exactly. */
  readonly usd: Big;
}

/** US dollars, exact. All three amounts are null together, exactly when `certainty` is `unknown`. */
export interface Estimate {
  /** The likeliest bill: the sum of `lines`. */
  readonly usd: Big | null;
  readonly lowUsd: Big | null;
  readonly highUsd: Big | null;
  /** `exact`: one amount, by second, image or generation. `estimated`: by token or pixel, or a range. */
  readonly certainty: 'exact' | 'estimated' | 'unknown';
  readonly lines: readonly EstimateLine[];
  /** Present when unknown: why, for a person. */
  readonly reason?: UnpriceableReason;
  /** The likeliest way the clip is run: what `usd` and `lines` are for. */
  readonly basis: EstimateBasis;
}

export interface EstimateBasis extends Circumstances {
  /** null where the length comes from the input. */
  readonly seconds: number | null;
  /** Landscape: a portrait clip costs what the same one turned costs. */
  readonly ratio: string | null;
}

/** Beyond this an amount would not be exact, and no clip costs billions. */
export const TOO_MUCH: UnpriceableReason = 'the catalog’s numbers make it more than can be kept exactly';

interface Costing extends Range<Big> {
  readonly lines: readonly EstimateLine[];
  readonly measured: boolean;
}

/**
 * What the clip is expected to cost on the model. Not a cap: promotions and double bills were seen that no price list
 * explains, so reserve with a margin and settle on `usage.cost`. Does not check that the model supports the clip.
 *
 * A duration, resolution or ratio left open spans everything the model may choose, with `usd` for the choice nearest
 * to five seconds, 720p and 16:9. One choice without a price makes the whole estimate unknown.
 */
export const estimateClip = (model: PricedModel, clip: PricedClip): Estimate => estimatesFor(clip)(model);

/** `estimateClip` for many models: what the clip alone says is read once. */
export function estimatesFor(clip: PricedClip): (model: PricedModel) => Estimate {
  const asked = askedOf(clip);
  return (model) => estimate(model, clip, chooseSettings(model, clip, asked));
}

function estimate(model: PricedModel, clip: PricedClip, choices: Choices): Estimate {
  const basis = likeliestOf(choices);
  let total: Costing | null = null;
  for (const circumstances of circumstancesOf(choices)) {
    const costing = costIn(circumstances, choices, model, clip);
    if (typeof costing === 'string') return unknown(costing, basis);
    total = total === null ? costing : widen(total, costing);
  }
  if (total === null) return unknown('the clip cannot be run in any way', basis);

  const { low, likely, high, lines } = total;
  if (!fitsMicroUsd(high) || !fitsMicroUsd(likely)) return unknown(TOO_MUCH, basis);
  const exact = !total.measured && isSame(low, likely) && isSame(high, likely);
  return { usd: likely, lowUsd: low, highUsd: high, certainty: exact ? 'exact' : 'estimated', lines, basis };
}

function unknown(reason: UnpriceableReason, basis: EstimateBasis): Estimate {
  return { usd: null, lowUsd: null, highUsd: null, certainty: 'unknown', lines: [], reason, basis };
}

function likeliestOf(choices: Choices): EstimateBasis {
  return {
    mode: choices.mode,
    videoInput: choices.videoInput[0] ?? false,
    audio: choices.audio[0] ?? true,
    continuation: choices.continuation[0] ?? false,
    creativity: choices.creativity[0] ?? null,
    resolution: choices.resolutions[0] ?? null,
    ratio: choices.ratios[0] ?? null,
    seconds: choices.seconds?.likely ?? null,
  };
}

/** Every way the clip may be run, the likeliest first; one, unless something was left open. */
function circumstancesOf(choices: Choices): Circumstances[] {
  const { mode } = choices;
  const all: Circumstances[] = [];
  for (const resolution of choices.resolutions) {
    for (const audio of choices.audio) {
      for (const continuation of choices.continuation) {
        for (const videoInput of choices.videoInput) {
          for (const creativity of choices.creativity) {
            all.push({ mode, audio, resolution, continuation, videoInput, creativity });
          }
        }
      }
    }
  }
  return all;
}

function costIn(
  circumstances: Circumstances,
  choices: Choices,
  model: PricedModel,
  clip: PricedClip,
): Costing | UnpriceableReason {
  const images = countImages(model, clip);
  const referenceImages = countReferenceImages(model, clip);
  const extras = { images: images.high > 0, referenceImages: referenceImages.high > 0 };
  const prices = selectPrices(model.priceList, circumstances, extras);
  if (typeof prices === 'string') return prices;
  const units = countUnits(prices.base.unit, model, clip, choices, circumstances);
  if (typeof units === 'string') return units;
  if (![units.low, units.likely, units.high].every(Number.isFinite)) return TOO_MUCH;

  const lines: EstimateLine[] = [];
  let sum = add(null, prices.base, units, lines);
  if (prices.image !== null) sum = add(sum, prices.image, images, lines);
  if (prices.referenceImage !== null) sum = add(sum, prices.referenceImage, referenceImages, lines);
  if (prices.minimum !== null) sum = raise(sum, prices.minimum, lines);
  const { unit } = prices.base;
  // What a provider's own list says beside the catalog's is inferred, and what is counted on pixels is measured.
  const inferred =
    choices.seconds !== null &&
    unit !== 'generation' &&
    inputSeconds(unit, model, clip, choices.seconds, circumstances.videoInput) !== null;
  const measured = unit === 'video_token' || unit === 'megapixel_second' || inferred;
  return { low: sum.low, likely: sum.likely, high: sum.high, lines, measured };
}

/** Frames and image references alike. Where both are sent, frames win and the references may not be used, nor charged. */
function countImages(model: PricedModel, clip: PricedClip): Range {
  const { low, likely, high } = countReferenceImages(model, clip);
  return { low: clip.frames + low, likely: clip.frames + likely, high: clip.frames + high };
}

function countReferenceImages(model: PricedModel, clip: PricedClip): Range {
  const charged = chargedImages(model, clip.imageReferences);
  return clip.frames > 0 ? { ...charged, low: 0 } : charged;
}

/** Adds one price times its quantity to the sum, and its line to the working. */
function add(
  sum: Range<Big> | null,
  price: SelectedPrice,
  quantity: Range,
  lines: EstimateLine[],
): Range<Big> {
  const { sku, unit, usd } = price;
  const likely = multiply(usd.likely, quantity.likely);
  const sameLow = usd.low === usd.likely && quantity.low === quantity.likely;
  const sameHigh = usd.high === usd.likely && quantity.high === quantity.likely;
  const low = sameLow ? likely : multiply(usd.low, quantity.low);
  const high = sameHigh ? likely : multiply(usd.high, quantity.high);
  // What is likely free has no line.
  if (quantity.likely > 0)
    lines.push({ sku, unit, quantity: quantity.likely, unitUsd: usd.likely, usd: likely });
  return sum === null
    ? { low, likely, high }
    : { low: sum.low.plus(low), likely: sum.likely.plus(likely), high: sum.high.plus(high) };
}

// Reading a number takes as long as multiplying by it, and most quantities are a few seconds.
const FEW: readonly Big[] = Array.from({ length: 61 }, (_, count) => new Big(count));

const multiply = (usd: Big, quantity: number): Big => usd.times(FEW[quantity] ?? quantity);

/** Lifts a sum below the minimum up to it. The line holds what was missing, so that the lines still add up to the total. */
function raise(sum: Range<Big>, minimum: SelectedPrice, lines: EstimateLine[]): Range<Big> {
  const { sku, unit, usd } = minimum;
  if (sum.likely.lt(usd.likely)) {
    const missing = usd.likely.minus(sum.likely);
    lines.push({ sku, unit, quantity: 1, unitUsd: missing, usd: missing });
  }
  return {
    low: greater(sum.low, usd.low),
    likely: greater(sum.likely, usd.likely),
    high: greater(sum.high, usd.high),
  };
}

function widen(total: Costing, other: Costing): Costing {
  return {
    low: total.low.lte(other.low) ? total.low : other.low,
    likely: total.likely,
    high: greater(total.high, other.high),
    lines: total.lines,
    measured: total.measured || other.measured,
  };
}

const isSame = (a: Big, b: Big): boolean => a === b || a.eq(b);

function greater(a: Big, b: Big): Big {
  return a.gte(b) ? a : b;
}
