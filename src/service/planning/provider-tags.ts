// Which providers serve a model, as upstream last said: asked only for models whose options a request sends.

import { LRUCache } from 'lru-cache';
import { type Catalog, indexCatalog, type VideoModel } from '../../core/catalog/catalog.ts';
import { joinSlugs, slugsOf } from '../../core/clip/provider-options.ts';
import type { CatalogView } from '../catalog/catalog-cache.ts';
import type { Log } from '../runtime/log.ts';

export interface ProviderTags {
  /** A view whose models carry what is known of their providers; the very same view where that adds nothing. */
  annotate(view: CatalogView): CatalogView;
  /**
   * Asks upstream about a model, unless a recent answer is cached. Concurrent callers share one request. Never
   * throws: without an answer the last one stands, or what core knows of the family.
   * @returns whether this changed what `annotate` says.
   */
  learn(modelId: string): Promise<boolean>;
}

export interface ProviderTagsParts {
  readonly load: (modelId: string) => Promise<readonly string[]>;
  /** Epoch milliseconds. */
  readonly clock: () => number;
  readonly log: Log;
}

export interface ProviderTagsAges {
  readonly maxAgeMs: number;
  /** After a question that failed, the next waits this long. */
  readonly retryMs: number;
}

const MAX_MODELS = 1_000;

export function createProviderTags(parts: ProviderTagsParts, ages: ProviderTagsAges): ProviderTags {
  /** Slugs by model that differ from what core knows. Replaced, never changed, so that it tells a memo its age. */
  let learned: ReadonlyMap<string, readonly string[]> = new Map();
  let memo: { readonly from: Catalog; readonly learned: typeof learned; readonly to: Catalog } | null = null;

  const asked = new LRUCache<string, true>({
    max: MAX_MODELS,
    ttl: ages.maxAgeMs,
    ttlResolution: 0,
    // An old answer is used while a new one is fetched: only the first question about a model is waited for.
    allowStale: true,
    perf: { now: parts.clock },
    async fetchMethod(modelId, _before, { options }) {
      try {
        keep(modelId, joinSlugs(modelId, await parts.load(modelId)));
      } catch (error) {
        options.ttl = ages.retryMs;
        parts.log.warn({ err: error, model: modelId }, 'could not fetch the providers of a model');
      }
      return true as const;
    },
  });

  function keep(modelId: string, slugs: readonly string[] | null): void {
    const known = learned.get(modelId) ?? slugsOf({ id: modelId });
    if (slugs === null || slugs.join() === known?.join()) return;
    const entries = [...learned].filter(([id]) => id !== modelId).slice(1 - MAX_MODELS);
    learned = new Map([...entries, [modelId, slugs]]);
  }

  return {
    annotate(view) {
      if (learned.size === 0) return view;
      if (memo?.from !== view.catalog || memo.learned !== learned) {
        memo = { from: view.catalog, learned, to: annotateCatalog(view.catalog, learned) };
      }
      return { ...view, catalog: memo.to };
    },

    async learn(modelId) {
      const before = learned.get(modelId);
      await asked.fetch(modelId);
      return learned.get(modelId) !== before;
    },
  };
}

function annotateCatalog(catalog: Catalog, learned: ReadonlyMap<string, readonly string[]>): Catalog {
  const models = catalog.models.map((model): VideoModel => {
    const providerSlugs = learned.get(model.id);
    return providerSlugs ? { ...model, providerSlugs } : model;
  });
  return indexCatalog(models, catalog);
}
