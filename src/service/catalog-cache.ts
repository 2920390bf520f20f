// The model catalog, always at hand: fresh when it can be, the last good one when it cannot.

import { type Catalog, indexCatalog } from '../core/catalog.ts';
import { ClipgateError } from '../core/errors.ts';
import type { JobStore } from '../store/port.ts';
import type { RawCatalog } from '../upstream/openrouter.ts';
import type { ModelsAnswer } from '../upstream/wire.ts';
import type { CatalogHistory } from './catalog-history.ts';
import type { Log } from './log.ts';
import { createLoop } from './loop.ts';

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

export interface CatalogCacheAges {
  /** Fresh until this age. */
  readonly maxAgeMs: number;
  /** After a fetch that failed, the next waits this long. */
  readonly retryMs: number;
  /** A fetch that takes longer is given up: another may start, and its late answer is judged by its number. */
  readonly flightMs: number;
}

const DOCUMENT = 'catalog';
// A list that lost more than half its models is more likely broken than true; one that stays so is true.
const SHRINK = 0.5;
const SHRINK_PATIENCE = 12;

export function createCatalogCache(parts: CatalogCacheParts, ages: CatalogCacheAges): CatalogCache {
  const { clock, log } = parts;
  let current: Catalog | null = null;
  let modalities: unknown = null;
  let shrunkInARow = 0;
  let lastNumber = 0;
  let adoptedNumber = 0;
  let flight: { readonly result: Promise<boolean>; readonly startedAt: number } | null = null;

  function peek(): CatalogView | null {
    if (!current) return null;
    const ageMs = Math.max(0, clock() - current.fetchedAt);
    return { catalog: current, ageS: Math.floor(ageMs / 1000), stale: ageMs > ages.maxAgeMs };
  }

  /** Judges an answer; null where it is not better than what we have. */
  function judge(raw: RawCatalog, fetchedAt: number): Catalog | null {
    const parsed = parts.parse(raw);
    if (!parsed || parsed.models.length === 0) {
      log.warn({}, 'upstream sent no usable catalog: keeping the last good one');
      return null;
    }
    const next = indexCatalog(parsed.models, { fetchedAt, dropped: parsed.dropped });
    const before = current?.models.length ?? 0;
    if (next.models.length < before * SHRINK && ++shrunkInARow < SHRINK_PATIENCE) {
      log.warn(
        { before, now: next.models.length },
        'the catalog lost more than half its models: keeping the last good one',
      );
      return null;
    }
    if (next.dropped > 0) log.warn({ dropped: next.dropped }, 'left out catalog entries that cannot be read');
    shrunkInARow = 0;
    return next;
  }

  async function fetchOnce(number: number): Promise<boolean> {
    try {
      const answer = await parts.load();
      // A slow answer must not overwrite a newer one that overtook it.
      if (number < adoptedNumber) return false;
      const raw = { models: answer.models, modalities: answer.modalities ?? modalities };
      const next = judge(raw, clock());
      if (!next) return false;
      adoptedNumber = number;
      current = next;
      modalities = raw.modalities;
      await keep(raw);
      return true;
    } catch (error) {
      log.warn({ err: error }, 'could not fetch the catalog');
      return false;
    }
  }

  /** For the next start; a catalog that cannot be kept is as good as any until then. */
  async function keep(raw: RawCatalog): Promise<void> {
    await parts.history
      .keep(raw)
      .then((changes) => {
        if (changes.length > 0)
          log.info(
            { models: changes.map(({ modelId, kind }) => `${kind} ${modelId}`) },
            'the catalog changed',
          );
      })
      .catch((error: unknown) => log.error({ err: error }, 'could not keep the catalog for the next start'));
  }

  function refresh(): Promise<boolean> {
    if (flight && clock() - flight.startedAt < ages.flightMs) return flight.result;
    const started = { result: fetchOnce(++lastNumber), startedAt: clock() };
    flight = started;
    return started.result.finally(() => {
      if (flight === started) flight = null;
    });
  }

  async function restore(): Promise<void> {
    const kept = await parts.store.loadDocument(DOCUMENT);
    if (!kept) return;
    try {
      const raw = JSON.parse(kept.json) as RawCatalog;
      current = judge(raw, kept.savedAt);
      modalities = raw.modalities;
    } catch (error) {
      log.warn({ err: error }, 'the catalog kept from an earlier run cannot be read');
    }
  }

  const loop = createLoop(
    async () => {
      const fresh = await refresh();
      // A tenth early to a fifth early: replicas do not fetch in step, and a clip request never meets a stale one.
      return fresh ? ages.maxAgeMs * (0.8 + 0.1 * parts.random()) : ages.retryMs;
    },
    (error) => log.error({ err: error }, 'catalog refresh failed'),
    ages.retryMs,
  );

  return {
    peek,
    refresh,
    async get() {
      const view = peek() ?? ((await refresh()) ? peek() : null);
      if (view) return view;
      throw new ClipgateError(
        'catalog_unavailable',
        'The model catalog could not be fetched yet. Try again shortly.',
        {
          retryAfterS: Math.ceil(ages.retryMs / 1000),
        },
      );
    },
    async start() {
      await restore();
      loop.start();
    },
    stop: () => loop.stop(),
  };
}
