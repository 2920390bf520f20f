// Renders the reasons why a clip cannot be bought.

import { hintOf } from '../../core/catalog/similar-models.ts';
import { ClipgateError } from '../../core/errors.ts';
import type { Reason } from '../../core/routing/eligibility.ts';
import type { RoutePlan } from '../../core/routing/plan-route.ts';
import { explainUnmatched } from '../../core/routing/unmatched-patterns.ts';
import type { JobPlan } from '../../service/planning/planner.ts';
import { toInputError } from '../input/input-errors.ts';
import { renderRejected } from './render.ts';

/** The error of a job that cannot be planned. */
export function unplannable(plan: Exclude<JobPlan, { kind: 'planned' }>): ClipgateError {
  switch (plan.kind) {
    case 'unknown_model': {
      const detail = `The catalog has no model ${plan.modelId}. ${hintOf(plan.similar)}`;
      return new ClipgateError('unknown_model', detail, {
        errors: [toInputError(['model'], 'is not in the catalog')],
      });
    }
    case 'unsupported': {
      const fields = [...new Set(plan.reasons.map((reason) => reason.field))].join(', ');
      return new ClipgateError(
        'unsupported_request',
        `${plan.model.id} cannot make this clip: see ${fields}.`,
        {
          errors: plan.reasons.map((reason) => toInputError(reason.field.split('.'), describeReason(reason))),
          extra: { reasons: plan.reasons },
        },
      );
    }
    case 'no_match':
      return noMatchingModel(plan.route);
  }
}

function describeReason({ code, requested, supported }: Reason): string {
  if (code === 'unsupported_passthrough') {
    const taken = supported?.join(', ') || 'none';
    return `this model does not support ${[requested].flat().join(', ')}; supported options: ${taken}`;
  }
  if (code === 'over_budget') return `over budget: this clip costs up to ${supported?.[0]} dollars`;
  if (code === 'too_slow') return `too slow: the 90th percentile for this clip is ${supported?.[0]} s`;
  if (code === 'unsupported_audio') return 'this model generates no audio: omit the field or send false';
  const words = code.replaceAll('_', ' ');
  return supported && supported.length > 0 ? `${words}: this model has ${supported.join(', ')}` : words;
}

/** No model can make the clip: every reason, and the smallest changes that would help. */
export function noMatchingModel(route: RoutePlan): ClipgateError {
  const [change] = route.nearest;
  const hint = change ? ` With ${describe(change.change)}, ${change.admits.length} of them can.` : '';
  return new ClipgateError(
    'no_matching_model',
    `None of ${route.rejected.length} models can make this clip.${hint}${explainUnmatched(route.idlePatterns)}`,
    {
      extra: { rejected: route.rejected.map(renderRejected), nearest: route.nearest },
    },
  );
}

const describe = (change: Readonly<Record<string, unknown>>) =>
  Object.entries(change)
    .map(([field, value]) => (value === null ? `no ${field}` : `${field} ${JSON.stringify(value)}`))
    .join(' and ');
