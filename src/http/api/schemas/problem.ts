// The schema of every error response, and the declaration of those that a route can return.

import { z } from 'zod';

const FaultSchema = z.object({
  in: z.enum(['body', 'query', 'path', 'header']),
  pointer: z.string().describe('JSON pointer (RFC 6901) to the invalid field.'),
  message: z.string(),
});

const ProblemSchema = z
  .looseObject({
    type: z.string(),
    title: z.string(),
    status: z.int(),
    detail: z.string().describe('What is wrong, and what would be accepted; for people.'),
    code: z.string().describe('Stable; branch on this.'),
    instance: z.string().describe('The request id, as in X-Request-Id.'),
    errors: z.array(FaultSchema).optional(),
    retry_after_s: z.number().optional(),
    job_id: z.string().optional(),
  })
  .meta({
    id: 'Problem',
    description: 'RFC 9457 problem document.',
    examples: [
      {
        type: 'urn:clipgate:problem:invalid_request',
        title: 'Bad Request',
        status: 400,
        detail: '/duration must be a whole number, not a string.',
        code: 'invalid_request',
        instance: 'req_8f1d2c',
        errors: [{ in: 'body', pointer: '/duration', message: 'must be a whole number, not a string' }],
      },
    ],
  });

const MEANINGS = {
  400: 'Invalid request: `invalid_request`, `malformed_body`, or OpenRouter rejected the input.',
  401: 'The key is missing or unknown (`unauthorized`), or it is `key_expired` or `key_revoked`.',
  402: 'A budget has no room: `budget_exceeded`; or OpenRouter answered 402: `upstream_insufficient_credits`; `limit_source` says which limit.',
  403: 'Forbidden by OpenRouter (`upstream_forbidden`) or to this key: `operator_required`, `scope_missing`, `model_not_allowed`.',
  404: 'The resource does not exist, or belongs to another client: `not_found`.',
  405: 'Method not allowed: `method_not_allowed`; see `Allow`.',
  408: 'The request took too long to arrive: `request_timeout`.',
  409: 'Conflict with the current state: `not_ready`, or another `code`.',
  410: 'The clip is no longer available: `content_gone`.',
  412: 'The clip is not the one that `If-Match` names: `precondition_failed`.',
  413: 'Too large: `body_too_large` (32 MB on /route and /jobs), or `upstream_too_large`.',
  415: 'Not JSON: `unsupported_media_type`.',
  416: 'The requested range lies outside the clip: `range_not_satisfiable`.',
  422: 'The request is valid but cannot be fulfilled; see `code`.',
  429: 'Too much at once: `rate_limited`, `too_many_running_jobs`, or `upstream_rate_limited`; see `Retry-After`.',
  500: 'Internal server error: `internal`.',
  502: 'OpenRouter failed; see `code`.',
  503: 'Service unavailable; see `code` and `Retry-After`.',
} as const;

/** Declares the problem responses of a route, one for each status it can return. */
export function problems<const S extends keyof typeof MEANINGS>(...statuses: readonly S[]) {
  return Object.fromEntries(
    statuses.map((status) => [
      status,
      { description: MEANINGS[status], content: { 'application/problem+json': { schema: ProblemSchema } } },
    ]),
  ) as unknown as Record<S, typeof ProblemSchema>;
}
