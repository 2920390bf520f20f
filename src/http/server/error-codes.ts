// Every error code with its status, its meaning and its remedy: one table for answers and documents.

import type { ErrorCode } from '../../core/errors.ts';

export interface ErrorCodeEntry {
  readonly status: number;
  readonly meaning: string;
  /** What a caller does about it. */
  readonly remedy: string;
}

const entry = (status: number, meaning: string, remedy: string): ErrorCodeEntry => ({
  status,
  meaning,
  remedy,
});

export const ERROR_CODES = {
  invalid_request: entry(
    400,
    'A field or parameter is invalid or unknown.',
    'Correct the fields listed in `errors`.',
  ),
  malformed_body: entry(
    400,
    'The body is not a JSON object, or a key appears twice.',
    'Send a JSON object without duplicate keys.',
  ),
  upstream_rejected: entry(
    400,
    'OpenRouter rejected the input; `detail` has its message.',
    'Correct the input.',
  ),
  unauthorized: entry(
    401,
    'The request has no key, or an unknown one; `detail` says which.',
    'Send a client key of this gateway as `Authorization: Bearer <key>`.',
  ),
  key_expired: entry(
    401,
    'The key has expired; `detail` has its id.',
    'Send a newer key, or ask the operator for one.',
  ),
  key_revoked: entry(
    401,
    'An operator revoked the key; `detail` has its id.',
    'Ask the operator for another key.',
  ),
  session_ended: entry(
    401,
    'The console session has ended: it is older than 12 hours, was unused for 2 hours, was signed out, or its key is no longer valid.',
    'Sign in again with a key: `POST /console/session`.',
  ),
  budget_exceeded: entry(
    402,
    'The order would exceed a budget. `budget` has its limit, what is spent and held, what the order needs, and when it resets. Nothing was bought.',
    'Order a cheaper clip, wait until `budget.resets_at`, or ask an operator to raise the budget. A retry alone does not help.',
  ),
  upstream_insufficient_credits: entry(
    402,
    'OpenRouter answered 402. `limit_source` says which limit is reached: the credits of the account, the limit of the key, or the budget for requests in flight.',
    'For `openrouter_in_flight_budget`, retry after `Retry-After`. Otherwise ask the operator to add credits or raise the limit.',
  ),
  upstream_forbidden: entry(
    403,
    'OpenRouter forbids the request; `detail` has its message.',
    'Change the input, or ask the operator.',
  ),
  operator_required: entry(403, 'Only operators may use the route.', 'Send an operator key.'),
  scope_missing: entry(
    403,
    'The key lacks the scope that the route requires.',
    'Send a key with that scope; `detail` names it.',
  ),
  model_not_allowed: entry(
    403,
    'The key or its client is not allowed to use this model.',
    'Use another model, or ask the operator to allow this one.',
  ),
  cross_origin: entry(
    403,
    'A browser sent the request from a page of another site: a change with a console session or without any key, or a request to `/mcp`.',
    'Use the console at the address of this gateway; from elsewhere, send a key. Behind a proxy, forward `Host` or set `PUBLIC_URL`.',
  ),
  webhook_refused: entry(403, 'The webhook has no valid signature.', 'Check `OPENROUTER_WEBHOOK_SECRET`.'),
  not_found: entry(
    404,
    'The resource does not exist, or belongs to another client.',
    'Check the URL and the key.',
  ),
  upstream_not_found: entry(
    404,
    'OpenRouter does not know what the request names.',
    'Check the model id; `GET /models` lists them.',
  ),
  method_not_allowed: entry(405, 'The URL does not support this method.', 'Use a method listed in `Allow`.'),
  request_timeout: entry(
    408,
    'The request did not arrive in time.',
    'Send the request again over a faster connection.',
  ),
  key_not_active: entry(
    409,
    'The key is revoked, expired, or already rotated.',
    'Rotate the key that replaced it (`replaced_by`), or create a new key.',
  ),
  key_read_only: entry(
    409,
    'The key is set in `CLIENT_KEYS` or `OPERATOR_KEYS`.',
    'Change the variable and restart, or create a key with `POST /keys`.',
  ),
  sha256_taken: entry(409, 'A key with this `sha256` exists already.', 'Generate another key.'),
  not_ready: entry(409, 'The clip does not exist yet.', 'Request the clip when the job is `completed`.'),
  not_cancellable: entry(
    409,
    'The job is no longer `queued`: it may have been sent to OpenRouter.',
    'Wait until the job has ended.',
  ),
  not_ended: entry(409, 'The job has not ended.', 'Wait until `ended` is true, or cancel a `queued` job.'),
  bill_known: entry(
    409,
    'The bill of the job is already known and cannot be changed.',
    'To correct a budget, use `POST /budgets/{id}/adjustments`.',
  ),
  not_resolvable: entry(
    409,
    'The job is neither in `submission_unknown` nor does it have an unclear status at OpenRouter.',
    'Resolve only jobs with an unknown outcome.',
  ),
  upstream_id_taken: entry(409, 'Another job already has this upstream id.', 'Check the id.'),
  upstream_id_unconfirmed: entry(
    409,
    'OpenRouter does not know this upstream id.',
    'Check the id in the OpenRouter activity log.',
  ),
  webhook_waiting: entry(409, 'The gateway is verifying a webhook for this job.', 'Retry in a moment.'),
  not_resubmittable: entry(
    409,
    'The job is still running, already has its clip, or its request was erased.',
    'Wait for the job to end, or create a new job.',
  ),
  double_charge_not_accepted: entry(
    409,
    'The clip of this job was bought, or may have been.',
    'Send `accept_double_charge: true` if a second bill is acceptable.',
  ),
  quote_changed: entry(
    409,
    'The purchase would differ from the quote.',
    'Review `plan`, and send the request with its new quote.',
  ),
  unknown_price_not_accepted: entry(
    409,
    'The quote has no price ceiling, because the price is unknown.',
    'Send `accept_unknown_price: true` to buy at any price.',
  ),
  warnings_refused: entry(
    422,
    'The order has `warnings`, and `strict: true` or `STRICT_WARNINGS` refuses such orders. Nothing was bought.',
    'Change the fields that the warnings name, or send `strict: false`.',
  ),
  quote_expired: entry(
    409,
    'The quote is older than ten minutes.',
    'Review `plan`, and send the request with its new quote.',
  ),
  quote_used: entry(
    409,
    'The quote was already used with another `Idempotency-Key`. This request bought nothing.',
    'Send the first key again to get its job, or request a new quote to buy another clip.',
  ),
  content_gone: entry(410, 'The job has no clip, or the clip is no longer available.', 'Do not retry.'),
  precondition_failed: entry(
    412,
    'The ETag of the clip does not match `If-Match`.',
    'Download the clip again from the beginning, or leave out `If-Match`.',
  ),
  body_too_large: entry(
    413,
    'The body exceeds the limit of the route: 32 MB on `/route` and `/jobs`, 4 MB on `/mcp`.',
    'Send a smaller body; send media as URLs.',
  ),
  upstream_too_large: entry(
    413,
    'OpenRouter rejected the body as too large.',
    'Send a smaller body; send media as URLs.',
  ),
  unsupported_media_type: entry(415, 'The body is not JSON.', 'Send `Content-Type: application/json`.'),
  range_not_satisfiable: entry(
    416,
    'The requested range lies outside the clip.',
    'Request a range within the length in `Content-Range`.',
  ),
  unknown_model: entry(422, 'The catalog has no model with this id.', 'Use an id from `GET /models`.'),
  no_matching_model: entry(
    422,
    'No model can make this clip within its limits.',
    'See `rejected` for the reasons and `nearest` for changes that help.',
  ),
  unpriceable: entry(
    422,
    'The price of the clip is unknown, but a hard budget or a binding quote requires one. Nothing was bought.',
    'Choose a model whose price is known, or ask an operator to set `unpriced_hold_usd` on the budget.',
  ),
  unsupported_request: entry(
    422,
    'The named model cannot make this clip.',
    'See `reasons`, or leave out `model`.',
  ),
  media_unreachable: entry(
    422,
    'The preflight check found a media URL that is unreachable or has another type than declared. Nothing was bought.',
    'Correct the URLs listed in `errors`.',
  ),
  idempotency_key_reused: entry(
    422,
    'This `Idempotency-Key` was already used with another body.',
    'Send a new key with a new body.',
  ),
  secrets_key_missing: entry(
    422,
    'The gateway has no key to encrypt stored secrets with.',
    'Set `SECRETS_KEY`, or put the secret in `CALLBACK_SECRETS`.',
  ),
  callback_secret_missing: entry(
    422,
    'The client has no secret to sign callbacks with.',
    'Ask the operator for a secret (`CALLBACK_SECRETS`), or leave out `callback_url`.',
  ),
  upstream_rate_limited: entry(
    429,
    'OpenRouter or a provider limits the request rate.',
    'Retry after `Retry-After`, or send `Prefer: respond-async`.',
  ),
  rate_limited: entry(
    429,
    'Too many requests per minute with this key or of this client, or too many invalid keys from this address.',
    'Retry after `Retry-After`. The `RateLimit` header shows what is left.',
  ),
  too_many_running_jobs: entry(
    429,
    'The key or its client has reached its limit of running jobs (`max_running_jobs`). Nothing was bought.',
    'Retry after `Retry-After`, or send `Prefer: respond-async` to queue the job.',
  ),
  too_many_waiting_jobs: entry(
    429,
    'As many jobs wait for others to end as the key, or its client, may have waiting. Nothing was bought.',
    'Retry after `Retry-After`, when some have been sent; cancel those that are no longer wanted.',
  ),
  too_many_streams: entry(
    429,
    'The client has too many open event streams, waits (`Prefer: wait`) or calls of `wait_for_job`.',
    'Close streams that you no longer need.',
  ),
  headers_too_large: entry(
    431,
    'The headers or the URL are too large.',
    'Send fewer headers, or a shorter URL.',
  ),
  internal: entry(
    500,
    'Internal server error.',
    'Report `instance` to the operator; the log has the cause under that id.',
  ),
  upstream_key_invalid: entry(
    502,
    'OpenRouter rejects the API key of this gateway.',
    'The operator must replace `OPENROUTER_API_KEY`.',
  ),
  public_url_refused: entry(
    502,
    'OpenRouter rejects `PUBLIC_URL` as a webhook address. Nothing was bought.',
    'The operator must set `PUBLIC_URL` to a public https address, or unset it.',
  ),
  content_unavailable: entry(502, 'The clip could not be downloaded from OpenRouter.', 'Retry later.'),
  upstream_key_missing: entry(
    503,
    'The gateway has no OpenRouter API key.',
    'The operator must set `OPENROUTER_API_KEY`.',
  ),
  upstream_unreachable: entry(
    503,
    'OpenRouter could not be reached. Nothing was sent.',
    'Retry after `Retry-After`.',
  ),
  store_unavailable: entry(
    503,
    'The database is unavailable.',
    'Retry after `Retry-After` with the same `Idempotency-Key`.',
  ),
  order_given_up: entry(
    503,
    'An order without an `Idempotency-Key` was not on record in time, and an identical one took its place. Nothing was bought.',
    'Send the order again.',
  ),
  submissions_paused: entry(
    503,
    'The circuit breaker or an operator paused submissions; `detail` says which. Nothing was bought.',
    'Retry after `Retry-After` with the same `Idempotency-Key`.',
  ),
  webhook_inbox_full: entry(
    503,
    'Too many webhooks are waiting for verification.',
    'No action is needed: OpenRouter sends the webhook again.',
  ),
  catalog_unavailable: entry(503, 'The model catalog has not been loaded yet.', 'Retry shortly.'),
  too_busy: entry(
    503,
    'Too many large bodies are in memory at once, of this client or of all. Nothing was bought.',
    'Retry after `Retry-After` with the same `Idempotency-Key`; send fewer large bodies at once.',
  ),
  shutting_down: entry(
    503,
    'This process is shutting down.',
    'Retry: another replica, or the restarted process, answers.',
  ),
} as const satisfies Record<ErrorCode, ErrorCodeEntry>;
