// The model catalog as the router reads it: capabilities in our words, indexed once per fetch.

import type { PriceList } from '../pricing/sku-grammar.ts';

/** One video model. Null lists mean "not enumerated" or "cannot be chosen"; see each field. */
export interface VideoModel {
  readonly id: string;
  readonly canonicalSlug: string;
  readonly name: string;
  /** Unix seconds. */
  readonly created: number;
  /** Whole seconds, ascending; null where the length follows from the input (editors, upscalers, avatars). */
  readonly durations: readonly number[] | null;
  /** As upstream spells them ("4K"); null where the picture follows from the input. */
  readonly resolutions: readonly string[] | null;
  readonly aspectRatios: readonly string[] | null;
  /** Null = upstream does not enumerate them, which is not the same as none. */
  readonly sizes: readonly string[] | null;
  readonly frameImages: readonly string[];
  /** Null where upstream's second list did not name the model. */
  readonly inputModalities: readonly string[] | null;
  /** Null = unknown: may make sound all the same. */
  readonly generateAudio: boolean | null;
  readonly seed: boolean | null;
  readonly passthroughParameters: readonly string[];
  /** Under which slugs options reach its provider, where upstream was asked; see `slugsOf`. */
  readonly providerSlugs?: readonly string[];
  readonly upscaleFactor: { readonly min: number | null; readonly max: number | null } | null;
  readonly creativity: readonly number[] | null;
  readonly priceList: PriceList;
}

/** A snapshot of the catalog; never changed, only replaced. */
export interface Catalog {
  readonly models: readonly VideoModel[];
  readonly byId: ReadonlyMap<string, VideoModel>;
  /** Entries left out because they could not be read. */
  readonly dropped: number;
  /** Epoch milliseconds at which upstream answered with this. */
  readonly fetchedAt: number;
}

/** Builds a snapshot. The first of two entries with one id wins, and the other counts as dropped. */
export function indexCatalog(
  models: readonly VideoModel[],
  info: { fetchedAt: number; dropped: number },
): Catalog {
  const byId = new Map<string, VideoModel>();
  for (const model of models) if (!byId.has(model.id)) byId.set(model.id, model);
  return {
    models: [...byId.values()],
    byId,
    dropped: info.dropped + models.length - byId.size,
    fetchedAt: info.fetchedAt,
  };
}
