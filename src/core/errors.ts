// Every error that a caller can receive has a code here; nothing else reaches a caller by name.

import type { BudgetScope } from './accounts/budget.ts';
import type { Warning } from './clip/submission.ts';
import type { JobStatus } from './job/job.ts';
import type { Reason } from './routing/eligibility.ts';
import type { Rejected } from './routing/evaluate.ts';
import type { Nearest } from './routing/nearest.ts';
import type { QuotedRoute } from './routing/quoted-route.ts';
import type { UnmatchedPattern } from './routing/unmatched-patterns.ts';

/** Stable codes of our problem documents. `http/problem.ts` gives each its status. */
export type ErrorCode =
  | 'invalid_request'
  | 'malformed_body'
  | 'unauthorized'
  | 'key_expired'
  | 'key_revoked'
  | 'session_ended'
  | 'cross_origin'
  | 'scope_missing'
  | 'model_not_allowed'
  | 'key_not_active'
  | 'key_read_only'
  | 'sha256_taken'
  | 'secrets_key_missing'
  | 'not_found'
  | 'method_not_allowed'
  | 'request_timeout'
  | 'not_ready'
  | 'content_gone'
  | 'body_too_large'
  | 'unsupported_media_type'
  | 'precondition_failed'
  | 'range_not_satisfiable'
  | 'unknown_model'
  | 'no_matching_model'
  | 'unsupported_request'
  | 'unpriceable'
  | 'budget_exceeded'
  | 'media_unreachable'
  | 'idempotency_key_reused'
  | 'headers_too_large'
  | 'too_many_streams'
  | 'rate_limited'
  | 'too_many_running_jobs'
  | 'too_many_waiting_jobs'
  | 'quote_changed'
  | 'quote_expired'
  | 'quote_used'
  | 'unknown_price_not_accepted'
  | 'warnings_refused'
  | 'callback_secret_missing'
  | 'upstream_rejected'
  | 'upstream_insufficient_credits'
  | 'upstream_forbidden'
  | 'upstream_not_found'
  | 'upstream_too_large'
  | 'upstream_rate_limited'
  | 'upstream_key_invalid'
  | 'public_url_refused'
  | 'upstream_key_missing'
  | 'upstream_unreachable'
  | 'content_unavailable'
  | 'catalog_unavailable'
  | 'operator_required'
  | 'not_resolvable'
  | 'not_cancellable'
  | 'not_ended'
  | 'bill_known'
  | 'upstream_id_taken'
  | 'upstream_id_unconfirmed'
  | 'webhook_waiting'
  | 'not_resubmittable'
  | 'double_charge_not_accepted'
  | 'submissions_paused'
  | 'webhook_refused'
  | 'webhook_inbox_full'
  | 'store_unavailable'
  | 'order_given_up'
  | 'too_busy'
  | 'shutting_down'
  | 'internal';

/** One thing wrong with the caller's input: where (JSON pointer into the body, or a parameter's name) and what. */
export interface InputError {
  readonly in: 'body' | 'query' | 'path' | 'header';
  readonly pointer: string;
  readonly message: string;
}

/** The fields of an order that a clip spec does not have; each face spells them its own way. */
export type OrderField = 'modelId' | 'quote' | 'previousJobId' | 'callbackUrl';

/** A budget that an order would exceed, with every number that decided it. Money in micro-dollars. */
export interface BudgetRefusal {
  readonly id: string;
  readonly scope: BudgetScope;
  /** The limit of the present window, adjustments included. */
  readonly limitMicroUsd: number;
  readonly spentMicroUsd: number;
  readonly heldMicroUsd: number;
  readonly remainingMicroUsd: number;
  readonly neededMicroUsd: number;
  /** When the window ends, epoch milliseconds; null = never. */
  readonly resetsAt: number | null;
}

/** What an error is about. Each face shows the members it has names for, in its own spelling. */
export interface ErrorDetails {
  /** The job the error is about: the one that was refused, or the one in the way. */
  readonly jobId?: string;
  readonly jobStatus?: JobStatus;
  readonly upstreamId?: string | null;
  /** Which of upstream's limits refused, in upstream's own word for it. */
  readonly limitSource?: string;
  /** The field of an order that is wrong, and what it must be: a predicate such as `must be https`. */
  readonly field?: { readonly name: OrderField; readonly problem: string };
  /** Ids that a mistyped one may have meant. */
  readonly similarModels?: readonly string[];
  /** Why the model that was asked for cannot make the clip. */
  readonly reasons?: readonly Reason[];
  /** Every model of the catalog with its reasons, where none can make the clip. */
  readonly rejected?: readonly Rejected[];
  /** The smallest changes of the clip spec that would help. */
  readonly nearest?: readonly Nearest[];
  /** Patterns of the caller's that match no model. */
  readonly unmatched?: readonly UnmatchedPattern[];
  /** What the caller should know of an order that has no other fault. */
  readonly warnings?: readonly Warning[];
  /** What the question of a quote is answered with now; null where no model can make the clip any more. */
  readonly freshQuote?: QuotedRoute | null;
  /** The budget that the order would exceed. */
  readonly budget?: BudgetRefusal;
}

export interface ErrorOptions {
  readonly cause?: unknown;
  readonly errors?: readonly InputError[];
  readonly details?: ErrorDetails;
  readonly retryAfterS?: number;
}

/** The one error class of the gateway: a stable code, a sentence a person can act on, and what it is about. */
export class ClipgateError extends Error {
  readonly code: ErrorCode;
  readonly errors: readonly InputError[];
  readonly details: ErrorDetails;
  readonly retryAfterS: number | undefined;

  constructor(code: ErrorCode, message: string, options: ErrorOptions = {}) {
    super(message, 'cause' in options ? { cause: options.cause } : undefined);
    this.name = 'ClipgateError';
    this.code = code;
    this.errors = options.errors ?? [];
    this.details = options.details ?? {};
    this.retryAfterS = options.retryAfterS;
  }
}
