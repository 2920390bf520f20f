// Which models of a catalog are alike, so that what is worked out for one need not be for the others.

import type { VideoModel } from './catalog/catalog.ts';
import { slugsOf } from './clip/provider-options.ts';
import { memoizeByObject } from './memoize-by-object.ts';

/** A model with the first of the catalog that stands for it. Both may be the model itself. */
export interface Likeness {
  readonly model: VideoModel;
  /** In the catalog's order, from 0. */
  readonly place: number;
  /** In the order of ids, from 0. */
  readonly placeById: number;
  /** Takes and refuses the same clips, for the same reasons; lists of allowed and denied names aside. */
  readonly capable: VideoModel;
  /** Costs the same besides, by the price list. */
  readonly priced: VideoModel;
}

/** One for each model, in their order. */
export const likenessesOf = memoizeByObject((models: readonly VideoModel[]): readonly Likeness[] => {
  const first = new Map<string, VideoModel>();
  const standIn = (model: VideoModel, key: string): VideoModel => {
    const known = first.get(key);
    if (known) return known;
    first.set(key, model);
    return model;
  };
  const ids = models.map(({ id }) => id).sort();
  const places = new Map(ids.map((id, place) => [id, place]));
  return models.map((model, place) => {
    const abilities = describeAbilities(model);
    const prices = JSON.stringify(model.priceList.charges);
    return {
      model,
      place,
      placeById: places.get(model.id) ?? place,
      capable: standIn(model, abilities),
      priced: standIn(model, `${abilities} ${prices}`),
    };
  });
});

/** Everything that `reasonsOfAbility` looks at, and with the prices everything that `estimateClip` does. */
function describeAbilities(model: VideoModel): string {
  return JSON.stringify([
    model.durations,
    model.resolutions,
    model.aspectRatios,
    model.sizes,
    model.frameImages,
    model.inputModalities,
    model.generateAudio,
    model.seed,
    model.passthroughParameters,
    slugsOf(model),
    model.upscaleFactor,
    model.creativity,
  ]);
}
