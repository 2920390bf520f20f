// An answer of upstream's, always at hand: fresh when it can be, the last good one when it cannot.

import { jitter } from '../../core/jitter.ts';
import type { JobStore } from '../../store/ports/job-store.ts';
import type { Log } from '../runtime/log.ts';
import { createLoop } from '../runtime/loop.ts';

export interface CacheView<Raw, T> {
  readonly value: T;
  /** The answer it was made of. */
  readonly raw: Raw;
  readonly ageMs: number;
  /** True when it is older than it should be because no newer one could be had. */
  readonly stale: boolean;
}

export interface RefreshingCache<Raw, T> {
  /** The newest good answer at once, or null where there has never been one. */
  peek(): CacheView<Raw, T> | null;
  /** Fetches now, joining a fetch that is under way. True where a good answer came of it. */
  refresh(): Promise<boolean>;
  /** Reads the answer kept from an earlier run, then refreshes in the background from now on. */
  start(): Promise<void>;
  stop(): Promise<void>;
}

/** An answer found good: what it means, and the form in which it is kept for the next start. */
export interface Adopted<Raw, T> {
  readonly raw: Raw;
  readonly value: T;
}

export interface RefreshingCacheParts<Raw, T> {
  /** Names the feed in the log, and its document in the store. */
  readonly name: string;
  readonly load: () => Promise<Raw>;
  /** Judges an answer against the one there is; null where that one is better kept. */
  readonly judge: (raw: Raw, fetchedAt: number, current: Adopted<Raw, T> | null) => Adopted<Raw, T> | null;
  readonly store: Pick<JobStore, 'loadDocument'>;
  /** Keeps an adopted answer for the next start, as the document that bears the feed's name. */
  readonly keep: (raw: Raw) => Promise<unknown>;
  readonly clock: () => number;
  /** From 0 up to 1. */
  readonly random: () => number;
  readonly log: Log;
}

export interface RefreshingCacheAges {
  /** Fresh until this age. */
  readonly maxAgeMs: number;
  /** After a fetch that failed, the next waits this long. */
  readonly retryMs: number;
  /** A fetch that takes longer is given up: another may start, and its late answer is judged by its number. */
  readonly flightMs: number;
  /** The background leaves an answer alone until this age, restarts included. Default 0: a start fetches. */
  readonly minAgeMs?: number;
}

export function createRefreshingCache<Raw, T>(
  parts: RefreshingCacheParts<Raw, T>,
  ages: RefreshingCacheAges,
): RefreshingCache<Raw, T> {
  const { name, clock, log } = parts;
  let current: (Adopted<Raw, T> & { readonly fetchedAt: number }) | null = null;
  let lastNumber = 0;
  let adoptedNumber = 0;
  let flight: { readonly result: Promise<boolean>; readonly startedAt: number } | null = null;

  const ageMs = (fetchedAt: number) => Math.max(0, clock() - fetchedAt);

  function adopt(raw: Raw, fetchedAt: number): boolean {
    const next = parts.judge(raw, fetchedAt, current);
    if (next) current = { ...next, fetchedAt };
    return next !== null;
  }

  async function fetchOnce(number: number): Promise<boolean> {
    try {
      const raw = await parts.load();
      // A slow answer must not overwrite a newer one that overtook it.
      if (number < adoptedNumber || !adopt(raw, clock())) return false;
      adoptedNumber = number;
      if (current) await keep(current.raw);
      return true;
    } catch (error) {
      log.warn({ err: error }, `could not fetch the ${name}`);
      return false;
    }
  }

  /** For the next start; an answer that cannot be kept is as good as any until then. */
  async function keep(raw: Raw): Promise<void> {
    await parts.keep(raw).catch((error: unknown) => log.error({ err: error }, `could not store the ${name}`));
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
    const kept = await parts.store.loadDocument(name);
    if (!kept) return;
    try {
      adopt(JSON.parse(kept.json) as Raw, kept.savedAt);
    } catch (error) {
      log.warn({ err: error }, `the stored ${name} cannot be read`);
    }
  }

  const loop = createLoop(
    async () => {
      const restMs = current ? (ages.minAgeMs ?? 0) - ageMs(current.fetchedAt) : 0;
      if (restMs > 0) return restMs;
      const fresh = await refresh();
      // A tenth to a fifth early: replicas do not fetch in step, and no request meets a stale one.
      return fresh ? jitter(0.8 * ages.maxAgeMs, parts.random(), 1 / 8) : ages.retryMs;
    },
    (error) => log.error({ err: error }, `refreshing the ${name} failed`),
    ages.retryMs,
  );

  return {
    refresh,
    peek() {
      if (!current) return null;
      const age = ageMs(current.fetchedAt);
      return { value: current.value, raw: current.raw, ageMs: age, stale: age > ages.maxAgeMs };
    },
    async start() {
      await restore();
      loop.start();
    },
    stop: () => loop.stop(),
  };
}
