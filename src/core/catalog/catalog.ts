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
  /** What of upstream's newest entry could not be read; shown as it last was, where it ever could be. Sorted. */
  readonly unreadable: readonly CatalogField[];
  /** Those of them that never could be read, or not in full: nothing is refused for what they do not list. */
  readonly unknown: readonly CatalogField[];
}

/** What of a model can be unreadable; `id` = its whole entry. */
export type CatalogField =
  | 'id'
  | 'durations'
  | 'resolutions'
  | 'aspectRatios'
  | 'sizes'
  | 'frameImages'
  | 'inputModalities'
  | 'generateAudio'
  | 'seed'
  | 'passthroughParameters'
  | 'upscaleFactor'
  | 'creativity'
  | 'priceList';

/** A snapshot of the catalog; never changed, only replaced. */
export interface Catalog {
  readonly models: readonly VideoModel[];
  readonly byId: ReadonlyMap<string, VideoModel>;
  /** Models by canonical slug; one that several models share, or that is the id of another, is left out. */
  readonly bySlug: ReadonlyMap<string, VideoModel>;
  /** Entries left out because they could not be read. */
  readonly dropped: number;
  /** Models of which not all could be read. */
  readonly unreadable: number;
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
  const bySlug = new Map<string, VideoModel>();
  const shared = new Set<string>(byId.keys());
  for (const model of byId.values()) {
    const slug = model.canonicalSlug;
    if (shared.has(slug)) bySlug.delete(slug);
    else bySlug.set(slug, model);
    shared.add(slug);
  }
  return {
    models: [...byId.values()],
    byId,
    bySlug,
    dropped: info.dropped + models.length - byId.size,
    unreadable: [...byId.values()].filter((model) => model.unreadable.length > 0).length,
    fetchedAt: info.fetchedAt,
  };
}

/** The model of an id, or of a canonical slug: its permanent name at upstream. */
export const findModel = ({ byId, bySlug }: Catalog, name: string): VideoModel | undefined =>
  byId.get(name) ?? bySlug.get(name);
