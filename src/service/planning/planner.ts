// Plans a clip: the routing decision over the current catalog, checked against providers and media URLs.

import { findModel, type VideoModel } from '../../core/catalog/catalog.ts';
import { findSimilar } from '../../core/catalog/similar-models.ts';
import type { ClipSpec, Routing } from '../../core/clip/clip-spec.ts';
import { buildSubmission, type Submission } from '../../core/clip/submission.ts';
import { type Knowledge, NOTHING_KNOWN } from '../../core/learning/knowledge.ts';
import type { Reason } from '../../core/routing/eligibility.ts';
import { type Eligible, evaluateModel } from '../../core/routing/evaluate.ts';
import { completePlan, type Ranking, type RoutePlan } from '../../core/routing/plan-route.ts';
import type { CatalogCache, CatalogView } from '../catalog/catalog-cache.ts';
import type { Preflight } from './preflight.ts';
import type { ProviderTags } from './provider-tags.ts';
import { createRankingCache } from './ranking-cache.ts';

/** What a job would buy, or why it cannot be bought. */
export type JobPlan =
  | {
      readonly kind: 'planned';
      readonly choice: Eligible;
      readonly submission: Submission;
      readonly route: RoutePlan | null;
      /** What the choice is from: the route's, or, of a model that was given, all models' where that is asked for. */
      readonly ranking: Ranking | null;
    }
  | { readonly kind: 'unknown_model'; readonly modelId: string; readonly similar: readonly string[] }
  | { readonly kind: 'unsupported'; readonly model: VideoModel; readonly reasons: readonly Reason[] }
  | { readonly kind: 'no_match'; readonly route: RoutePlan };

export interface PlannedRoute {
  readonly view: CatalogView;
  readonly route: RoutePlan;
  /** The ranking of `route` as `writeRanking` wrote it. */
  readonly rankingJson: string;
}

/**
 * Plans that buy nothing are not checked against media URLs: their reasons are known without a request. Where the check
 * measures video references, whose seconds are billed, the plan is made again with their length. A client's own bills
 * count for its plans, where its name is given.
 */
export interface Planner {
  /** @throws ClipgateError catalog_unavailable; media_unreachable where preflight is asked for. */
  planRoute(spec: ClipSpec, routing: Routing, clientId?: string): Promise<PlannedRoute>;
  /**
   * With a model: that one. Without: the router's best. @throws ClipgateError as `planRoute`.
   * @param ranks ranks the others beside a model that is given.
   */
  planJob(
    modelId: string | undefined,
    spec: ClipSpec,
    routing: Routing,
    clientId?: string,
    ranks?: boolean,
  ): Promise<{ readonly view: CatalogView; readonly plan: JobPlan }>;
}

export interface PlannerParts {
  readonly catalog: Pick<CatalogCache, 'get'>;
  readonly tags: Pick<ProviderTags, 'annotate' | 'learn'>;
  readonly preflight: Preflight;
  /** What is known at the moment of asking: for a client, or (null) for every client. */
  readonly knowledge?: (clientId: string | null) => Knowledge;
  /** The JSON that is kept beside a cached ranking. */
  readonly writeRanking: (ranking: Ranking) => string;
}

// What is learned of one model may hand the first place to another, which is then asked about in turn.
const MAX_PLANS = 4;

export function createPlanner(parts: PlannerParts): Planner {
  const { tags, preflight, knowledge = () => NOTHING_KNOWN } = parts;
  const rank = createRankingCache(parts.writeRanking);
  const currentView = async () => tags.annotate(await parts.catalog.get());

  function planOver(view: CatalogView, spec: ClipSpec, routing: Routing, known: Knowledge): PlannedRoute {
    const { ranking, json } = rank(view.catalog, spec, routing, known);
    return { view, route: completePlan(ranking, spec, routing), rankingJson: json };
  }

  function planBest(view: CatalogView, spec: ClipSpec, routing: Routing, known: Knowledge): JobPlan {
    const { route } = planOver(view, spec, routing, known);
    const [choice] = route.candidates;
    if (!choice || !route.submission) return { kind: 'no_match', route };
    return { kind: 'planned', choice, submission: route.submission, route, ranking: route };
  }

  function planModel(
    view: CatalogView,
    modelId: string,
    spec: ClipSpec,
    routing: Routing,
    known: Knowledge,
    ranks: boolean,
  ): JobPlan {
    const { catalog } = view;
    const model = findModel(catalog, modelId);
    if (!model) return { kind: 'unknown_model', modelId, similar: findSimilar(modelId, catalog.models) };
    const evaluated = evaluateModel(model, spec, routing, known);
    if ('reasons' in evaluated) return { kind: 'unsupported', model, reasons: evaluated.reasons };
    const submission = buildSubmission(model, spec, routing);
    const ranking = ranks ? rank(catalog, spec, routing, known).ranking : null;
    return { kind: 'planned', choice: evaluated, submission, route: null, ranking };
  }

  /** Plans again where upstream says of the model the options are meant for that its provider is another. */
  async function settle<P>(
    spec: ClipSpec,
    plan: (view: CatalogView) => P,
    modelToAsk: (planned: P) => string | null,
  ): Promise<P> {
    let planned = plan(await currentView());
    if (spec.provider?.options === undefined) return planned;
    for (let plans = 1; plans < MAX_PLANS; plans++) {
      const modelId = modelToAsk(planned);
      if (modelId === null || !(await tags.learn(modelId))) break;
      planned = plan(await currentView());
    }
    return planned;
  }

  /** Checks the media of a plan that may be bought, and plans again where what was measured is part of the price. */
  async function check<P>(
    spec: ClipSpec,
    routing: Routing,
    clientId: string | undefined,
    plan: (known: Knowledge) => Promise<P>,
    judge: (planned: P) => Verdict,
  ): Promise<P> {
    const known = knowledge(clientId ?? null);
    const planned = await plan(known);
    const verdict = judge(planned);
    // What is too dear may be so only because the length of its references is unknown.
    const isMeasurable = spec.input_references?.some(({ type }) => type === 'video_url') === true;
    if (verdict === 'refused' || (verdict === 'too_dear' && !isMeasurable)) return planned;
    const { videoReferenceSeconds } = await preflight.check(spec, routing.preflight === true, clientId);
    return videoReferenceSeconds === null ? planned : plan({ ...known, videoReferenceSeconds });
  }

  return {
    planRoute: (spec, routing, clientId) =>
      check(
        spec,
        routing,
        clientId,
        (known) =>
          settle(
            spec,
            (view) => planOver(view, spec, routing, known),
            ({ route }) => route.submission?.body.model ?? null,
          ),
        ({ route }) => verdictOf(route),
      ),

    planJob: (modelId, spec, routing, clientId, ranks = false) =>
      check(
        spec,
        routing,
        clientId,
        (known) =>
          settle(
            spec,
            (view) => ({
              view,
              plan:
                modelId === undefined
                  ? planBest(view, spec, routing, known)
                  : planModel(view, modelId, spec, routing, known, ranks),
            }),
            ({ plan }) => {
              if (plan.kind === 'planned') return plan.submission.body.model;
              // Its options may be right after all, if its provider is another than was known.
              return plan.kind === 'unsupported' ? plan.model.id : null;
            },
          ),
        ({ plan }) => {
          switch (plan.kind) {
            case 'planned':
              return 'planned';
            case 'no_match':
              return verdictOf(plan.route);
            case 'unsupported':
              return isTooDear(plan.reasons) ? 'too_dear' : 'refused';
            case 'unknown_model':
              return 'refused';
          }
        },
      ),
  };
}

/** `too_dear`: of a model that could make the clip at least, its price is the only obstacle. */
type Verdict = 'planned' | 'too_dear' | 'refused';

function verdictOf({ submission, rejected }: RoutePlan): Verdict {
  if (submission) return 'planned';
  return rejected.some(({ reasons }) => isTooDear(reasons)) ? 'too_dear' : 'refused';
}

const isTooDear = (reasons: readonly Reason[]): boolean =>
  reasons.every(({ code }) => code === 'over_budget');
