// Remembers how models rank for the questions asked lately: prompts differ, clips and wishes hardly do.

import { LRUCache } from 'lru-cache';
import type { Catalog } from '../../core/catalog/catalog.ts';
import type { ClipSpec, Routing } from '../../core/clip/clip-spec.ts';
import type { Knowledge } from '../../core/learning/knowledge.ts';
import { completePlan, type Ranking, type RoutePlan, rankModels } from '../../core/routing/plan-route.ts';
import { questionOf } from '../../core/routing/ranking-key.ts';

// A model in a ranking, written out included, is about a kilobyte, and a refusal may repeat what was asked: at most
// 30 MB, a thousand questions to 30 models.
const MAX_KILOBYTES = 30_000;

/**
 * `planRoute` of core with a memory: the same plan for the same arguments. Of a question that came once only the question
 * is kept: where every clip brings a limit of its own most never come again, and keeping their rankings for nothing is a
 * quarter of what they cost.
 */
export function createRankingMemory() {
  const rankings = new LRUCache<string, Ranking | 'came once'>({
    maxSize: MAX_KILOBYTES,
    sizeCalculation(ranking, question) {
      const kilobytes = question.length / 1000;
      if (ranking === 'came once') return Math.ceil(kilobytes);
      return Math.ceil((1 + ranking.candidates.length + ranking.rejected.length) * (1 + kilobytes));
    },
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
    const kept = rankings.get(question);
    if (kept && kept !== 'came once') return completePlan(kept, spec, routing);
    const ranking = rankModels(catalog, spec, routing, knowledge);
    rankings.set(question, kept ? ranking : 'came once');
    return completePlan(ranking, spec, routing);
  };
}

/** Each part is replaced, never changed, when something new is known. */
const isSame = (a: Knowledge, b: Knowledge): boolean =>
  a.models === b.models && a.benchmarks === b.benchmarks && a.qualities === b.qualities;
