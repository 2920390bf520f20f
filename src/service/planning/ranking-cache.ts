// Keeps how models rank for the latest clips that were asked for: prompts differ, clips and wishes hardly do.

import { LRUCache } from 'lru-cache';
import type { Catalog } from '../../core/catalog/catalog.ts';
import type { ClipSpec, Routing } from '../../core/clip/clip-spec.ts';
import type { Knowledge } from '../../core/learning/knowledge.ts';
import { type Ranking, rankModels } from '../../core/routing/plan-route.ts';
import { rankingKeyOf } from '../../core/routing/ranking-key.ts';

/** A ranking with its JSON text, which is most of an answer and the same for every clip of its key. */
export interface WrittenRanking {
  readonly ranking: Ranking;
  readonly json: string;
}

const MAX_RANKINGS = 1_000;
// In characters of JSON and of keys, which may repeat whole lists of models; the values behind them are about as large.
const MAX_CHARACTERS = 30_000_000;

/** Core's `rankModels` behind a cache: another catalog empties it, and what is learned anew is ranked anew. */
export function createRankingCache(write: (ranking: Ranking) => string) {
  const cache = new LRUCache<string, WrittenRanking>({
    max: MAX_RANKINGS,
    maxSize: MAX_CHARACTERS,
    sizeCalculation: ({ json }, key) => json.length + key.length,
  });
  let basis: readonly unknown[] = [];
  // Each client may know more of models than others do, from bills of its own.
  const numbers = new WeakMap<Knowledge['models'], number>();
  let count = 0;
  const numberOf = (models: Knowledge['models']): number => {
    const number = numbers.get(models) ?? count++;
    numbers.set(models, number);
    return number;
  };

  return (catalog: Catalog, spec: ClipSpec, routing: Routing, knowledge: Knowledge): WrittenRanking => {
    // Each part is replaced, never changed, when something new is known.
    const current = [catalog, knowledge.benchmarks, knowledge.qualities];
    if (current.some((part, index) => part !== basis[index])) cache.clear();
    basis = current;
    const key = `${numberOf(knowledge.models)} ${rankingKeyOf(spec, routing, knowledge)}`;
    const known = cache.get(key);
    if (known) return known;
    const ranking = rankModels(catalog, spec, routing, knowledge);
    const written = { ranking, json: write(ranking) };
    cache.set(key, written);
    return written;
  };
}
