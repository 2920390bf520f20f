// What a clip costs on each model of a catalog, remembered for the clips asked for lately.

import type { VideoModel } from './catalog.ts';
import { derived } from './derived.ts';
import type { PricedClip } from './price/choices.ts';
import { type Estimate, estimateClip } from './price/estimate.ts';

/** The price of one clip on a model, worked out when first asked for. */
export type PriceSheet = (model: VideoModel) => Estimate;

// Prompts differ, lengths and sizes hardly do: a few clips are most of what is asked, and of those that a budget is
// held against. An estimate with its working is less than a kilobyte.
const MAX_ESTIMATES = 20_000;
const [FEWEST, MOST] = [8, 256] as const;

const sheetsOf = derived((_models: readonly VideoModel[]) => new Map<string, PriceSheet>());

/** The sheet of a clip on a catalog's models. */
export function priceSheetOf(models: readonly VideoModel[], clip: PricedClip): PriceSheet {
  const sheets = sheetsOf(models);
  const key = JSON.stringify(Object.values(clip));
  const sheet = sheets.get(key) ?? createSheet(clip);
  // Back to the end of the line, where the first is the next to go.
  sheets.delete(key);
  sheets.set(key, sheet);
  const [oldest] = sheets.keys();
  const limit = Math.max(FEWEST, Math.min(MOST, Math.floor(MAX_ESTIMATES / models.length)));
  if (sheets.size > limit && oldest !== undefined) sheets.delete(oldest);
  return sheet;
}

function createSheet(clip: PricedClip): PriceSheet {
  const estimates = new Map<VideoModel, Estimate>();
  return (model) => {
    const known = estimates.get(model);
    if (known) return known;
    const estimate = estimateClip(model, clip);
    estimates.set(model, estimate);
    return estimate;
  };
}
