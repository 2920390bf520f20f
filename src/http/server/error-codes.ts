// Every error code with its status, what it means and what a caller does about it: one table for answers and documents.

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
    'A field or parameter is wrong or unknown.',
    'Fix the fields listed in `errors`.',
  ),
  malformed_body: entry(
    400,
    'The body is not one JSON object, or has a duplicate key.',
    'Send a JSON object without duplicate keys.',
  ),
  upstream_rejected: entry(
    400,
    'OpenRouter rejected the input; its message is in `detail`.',
    'Fix the input.',
  ),
  unauthorized: entry(
    401,
    'No key was sent, or the key is unknown; `detail` says which.',
    'Send a client key of this gateway as `Authorization: Bearer <key>`.',
  ),
  key_expired: entry(401, 'The key has expired; `detail` names its id.', 'Use a newer key.'),
  key_revoked: entry(401, 'The key was revoked; `detail` names its id.', 'Ask the operator for another key.'),
  session_ended: entry(
    401,
    'The session of the console has ended: it is too old, was not used for long, or was signed out.',
    'Sign in again with a key: `POST /console/session`.',
  ),
  budget_exceeded: entry(
    402,
    'The order does not fit into a budget; `budget` names it with its limit, what is spent, held and needed, and when it resets. Nothing was bought.',
    'Order a cheaper clip, wait until `budget.resets_at`, or ask an operator to raise the budget. Not solved by a retry.',
  ),
  upstream_insufficient_credits: entry(
    402,
    'OpenRouter answered 402. `limit_source` says which limit: the credits of the account, the limit of the key, or the budget for requests in flight.',
    'In-flight budget (`openrouter_in_flight_budget`): retry after `Retry-After`. Otherwise the operator adds credits or raises the limit.',
  ),
  upstream_forbidden: entry(
    403,
    'OpenRouter forbids the request; its message is in `detail`.',
    'Change the input, or ask the operator.',
  ),
  operator_required: entry(403, 'The route is for operators.', 'Send an operator key.'),
  scope_missing: entry(403, 'The key may only read.', 'Send a key that may write.'),
  model_not_allowed: entry(
    403,
    'The key, or its client, may not use this model.',
    'Use another model, or ask the operator to allow this one.',
  ),
  cross_origin: entry(
    403,
    'A browser with a session, or where no key is asked for, asks for a change from a page that is not of this gateway; or a page of another site asks `/mcp`.',
    'Use the console at the address of this gateway; elsewhere send a key. Behind a proxy, pass `Host` on or set `PUBLIC_URL`.',
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
    'Check the model; see `GET /models`.',
  ),
  method_not_allowed: entry(405, 'The URL does not support this method.', 'Use a method listed in `Allow`.'),
  request_timeout: entry(408, 'The request took too long to arrive.', 'Send the request again, faster.'),
  key_not_active: entry(
    409,
    'The key is revoked, has expired, or was rotated already.',
    'Create another key, or rotate the one in its place.',
  ),
  key_read_only: entry(
    409,
    'The key is named by a variable (`CLIENT_KEYS`, `OPERATOR_KEYS`).',
    'Change the variable and restart, or create a key with `POST /keys`.',
  ),
  sha256_taken: entry(409, 'A key with this `sha256` exists already.', 'Make another key.'),
  not_ready: entry(409, 'The clip does not exist yet.', 'Request the clip when the job is `completed`.'),
  not_cancellable: entry(
    409,
    'The job is no longer `queued`: a byte of it may have left.',
    'Wait until the job has ended.',
  ),
  not_ended: entry(409, 'The job has not ended.', 'Wait until `ended` is true, or cancel a `queued` job.'),
  bill_known: entry(
    409,
    'The bill of the job is known.',
    'Nothing: a bill on record is not written over. Adjust a budget with `POST /budgets/{id}/adjustments`.',
  ),
  not_resolvable: entry(
    409,
    'The job is not in `submission_unknown`.',
    'Resolve only jobs with an unknown outcome.',
  ),
  upstream_id_taken: entry(409, 'Another job has this upstream id.', 'Check the id.'),
  upstream_id_unconfirmed: entry(
    409,
    'OpenRouter does not confirm this upstream id.',
    'Check the id in the OpenRouter activity log.',
  ),
  webhook_waiting: entry(409, 'A webhook for this job is being verified.', 'Retry in a moment.'),
  not_resubmittable: entry(
    409,
    'The job is still running, or has its clip.',
    'Wait for the job to end, or create a new job.',
  ),
  double_charge_not_accepted: entry(
    409,
    'The job was bought, or may have been bought.',
    'Send `accept_double_charge: true` if a second bill is acceptable.',
  ),
  quote_changed: entry(
    409,
    'The purchase would differ from the quote.',
    'Review `plan`, and send the request with its new quote.',
  ),
  unknown_price_not_accepted: entry(
    409,
    'The quote has no ceiling, because the price is unknown.',
    'Send `accept_unknown_price: true` to buy at whatever it costs.',
  ),
  warnings_refused: entry(
    422,
    'The order is strict (`strict: true` or `STRICT_WARNINGS`) and has `warnings`. Nothing was bought.',
    'Change what the warnings name, or send `strict: false`.',
  ),
  quote_expired: entry(
    409,
    'The quote is older than ten minutes.',
    'Review `plan`, and send the request with its new quote.',
  ),
  quote_used: entry(
    409,
    'The quote was used with another idempotency key. Nothing was bought by this request.',
    'Use that key again to get its job, or quote the clip again to buy another.',
  ),
  content_gone: entry(410, 'The job has no clip, or the clip is no longer available.', 'Do not retry.'),
  precondition_failed: entry(
    412,
    'The clip is not the one that `If-Match` names.',
    'Read the clip again, or leave out `If-Match`.',
  ),
  body_too_large: entry(
    413,
    'The body is larger than the route accepts: 32 MB on `/route` and `/jobs`, 4 MB on `/mcp`.',
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
    'Use the length in `Content-Range`.',
  ),
  unknown_model: entry(422, 'The catalog has no such model.', 'Use an id from `GET /models`.'),
  no_matching_model: entry(
    422,
    'No model can make this clip within its limits.',
    'See `rejected` for the reasons and `nearest` for changes that help.',
  ),
  unpriceable: entry(
    422,
    'What the clip may cost is unknown, where a hard budget, or a quote to buy by, needs a price. Nothing was bought.',
    'Name a model whose price is known, or ask an operator to set `unpriced_hold_usd` on the budget.',
  ),
  unsupported_request: entry(
    422,
    'The named model cannot make this clip.',
    'See `reasons`, or leave out `model`.',
  ),
  media_unreachable: entry(
    422,
    'The preflight check found a media URL that is unreachable or not of its declared type. Nothing was bought.',
    'Fix the URLs listed in `errors`.',
  ),
  idempotency_key_reused: entry(
    422,
    'The `Idempotency-Key` was used with another body.',
    'Use a new key for a new body.',
  ),
  secrets_key_missing: entry(
    422,
    'The gateway has no key to protect stored secrets with.',
    'The operator sets `SECRETS_KEY`, or names the secret in `CALLBACK_SECRETS`.',
  ),
  callback_secret_missing: entry(
    422,
    'The client has no secret to sign callbacks with.',
    'Ask the operator for a secret (`CALLBACK_SECRETS`), or leave out `callback_url`.',
  ),
  upstream_rate_limited: entry(
    429,
    'OpenRouter or a provider limits the rate.',
    'Retry after `Retry-After`, or send `Prefer: respond-async`.',
  ),
  rate_limited: entry(
    429,
    'Too many requests a minute with this key, of this client, or with wrong keys from this address.',
    'Retry after `Retry-After`; see `RateLimit`.',
  ),
  too_many_running_jobs: entry(
    429,
    'As many jobs run as the key, or its client, may have running. Nothing was bought.',
    'Retry after `Retry-After`, or send `Prefer: respond-async`: the job then waits as `queued`.',
  ),
  too_many_streams: entry(
    429,
    'Too many event streams, waits (`Prefer: wait`) or calls of `wait_for_job` are open.',
    'Close streams that are no longer needed.',
  ),
  headers_too_large: entry(
    431,
    'The headers or the URL are too large.',
    'Send fewer headers, or a shorter URL.',
  ),
  internal: entry(500, 'Internal server error.', 'Report `instance` to the operator.'),
  upstream_key_invalid: entry(
    502,
    'OpenRouter rejects the key of this gateway.',
    'The operator replaces `OPENROUTER_API_KEY`.',
  ),
  public_url_refused: entry(
    502,
    'OpenRouter rejects `PUBLIC_URL` as a webhook address. Nothing was bought.',
    'The operator sets `PUBLIC_URL` to a public https address, or unsets it.',
  ),
  content_unavailable: entry(502, 'The clip could not be downloaded from OpenRouter.', 'Retry later.'),
  upstream_key_missing: entry(
    503,
    'The gateway has no OpenRouter key.',
    'The operator sets `OPENROUTER_API_KEY`.',
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
  submissions_paused: entry(
    503,
    'The circuit breaker paused submissions: too many recent requests had an unknown outcome.',
    'Retry after `Retry-After`.',
  ),
  webhook_inbox_full: entry(
    503,
    'Too many webhooks wait for verification.',
    'Nothing: OpenRouter retries the webhook.',
  ),
  catalog_unavailable: entry(503, 'The model catalog has not been loaded yet.', 'Retry shortly.'),
  too_busy: entry(
    503,
    'Too many large bodies are being read at once, of this client or of all. Nothing was bought.',
    'Retry after `Retry-After` with the same `Idempotency-Key`; send fewer large bodies at once.',
  ),
  shutting_down: entry(503, 'This process is shutting down.', 'Retry: another process takes over.'),
} as const satisfies Record<ErrorCode, ErrorCodeEntry>;
