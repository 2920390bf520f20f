// The schema of every error response, and the declaration of those that a route can return.

import { z } from 'zod';
import { ERROR_CODES } from '../../server/error-codes.ts';
import { JobStatusSchema } from './job-status.ts';
import { listOf } from './list.ts';
import { openEnum } from './open-enum.ts';
import { NearestSchema, ReasonSchema, RejectedSchema, RouteResultSchema, WarningSchema } from './route.ts';

const FaultSchema = z.object({
  in: z.enum(['body', 'query', 'path', 'header']),
  pointer: z.string().describe('JSON pointer (RFC 6901) to the invalid field.'),
  message: z.string(),
});

/** The codes that this version answers with. */
export const ErrorCodeSchema = z.enum(Object.keys(ERROR_CODES) as (keyof typeof ERROR_CODES)[]).meta({
  id: 'ErrorCode',
  description: 'The codes of problems. Open: more may be added.',
});

const BudgetRefusalSchema = z
  .object({
    id: z.string(),
    scope: z.object({ kind: z.enum(['all', 'client', 'key']), id: z.string().optional() }),
    limit_usd: z.number(),
    spent_usd: z.number(),
    held_usd: z.number(),
    remaining_usd: z.number(),
    needed_usd: z.number().describe('What the order may cost.'),
    resets_at: z.iso.datetime().nullable(),
  })
  .describe('The budget that the order would exceed.');

const ProblemSchema = z
  .object({
    type: z.string().describe('`urn:clipgate:problem:` followed by the code.'),
    title: z.string().describe('The name of the HTTP status.'),
    status: z.int().describe('The HTTP status.'),
    detail: z.string().describe('What is wrong, and what would be accepted; for people.'),
    code: openEnum(ErrorCodeSchema).describe(
      'Stable; branch on this. Open: for a code that you do not know, go by the status.',
    ),
    instance: z.string().describe('The request id, as in X-Request-Id.'),
    errors: listOf(FaultSchema).optional().describe('The invalid fields.'),
    retry_after_s: z.number().optional().describe('As the header Retry-After.'),
    job_id: z.string().optional().describe('The job that was refused, or the job that causes the conflict.'),
    job_status: JobStatusSchema.optional(),
    upstream_id: z.string().nullable().optional().describe("OpenRouter's id of that job."),
    limit_source: z.string().optional().describe('The limit of OpenRouter that refused the request.'),
    reasons: listOf(ReasonSchema).optional().describe('Why the model that was named cannot make the clip.'),
    rejected: listOf(RejectedSchema)
      .optional()
      .describe('Every model with its reasons, if none can make the clip.'),
    nearest: listOf(NearestSchema).optional().describe('The smallest changes that would help.'),
    warnings: listOf(WarningSchema)
      .optional()
      .describe('The warnings because of which a strict order was refused.'),
    budget: BudgetRefusalSchema.optional(),
    plan: RouteResultSchema.nullable()
      .optional()
      .describe('The current plan, with a new quote; null: no model can make the clip any more.'),
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
  429: 'Too much at once: `rate_limited`, `too_many_running_jobs`, `too_many_waiting_jobs`, or `upstream_rate_limited`; see `Retry-After`.',
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
