// What a clip costs on each model of a catalog, and why some cannot make it, remembered for the clips asked for lately.

import type { VideoModel } from './catalog/catalog.ts';
import type { ClipSpec, Routing } from './clip/clip-spec.ts';
import { optionNames } from './clip/provider-options.ts';
import { createLately } from './lately.ts';
import { likenessesOf } from './likeness.ts';
import { memoizeByObject } from './memoize-by-object.ts';
import type { PricedClip } from './pricing/assumptions.ts';
import { type Estimate, estimatesFor } from './pricing/estimate.ts';
import { type Reason, reasonsOfAbility } from './routing/eligibility.ts';

/** What holds of one clip on a model. */
type Sheet<T> = (model: VideoModel) => T;

export interface ClipSheets {
  priceOf(clip: PricedClip): Sheet<Estimate>;
  /** All reasons of `reasonsOfAbility`. */
  abilityFor(spec: ClipSpec, routing: Routing): Sheet<readonly Reason[]>;
}

/** Worked out whenever it is asked for. */
export const FRESH_SHEETS: ClipSheets = {
  priceOf: estimatesFor,
  abilityFor: (spec, routing) => (model) => reasonsOfAbility(model, spec, routing),
};

// Prompts differ, lengths and sizes hardly do: a few clips are most of what is asked, and of those that a budget is
// held against. An entry, an estimate with its working or a model's reasons, is less than a kilobyte.
const MAX_ENTRIES = 20_000;
const [FEWEST, MOST] = [8, 256] as const;
// A caller's own names can be many, and no other clip is likely to bring the same.
const MAX_KEY_LENGTH = 1000;

/** The sheets of a catalog's models, where everything is worked out when first asked for. */
export const clipSheetsOf = memoizeByObject((models: readonly VideoModel[]): ClipSheets => {
  const likenesses = likenessesOf(models);
  const roomFor = (entries: number) =>
    Math.max(FEWEST, Math.min(MOST, Math.floor(MAX_ENTRIES / Math.max(1, entries))));
  // Models that are alike share an entry.
  const prices = createLately<Sheet<Estimate>>(roomFor(new Set(likenesses.map(({ priced }) => priced)).size));
  const abilities = createLately<Sheet<readonly Reason[]>>(
    roomFor(new Set(likenesses.map(({ capable }) => capable)).size),
  );
  return {
    priceOf: (clip) =>
      prices(JSON.stringify(Object.values(clip)), () => remember(FRESH_SHEETS.priceOf(clip))),
    abilityFor(spec, routing) {
      const make = () => remember(FRESH_SHEETS.abilityFor(spec, routing));
      const key = describeNeeds(spec, routing);
      return key.length > MAX_KEY_LENGTH ? make() : abilities(key, make);
    },
  };
});

/** Everything that `reasonsOfAbility` looks at in a question. */
function describeNeeds(spec: ClipSpec, { passthrough }: Routing): string {
  const { provider, frame_images: frames, input_references: references } = spec;
  return JSON.stringify([
    spec.duration,
    spec.resolution,
    spec.aspect_ratio,
    spec.size,
    spec.generate_audio,
    spec.seed,
    spec.upscale_factor,
    spec.creativity,
    frames?.map((frame) => frame.frame_type),
    references?.map((reference) => reference.type),
    provider?.options &&
      Object.entries(provider.options).map(([slug, options]) => [slug, optionNames([options])]),
    passthrough,
  ]);
}

function remember<T extends object>(work: Sheet<T>): Sheet<T> {
  const known = new Map<VideoModel, T>();
  return (model) => {
    let entry = known.get(model);
    if (!entry) {
      entry = work(model);
      known.set(model, entry);
    }
    return entry;
  };
}
