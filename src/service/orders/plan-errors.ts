// Why a clip cannot be bought, as errors that carry every reason.

import { ClipgateError } from '../../core/errors.ts';
import type { RoutePlan } from '../../core/routing/plan-route.ts';
import type { JobPlan } from '../planning/planner.ts';

/** Why a plan buys nothing: unknown_model, unsupported_request or no_matching_model. */
export function unplannable(plan: Exclude<JobPlan, { kind: 'planned' }>): ClipgateError {
  switch (plan.kind) {
    case 'unknown_model':
      return new ClipgateError('unknown_model', `The catalog has no model ${plan.modelId}.`, {
        details: {
          field: { name: 'modelId', problem: 'is not in the catalog' },
          similarModels: plan.similar,
        },
      });
    case 'unsupported':
      return new ClipgateError('unsupported_request', `${plan.model.id} cannot make this clip.`, {
        details: { reasons: plan.reasons },
      });
    case 'no_match':
      return noMatchingModel(plan.route);
  }
}

/** No model can make the clip: every reason, and the smallest changes that would help. */
export const noMatchingModel = ({ rejected, nearest, idlePatterns }: RoutePlan): ClipgateError =>
  new ClipgateError('no_matching_model', `None of ${rejected.length} models can make this clip.`, {
    details: { rejected, nearest, unmatched: idlePatterns },
  });
