// Answers what a clip would be: joins the catalog of the moment with core's decision.

import type { Catalog, VideoModel } from '../../core/catalog/catalog.ts';
import { findSimilar } from '../../core/catalog/similar-models.ts';
import type { ClipSpec, Routing } from '../../core/clip/clip-spec.ts';
import { buildSubmission, type Submission } from '../../core/clip/submission.ts';
import { type Knowledge, NOTHING_KNOWN } from '../../core/learning/knowledge.ts';
import type { Reason } from '../../core/routing/eligibility.ts';
import { type Eligible, evaluateModel } from '../../core/routing/evaluate.ts';
import type { RoutePlan } from '../../core/routing/plan-route.ts';
import type { CatalogCache, CatalogView } from '../catalog/catalog-cache.ts';
import { createRankingMemory } from './ranking-cache.ts';

/** What a job would buy, or why it cannot be bought. */
export type JobPlan =
  | {
      readonly kind: 'planned';
      readonly choice: Eligible;
      readonly submission: Submission;
      readonly route: RoutePlan | null;
    }
  | { readonly kind: 'unknown_model'; readonly modelId: string; readonly similar: readonly string[] }
  | { readonly kind: 'unsupported'; readonly model: VideoModel; readonly reasons: readonly Reason[] }
  | { readonly kind: 'no_match'; readonly route: RoutePlan };

export interface Planner {
  /** @throws ClipgateError catalog_unavailable. */
  planRoute(
    spec: ClipSpec,
    routing: Routing,
  ): Promise<{ readonly view: CatalogView; readonly route: RoutePlan }>;
  /** With a model: that one, judged. Without: the router's best. @throws ClipgateError catalog_unavailable. */
  planJob(
    modelId: string | undefined,
    spec: ClipSpec,
    routing: Routing,
  ): Promise<{ readonly view: CatalogView; readonly plan: JobPlan }>;
}

/** @param knowledge what is known at the moment of asking. */
export function createPlanner(
  catalog: Pick<CatalogCache, 'get'>,
  knowledge: () => Knowledge = () => NOTHING_KNOWN,
): Planner {
  const rank = createRankingMemory();

  const planRoute = (catalog: Catalog, spec: ClipSpec, routing: Routing): RoutePlan =>
    rank(catalog, spec, routing, knowledge());

  return {
    async planRoute(spec, routing) {
      const view = await catalog.get();
      return { view, route: planRoute(view.catalog, spec, routing) };
    },

    async planJob(modelId, spec, routing) {
      const view = await catalog.get();
      if (modelId === undefined) {
        const route = planRoute(view.catalog, spec, routing);
        const [choice] = route.candidates;
        if (!choice || !route.submission) return { view, plan: { kind: 'no_match', route } };
        return { view, plan: { kind: 'planned', choice, submission: route.submission, route } };
      }
      const model = view.catalog.byId.get(modelId);
      if (!model) {
        return {
          view,
          plan: { kind: 'unknown_model', modelId, similar: findSimilar(modelId, view.catalog.models) },
        };
      }
      const judged = evaluateModel(model, spec, routing, knowledge());
      if ('reasons' in judged) return { view, plan: { kind: 'unsupported', model, reasons: judged.reasons } };
      const submission = buildSubmission(model, spec, routing);
      return { view, plan: { kind: 'planned', choice: judged, submission, route: null } };
    },
  };
}
