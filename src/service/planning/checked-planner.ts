// A planner whose plans are held against the world before they are answered: the provider's slugs, the media's URLs.

import type { ClipSpec } from '../../core/clip/clip-spec.ts';
import type { Planner } from './planner.ts';
import type { Preflight } from './preflight.ts';
import type { ProviderTags } from './provider-tags.ts';

export interface CheckedPlannerParts {
  /** Plans over catalogs annotated by `tags`. */
  readonly planner: Planner;
  readonly tags: Pick<ProviderTags, 'learn'>;
  readonly preflight: Preflight;
}

// What is learned of one model may hand the first place to another, which is then asked about in turn.
const MAX_PLANS = 4;

/**
 * Its plans @throws ClipgateError media_unreachable besides, where preflight is asked for. A plan that buys nothing
 * is not checked: its reasons are known without asking anybody.
 */
export function createCheckedPlanner({ planner, tags, preflight }: CheckedPlannerParts): Planner {
  /** Plans again where upstream says of the model the options are meant for that its provider is another. */
  async function settle<P>(
    spec: ClipSpec,
    plan: () => Promise<P>,
    modelToAsk: (planned: P) => string | null,
  ): Promise<P> {
    let planned = await plan();
    if (spec.provider?.options === undefined) return planned;
    for (let plans = 1; plans < MAX_PLANS; plans++) {
      const modelId = modelToAsk(planned);
      if (modelId === null || !(await tags.learn(modelId))) break;
      planned = await plan();
    }
    return planned;
  }

  return {
    async planRoute(spec, routing) {
      const planned = await settle(
        spec,
        () => planner.planRoute(spec, routing),
        ({ route }) => route.submission?.body.model ?? null,
      );
      if (planned.route.submission) await preflight.check(spec, routing.preflight === true);
      return planned;
    },

    async planJob(modelId, spec, routing) {
      const planned = await settle(
        spec,
        () => planner.planJob(modelId, spec, routing),
        ({ plan }) => {
          if (plan.kind === 'planned') return plan.submission.body.model;
          // Its options may be right after all, if its provider is another than was known.
          return plan.kind === 'unsupported' ? plan.model.id : null;
        },
      );
      if (planned.plan.kind === 'planned') await preflight.check(spec, routing.preflight === true);
      return planned;
    },
  };
}
