// The public arena's word on the models, asked for a few times a day and kept while it cannot be had.

import type { Benchmark } from '../../core/learning/knowledge.ts';
import { averageElo, qualityOfElo } from '../../core/routing/score/quality.ts';
import type { BenchmarkEntry } from '../../outbound/openrouter/wire.ts';
import type { JobStore } from '../../store/ports/job-store.ts';
import type { Log } from '../runtime/log.ts';
import { createRefreshingCache, type RefreshingCache } from './refreshing-cache.ts';

export type Benchmarks = ReadonlyMap<string, Benchmark>;

export interface BenchmarksParts {
  readonly load: () => Promise<unknown>;
  /** Null where the answer is no list of ratings. */
  readonly parse: (raw: unknown) => readonly BenchmarkEntry[] | null;
  readonly store: Pick<JobStore, 'loadDocument' | 'saveDocument'>;
  readonly clock: () => number;
  /** From 0 up to 1. */
  readonly random: () => number;
  readonly log: Log;
}

const HOUR_MS = 60 * 60 * 1000;
// Votes gather over weeks, and every replica asks for itself with a key that has 500 questions a day.
const MIN_AGE_MS = 6 * HOUR_MS;
const AGES = {
  minAgeMs: MIN_AGE_MS,
  maxAgeMs: MIN_AGE_MS / 0.8,
  retryMs: HOUR_MS / 2,
  flightMs: HOUR_MS / 30,
};

export function createBenchmarks(parts: BenchmarksParts): RefreshingCache<unknown, Benchmarks> {
  return createRefreshingCache(
    {
      ...parts,
      name: 'benchmarks',
      keep: (raw) => parts.store.saveDocument('benchmarks', JSON.stringify(raw)),
      judge(raw: unknown) {
        const entries = parts.parse(raw);
        // An arena without a single rating is a bad day of the arena's.
        if (!entries || entries.length === 0) {
          parts.log.warn({}, 'OpenRouter sent no usable benchmarks: keeping the last good ones');
          return null;
        }
        return { raw, value: readBenchmarks(entries) };
      },
    },
    AGES,
  );
}

/** By model slug; of two entries for one model the first stands. */
function readBenchmarks(entries: readonly BenchmarkEntry[]): Benchmarks {
  const average = averageElo(entries);
  const bySlug = new Map<string, Benchmark>();
  for (const { slug, elo, generationMs } of entries) {
    if (bySlug.has(slug)) continue;
    bySlug.set(slug, {
      quality: elo === null || average === null ? null : qualityOfElo(elo, average),
      seconds: generationMs === null ? null : generationMs / 1000,
    });
  }
  return bySlug;
}
