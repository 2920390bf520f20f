// Every error a caller can be told about has a code here; nothing else reaches a caller by name.

/** Stable codes of our problem documents. `http/problem.ts` gives each its status. */
export type ErrorCode =
  | 'invalid_request'
  | 'malformed_body'
  | 'unauthorized'
  | 'not_found'
  | 'method_not_allowed'
  | 'request_timeout'
  | 'not_ready'
  | 'content_gone'
  | 'body_too_large'
  | 'unsupported_media_type'
  | 'range_not_satisfiable'
  | 'unknown_model'
  | 'no_matching_model'
  | 'unsupported_request'
  | 'media_unreachable'
  | 'idempotency_key_reused'
  | 'headers_too_large'
  | 'too_many_streams'
  | 'quote_changed'
  | 'quote_expired'
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
  | 'upstream_id_taken'
  | 'upstream_id_unconfirmed'
  | 'webhook_waiting'
  | 'not_resubmittable'
  | 'double_charge_not_accepted'
  | 'submissions_paused'
  | 'webhook_refused'
  | 'webhook_inbox_full'
  | 'store_unavailable'
  | 'shutting_down'
  | 'internal';

/** One thing wrong with the caller's input: where (JSON pointer into the body, or a parameter's name) and what. */
export interface InputError {
  readonly in: 'body' | 'query' | 'path' | 'header';
  readonly pointer: string;
  readonly message: string;
}

export interface ErrorDetails {
  readonly cause?: unknown;
  readonly errors?: readonly InputError[];
  /** Members added to the problem document beside the standard ones, in the names the caller reads. */
  readonly extra?: Readonly<Record<string, unknown>>;
  readonly retryAfterS?: number;
}

/** The one error class of the house: a stable code, a sentence a person can act on, and what belongs to it. */
export class ClipgateError extends Error {
  readonly code: ErrorCode;
  readonly errors: readonly InputError[];
  readonly extra: Readonly<Record<string, unknown>>;
  readonly retryAfterS: number | undefined;

  constructor(code: ErrorCode, message: string, details: ErrorDetails = {}) {
    super(message, 'cause' in details ? { cause: details.cause } : undefined);
    this.name = 'ClipgateError';
    this.code = code;
    this.errors = details.errors ?? [];
    this.extra = details.extra ?? {};
    this.retryAfterS = details.retryAfterS;
  }
}
