// What our own API says of an error: its sentences, its members and the places in the body, in the API's names.

import { hintOf } from '../../core/catalog/similar-models.ts';
import type {
  BudgetRefusal,
  ClipgateError,
  ErrorCode,
  ErrorDetails,
  InputError,
  OrderField,
} from '../../core/errors.ts';
import { fromMicroUsd } from '../../core/money.ts';
import type { Reason } from '../../core/routing/eligibility.ts';
import { explainUnmatched } from '../../core/routing/unmatched-patterns.ts';
import { invalidRequest, toInputError } from '../input/input-errors.ts';
import { renderNearest, renderRejected } from './render.ts';
import { writeRoute } from './route-answer.ts';

export interface ErrorAnswer {
  readonly detail: string;
  readonly errors: readonly InputError[];
  /** Members of the problem document beside the standard ones. */
  readonly members: Readonly<Record<string, unknown>>;
}

const FIELDS: Readonly<Record<OrderField, string>> = {
  modelId: 'model',
  quote: 'quote',
  previousJobId: 'previous_job_id',
  callbackUrl: 'callback_url',
};

const FRESH_PLAN = '`plan` holds a new plan with a new quote.';
const ACCEPT_DOUBLE_CHARGE = 'Send accept_double_charge: true to risk a second bill.';

/** What to do about an error, in the names of an API. */
export type Advice = { readonly [C in ErrorCode]?: (details: ErrorDetails) => string };

export const ADVICE: Advice = {
  callback_secret_missing: () =>
    'Ask its operator for one (CALLBACK_SECRETS), or leave callback_url out and use GET /jobs/{id}/events.',
  unknown_model: ({ similarModels }) => hintOf(similarModels ?? []),
  unsupported_request: ({ reasons = [] }) =>
    `See ${[...new Set(reasons.map(({ field }) => field))].join(', ')}.`,
  no_matching_model: adviseOnNoMatch,
  quote_expired: () => FRESH_PLAN,
  quote_changed: () => FRESH_PLAN,
  unknown_price_not_accepted: () => 'Send accept_unknown_price: true to buy at whatever it costs.',
  warnings_refused: () => 'Nothing was bought.',
  idempotency_key_reused: () => 'Use a new Idempotency-Key for a new intent.',
  double_charge_not_accepted: () => ACCEPT_DOUBLE_CHARGE,
  not_resubmittable: () => 'For another clip of the same kind POST /jobs.',
  budget_exceeded: describeBudget,
  upstream_unreachable: ({ jobId }) =>
    jobId === undefined ? '' : 'The same Idempotency-Key may be used again.',
};

/** The body of a problem document, as far as it hangs on what the error is about. */
export function answerError(error: ClipgateError, adviceOn: Advice = ADVICE): ErrorAnswer {
  const { code, details } = error;
  const errors = [...error.errors, ...errorsOf(details)];
  const sentence =
    code === 'invalid_request' && details.field ? invalidRequest(errors).message : error.message;
  const advice = adviceOn[code]?.(details).trim();
  return { detail: advice ? `${sentence} ${advice}` : sentence, errors, members: membersOf(details) };
}

function errorsOf({ field, reasons = [] }: ErrorDetails): InputError[] {
  return [
    ...(field ? [toInputError([FIELDS[field.name]], field.problem)] : []),
    ...reasons.map((reason) => toInputError(reason.field.split('.'), describeReason(reason))),
  ];
}

function membersOf(details: ErrorDetails): Record<string, unknown> {
  const {
    jobId,
    jobStatus,
    upstreamId,
    limitSource,
    reasons,
    rejected,
    nearest,
    warnings,
    freshQuote,
    budget,
  } = details;
  const members = {
    job_id: jobId,
    job_status: jobStatus,
    upstream_id: upstreamId,
    limit_source: limitSource,
    reasons,
    rejected: rejected?.map(renderRejected),
    nearest: nearest?.map(renderNearest),
    warnings,
    budget: budget && renderBudgetRefusal(budget),
    plan: freshQuote && JSON.parse(writeRoute(freshQuote)),
  };
  return Object.fromEntries(Object.entries(members).filter(([, value]) => value !== undefined));
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

export const renderBudgetRefusal = (budget: BudgetRefusal) => ({
  id: budget.id,
  scope: budget.scope,
  limit_usd: fromMicroUsd(budget.limitMicroUsd),
  spent_usd: fromMicroUsd(budget.spentMicroUsd),
  held_usd: fromMicroUsd(budget.heldMicroUsd),
  remaining_usd: fromMicroUsd(budget.remainingMicroUsd),
  needed_usd: fromMicroUsd(budget.neededMicroUsd),
  resets_at: budget.resetsAt === null ? null : new Date(budget.resetsAt).toISOString(),
});

function describeBudget({ budget }: ErrorDetails): string {
  if (!budget) return '';
  const usd = (microUsd: number) => `$${fromMicroUsd(microUsd)}`;
  const { scope } = budget;
  const whose = scope.kind === 'all' ? 'of all clients' : `of ${scope.kind} ${scope.id}`;
  const resets = budget.resetsAt === null ? '' : ` It resets at ${new Date(budget.resetsAt).toISOString()}.`;
  return (
    `Budget ${budget.id} ${whose} has ${usd(Math.max(0, budget.remainingMicroUsd))} left of ${usd(budget.limitMicroUsd)} ` +
    `(${usd(budget.spentMicroUsd)} spent, ${usd(budget.heldMicroUsd)} held), this order may cost ${usd(budget.neededMicroUsd)}.${resets}`
  );
}

function adviseOnNoMatch({ nearest = [], unmatched = [] }: ErrorDetails): string {
  const [change] = nearest;
  const hint = change ? `With ${describeChange(change.change)}, ${change.admits.length} of them can.` : '';
  return `${hint}${explainUnmatched(unmatched)}`;
}

const describeChange = (change: Readonly<Record<string, unknown>>) =>
  Object.entries(change)
    .map(([field, value]) => (value === null ? `no ${field}` : `${field} ${JSON.stringify(value)}`))
    .join(' and ');
