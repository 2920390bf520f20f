// The model catalog, always at hand: fresh when it can be, the last good one when it cannot.

import { type Catalog, indexCatalog } from '../../core/catalog/catalog.ts';
import { ClipgateError } from '../../core/errors.ts';
import type { RawCatalog } from '../../outbound/openrouter/openrouter.ts';
import type { ModelsAnswer } from '../../outbound/openrouter/wire.ts';
import type { JobStore } from '../../store/ports/job-store.ts';
import type { Log } from '../runtime/log.ts';
import type { CatalogHistory } from './catalog-history.ts';
import { type Adopted, createRefreshingCache, type RefreshingCacheAges } from './refreshing-cache.ts';

export interface CatalogView {
  readonly catalog: Catalog;
  /** Seconds since upstream answered with it. */
  readonly ageS: number;
  /** True when it is older than it should be because no newer one could be had. */
  readonly stale: boolean;
}

export interface CatalogCache {
  /** The newest good catalog at once, or null where there has never been one. */
  peek(): CatalogView | null;
  /** The newest good catalog; the very first call may wait for it. @throws ClipgateError catalog_unavailable. */
  get(): Promise<CatalogView>;
  /** Reads the catalog kept from an earlier run, then refreshes in the background from now on. */
  start(): Promise<void>;
  stop(): Promise<void>;
  /** Fetches now, joining a fetch that is under way. True where a good catalog came of it. */
  refresh(): Promise<boolean>;
}

export interface CatalogCacheParts {
  readonly load: () => Promise<RawCatalog>;
  /** Null where the answer is not a catalog. */
  readonly parse: (raw: RawCatalog) => ModelsAnswer | null;
  readonly store: Pick<JobStore, 'loadDocument'>;
  /** Keeps a good catalog for the next start. */
  readonly history: Pick<CatalogHistory, 'keep'>;
  readonly clock: () => number;
  /** From 0 up to 1. */
  readonly random: () => number;
  readonly log: Log;
}

// A list that lost more than half its models is more likely broken than true; one that stays so is true.
const SHRINK = 0.5;
const SHRINK_PATIENCE = 12;

export function createCatalogCache(parts: CatalogCacheParts, ages: RefreshingCacheAges): CatalogCache {
  const { log } = parts;
  let shrunkInARow = 0;

  /** Judges an answer; null where it is not better than what we have. */
  function judge(
    answer: RawCatalog,
    fetchedAt: number,
    current: Adopted<RawCatalog, Catalog> | null,
  ): Adopted<RawCatalog, Catalog> | null {
    // Without its second list an answer is read with the one before: models keep what they were known to take.
    const raw = { models: answer.models, modalities: answer.modalities ?? current?.raw.modalities ?? null };
    const parsed = parts.parse(raw);
    if (!parsed || parsed.models.length === 0) {
      log.warn({}, 'upstream sent no usable catalog: keeping the last good one');
      return null;
    }
    const value = indexCatalog(parsed.models, { fetchedAt, dropped: parsed.dropped });
    const before = current?.value.models.length ?? 0;
    if (value.models.length < before * SHRINK && ++shrunkInARow < SHRINK_PATIENCE) {
      log.warn(
        { before, now: value.models.length },
        'the catalog lost more than half its models: keeping the last good one',
      );
      return null;
    }
    if (value.dropped > 0)
      log.warn({ dropped: value.dropped }, 'left out catalog entries that cannot be read');
    shrunkInARow = 0;
    return { raw, value };
  }

  async function keep(raw: RawCatalog): Promise<void> {
    const changes = await parts.history.keep(raw);
    if (changes.length === 0) return;
    log.info({ models: changes.map(({ modelId, kind }) => `${kind} ${modelId}`) }, 'the catalog changed');
  }

  const feed = createRefreshingCache({ ...parts, name: 'catalog', judge, keep }, ages);

  function peek(): CatalogView | null {
    const view = feed.peek();
    return view && { catalog: view.value, ageS: Math.floor(view.ageMs / 1000), stale: view.stale };
  }

  return {
    ...feed,
    peek,
    async get() {
      const view = peek() ?? ((await feed.refresh()) ? peek() : null);
      if (view) return view;
      throw new ClipgateError(
        'catalog_unavailable',
        'The model catalog could not be fetched yet. Try again shortly.',
        {
          retryAfterS: Math.ceil(ages.retryMs / 1000),
        },
      );
    },
  };
}
