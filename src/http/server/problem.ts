// The one way out for errors: every failure becomes an RFC 9457 problem document, and no inner text leaves with a 500.

import { STATUS_CODES } from 'node:http';
import type { FastifyError, FastifyReply, FastifyRequest } from 'fastify';
import { ClipgateError, type ErrorCode } from '../../core/errors.ts';

const statusOf = {
  invalid_request: 400,
  malformed_body: 400,
  unauthorized: 401,
  not_found: 404,
  method_not_allowed: 405,
  request_timeout: 408,
  not_ready: 409,
  content_gone: 410,
  body_too_large: 413,
  unsupported_media_type: 415,
  range_not_satisfiable: 416,
  unknown_model: 422,
  no_matching_model: 422,
  unsupported_request: 422,
  media_unreachable: 422,
  idempotency_key_reused: 422,
  headers_too_large: 431,
  too_many_streams: 429,
  quote_changed: 409,
  quote_expired: 409,
  callback_secret_missing: 422,
  upstream_rejected: 400,
  upstream_insufficient_credits: 402,
  upstream_forbidden: 403,
  upstream_not_found: 404,
  upstream_too_large: 413,
  upstream_rate_limited: 429,
  upstream_key_invalid: 502,
  public_url_refused: 502,
  upstream_key_missing: 503,
  upstream_unreachable: 503,
  content_unavailable: 502,
  catalog_unavailable: 503,
  operator_required: 403,
  not_resolvable: 409,
  upstream_id_taken: 409,
  upstream_id_unconfirmed: 409,
  webhook_waiting: 409,
  not_resubmittable: 409,
  double_charge_not_accepted: 409,
  submissions_paused: 503,
  webhook_refused: 403,
  webhook_inbox_full: 503,
  store_unavailable: 503,
  shutting_down: 503,
  internal: 500,
} satisfies Record<ErrorCode, number>;

export const PROBLEM_TYPE = 'application/problem+json; charset=utf-8';

/** A problem document as it is sent. */
export interface Problem {
  readonly type: string;
  readonly title: string;
  readonly status: number;
  readonly detail: string;
  readonly code: ErrorCode;
  /** The request id, as in the `x-request-id` header and the log. */
  readonly instance: string;
  readonly [member: string]: unknown;
}

/** @param status where a route answers this code with another status than usual. */
export function toProblem(
  error: ClipgateError,
  requestId: string,
  status: number = statusOf[error.code],
): Problem {
  const internal = error.code === 'internal';
  return {
    // First, so that no member of one error can take the place of one that all have.
    ...error.extra,
    type: `urn:clipgate:problem:${error.code}`,
    title: STATUS_CODES[status] ?? 'Error',
    status,
    detail: internal ? 'Something went wrong here. It has been logged under the request id.' : error.message,
    code: error.code,
    instance: requestId,
    ...(error.errors.length > 0 ? { errors: error.errors } : {}),
    ...(error.retryAfterS === undefined ? {} : { retry_after_s: error.retryAfterS }),
  };
}

/** Sends a problem with the headers that belong to it. */
export function sendProblem(reply: FastifyReply, error: ClipgateError, status?: number): FastifyReply {
  const problem = toProblem(error, reply.request.id, status);
  if (error.retryAfterS !== undefined) reply.header('retry-after', String(error.retryAfterS));
  if (problem.status === 401) reply.header('www-authenticate', 'Bearer realm="clipgate"');
  // A hook has named the request to the caller already, except where Fastify answers before any runs.
  reply.header('x-request-id', problem.instance);
  // 404, 405 and 410 may be kept by anybody unless told otherwise.
  reply.header('cache-control', 'no-store');
  // Fastify would close the connection under a client that is still sending, who then sees a broken pipe in place of
  // this answer. What is left of the body is read and thrown away, for as long as the request timeout lets it.
  if (error.code === 'body_too_large') reply.removeHeader('connection');
  return reply.code(problem.status).header('content-type', PROBLEM_TYPE).send(JSON.stringify(problem));
}

/** Fastify's own refusals, in our codes. */
const FASTIFY_CODES: Readonly<Record<string, readonly [ErrorCode, string]>> = {
  FST_ERR_CTP_INVALID_JSON_BODY: ['malformed_body', 'The body is not valid JSON.'],
  FST_ERR_CTP_EMPTY_JSON_BODY: ['malformed_body', 'The body is empty: send a JSON object.'],
  FST_ERR_CTP_INVALID_CONTENT_LENGTH: ['malformed_body', 'The body is not as long as Content-Length says.'],
  FST_ERR_CTP_BODY_TOO_LARGE: ['body_too_large', 'The body is larger than this route takes.'],
  FST_ERR_CTP_INVALID_MEDIA_TYPE: ['unsupported_media_type', 'Send the body as application/json.'],
  FST_ERR_CTP_INVALID_TYPE: ['unsupported_media_type', 'Send the body as application/json.'],
  FST_ERR_BAD_URL: ['not_found', 'There is nothing here.'],
  FST_ERR_MAX_PARAM_LENGTH: ['not_found', 'There is nothing here.'],
};

/** Gives any thrown thing its code. What we did not foresee is `internal`. */
function asClipgateError(thrown: unknown): ClipgateError {
  if (thrown instanceof ClipgateError) return thrown;
  const { code, statusCode } = (thrown ?? {}) as Partial<FastifyError>;
  const known = code === undefined ? undefined : FASTIFY_CODES[code];
  if (known) return new ClipgateError(known[0], known[1], { cause: thrown });
  // The JSON parser refuses __proto__ and the like with a plain SyntaxError.
  if (statusCode === 400)
    return new ClipgateError('malformed_body', 'The request cannot be read.', { cause: thrown });
  return new ClipgateError('internal', 'unexpected error', { cause: thrown });
}

/** Fastify's error handler for every scope that speaks problem+json. */
export function handleError(thrown: unknown, request: FastifyRequest, reply: FastifyReply): FastifyReply {
  const error = asClipgateError(thrown);
  if (statusOf[error.code] >= 500) {
    const ours = error.code === 'internal' || error.code === 'store_unavailable';
    request.log[ours ? 'error' : 'warn'](
      { err: ours ? thrown : undefined, code: error.code },
      'request failed',
    );
  }
  return sendProblem(reply, error);
}
