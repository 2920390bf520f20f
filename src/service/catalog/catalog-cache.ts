// The model catalog, always at hand: fresh when it can be, the last good one when it cannot.

import { type Catalog, indexCatalog } from '../../core/catalog/catalog.ts';
import { ClipgateError } from '../../core/errors.ts';
import type { ModelsAnswer, RawCatalog } from '../../outbound/openrouter/catalog-wire.ts';
import type { JobStore } from '../../store/ports/job-store.ts';
import type { Alarms } from '../runtime/alarms.ts';
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
  /** Upstream's own lists of that catalog, as it spells them. @throws ClipgateError catalog_unavailable. */
  getLists(): Promise<CatalogView & { readonly lists: RawCatalog }>;
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
  /** The answer with what cannot be read in it as it last could be. */
  readonly restore: (answer: RawCatalog, before: RawCatalog | null) => RawCatalog;
  readonly store: Pick<JobStore, 'loadDocument'>;
  /** Keeps a good catalog for the next start. */
  readonly history: Pick<CatalogHistory, 'keep'>;
  readonly clock: () => number;
  /** From 0 up to 1. */
  readonly random: () => number;
  readonly alarms: Alarms;
  readonly log: Log;
}

// A list that lost more than half its models is more likely broken than true; one that stays so is true.
const SHRINK = 0.5;
const SHRINK_PATIENCE = 12;
const NAMED_AT_MOST = 20;

export function createCatalogCache(parts: CatalogCacheParts, ages: RefreshingCacheAges): CatalogCache {
  const { alarms, log } = parts;
  let shrunkInARow = 0;
  let lastUnreadable = '';

  /** Judges an answer; null where it is not better than what we have. */
  function judge(
    answer: RawCatalog,
    fetchedAt: number,
    current: Adopted<RawCatalog, Catalog> | null,
  ): Adopted<RawCatalog, Catalog> | null {
    // Judged by what it says itself: an answer that needs most models restored is no newer than the one there is.
    const fresh = parts.parse(answer);
    if (!fresh || fresh.models.length === 0) {
      log.warn({}, 'OpenRouter sent no usable catalog: keeping the last good one');
      if (fresh && fresh.dropped > 0) noteUnreadable([`${fresh.dropped} of ${fresh.dropped} entries`]);
      return null;
    }
    const before = current?.value.models.length ?? 0;
    const now = new Set(fresh.models.map(({ id }) => id)).size;
    if (now < before * SHRINK && ++shrunkInARow < SHRINK_PATIENCE) {
      log.warn({ before, now }, 'the catalog lost more than half its models: keeping the last good one');
      if (fresh.dropped > 0) noteUnreadable([`${fresh.dropped} of ${fresh.dropped + now} entries`]);
      return null;
    }
    const raw = parts.restore(answer, current?.raw ?? null);
    const { models, dropped } = parts.parse(raw) ?? fresh;
    const value = indexCatalog(models, { fetchedAt, dropped });
    if (value.dropped > 0)
      log.warn({ dropped: value.dropped }, 'omitted catalog entries that cannot be parsed');
    shrunkInARow = 0;
    noteUnreadable(
      value.models
        .filter(({ unreadable }) => unreadable.length > 0)
        .map(({ id, unreadable }) => `${id}: ${unreadable.join(', ')}`),
    );
    return { raw, value };
  }

  /** Raises the alarm when what is unreadable changes, not at every fetch while it stays so. */
  function noteUnreadable(parts: readonly string[]): void {
    const seen = parts.join('\n');
    if (seen === lastUnreadable) return;
    lastUnreadable = seen;
    if (parts.length === 0) {
      log.info({}, 'the whole catalog can be parsed again');
      return;
    }
    alarms.raise(
      'catalog_unreadable',
      { count: parts.length, unreadable: parts.slice(0, NAMED_AT_MOST) },
      'parts of the catalog cannot be parsed: their last good values are used, or they are unknown',
    );
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

  async function load(): Promise<CatalogView> {
    const view = peek() ?? ((await feed.refresh()) ? peek() : null);
    if (view) return view;
    throw new ClipgateError(
      'catalog_unavailable',
      'The model catalog has not been loaded yet. Retry shortly.',
      { retryAfterS: Math.ceil(ages.retryMs / 1000) },
    );
  }

  return {
    ...feed,
    peek,
    get: load,
    async getLists() {
      const view = await load();
      return { ...view, lists: feed.peek()?.raw ?? { models: null, modalities: null } };
    },
  };
}
