// Remembers how models rank for the questions asked lately: prompts differ, clips and wishes hardly do.

import { LRUCache } from 'lru-cache';
import type { Catalog } from '../core/catalog.ts';
import type { Knowledge } from '../core/knowledge.ts';
import { questionOf } from '../core/question.ts';
import type { ClipSpec, Routing } from '../core/request.ts';
import { completePlan, type Ranking, type RoutePlan, rankModels } from '../core/route.ts';

// A model in a ranking, written out included, is about a kilobyte, and a refusal may repeat what was asked: at most
// 30 MB, a thousand questions to 30 models.
const MAX_KILOBYTES = 30_000;

/** `planRoute` of core with a memory: the same plan for the same arguments. */
export function createRankingMemory() {
  const rankings = new LRUCache<string, Ranking>({
    maxSize: MAX_KILOBYTES,
    sizeCalculation: ({ candidates, rejected }, question) =>
      Math.ceil((1 + candidates.length + rejected.length) * (1 + question.length / 1000)),
  });
  let catalogNow: Catalog | null = null;
  let knownNow: Knowledge | null = null;

  return (catalog: Catalog, spec: ClipSpec, routing: Routing, knowledge: Knowledge): RoutePlan => {
    if (catalog !== catalogNow || !knownNow || !isSame(knowledge, knownNow)) {
      rankings.clear();
      catalogNow = catalog;
      knownNow = knowledge;
    }
    const question = questionOf(spec, routing);
    let ranking = rankings.get(question);
    if (!ranking) {
      ranking = rankModels(catalog, spec, routing, knowledge);
      rankings.set(question, ranking);
    }
    return completePlan(ranking, spec, routing);
  };
}

/** Each part is replaced, never changed, when something new is known. */
const isSame = (a: Knowledge, b: Knowledge): boolean =>
  a.models === b.models && a.benchmarks === b.benchmarks && a.qualities === b.qualities;
