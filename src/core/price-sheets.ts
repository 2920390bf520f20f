// What a clip costs on each model of a catalog, remembered for the clips asked for lately.

import type { VideoModel } from './catalog.ts';
import { derived } from './derived.ts';
import { likenessesOf } from './likeness.ts';
import type { PricedClip } from './price/choices.ts';
import { type Estimate, estimatesFor } from './price/estimate.ts';

/** The price of one clip on a model. */
export type PriceSheet = (model: VideoModel) => Estimate;

export type PriceSheets = (clip: PricedClip) => PriceSheet;

// Prompts differ, lengths and sizes hardly do: a few clips are most of what is asked, and of those that a budget is
// held against. An estimate with its working is less than a kilobyte.
const MAX_ESTIMATES = 20_000;
const [FEWEST, MOST] = [8, 256] as const;

/** The sheets of a catalog's models, where every price is worked out when first asked for. */
export const priceSheetsOf = derived((models: readonly VideoModel[]): PriceSheets => {
  const sheets = new Map<string, PriceSheet>();
  // Models that are alike share an estimate.
  const estimates = new Set(likenessesOf(models).map(({ priced }) => priced)).size;
  const limit = Math.max(FEWEST, Math.min(MOST, Math.floor(MAX_ESTIMATES / estimates)));
  return (clip) => {
    const key = JSON.stringify(Object.values(clip));
    const sheet = sheets.get(key) ?? remember(estimatesFor(clip));
    // Back to the end of the line, where the first is the next to go.
    sheets.delete(key);
    sheets.set(key, sheet);
    const [oldest] = sheets.keys();
    if (sheets.size > limit && oldest !== undefined) sheets.delete(oldest);
    return sheet;
  };
});

function remember(work: PriceSheet): PriceSheet {
  const estimates = new Map<VideoModel, Estimate>();
  return (model) => {
    let estimate = estimates.get(model);
    if (!estimate) {
      estimate = work(model);
      estimates.set(model, estimate);
    }
    return estimate;
  };
}
