// The shape of every error answer, and which of them a route declares.

import { z } from 'zod';

const FaultSchema = z.object({
  in: z.enum(['body', 'query', 'path', 'header']),
  pointer: z.string().describe('JSON pointer (RFC 6901) to what is wrong.'),
  message: z.string(),
});

const ProblemSchema = z
  .looseObject({
    type: z.string(),
    title: z.string(),
    status: z.int(),
    detail: z.string().describe('What is wrong and what would be accepted, for a person.'),
    code: z.string().describe('Stable; branch on this.'),
    instance: z.string().describe('The request id, as in x-request-id.'),
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
  400: 'The request is wrong: `invalid_request`, `malformed_body`, or upstream refused the input.',
  401: 'No valid client key: `unauthorized`.',
  402: 'The OpenRouter account cannot pay: `upstream_insufficient_credits`.',
  403: 'Upstream forbids it: `upstream_forbidden`; or it is for operators: `operator_required`.',
  404: 'Nothing here, or not yours: `not_found`.',
  405: 'Another method is needed: `method_not_allowed`, see `Allow`.',
  408: 'The request took too long to arrive: `request_timeout`.',
  409: 'Not as things stand: `not_ready`, or another `code` that says why.',
  410: 'No longer: `content_gone`.',
  413: 'Too large: `body_too_large`, or upstream says so.',
  415: 'Not JSON: `unsupported_media_type`.',
  416: 'The range lies outside the clip: `range_not_satisfiable`.',
  422: 'Understood, but it cannot be done: see `code`.',
  429: 'Upstream takes no more for now: `upstream_rate_limited`, see `Retry-After`.',
  500: 'Our fault: `internal`.',
  502: 'Upstream failed: see `code`.',
  503: 'Not now: see `code` and `Retry-After`.',
} as const;

/** Declares problem answers for a route: every one it can give, with its meaning. */
export function problems<const S extends keyof typeof MEANINGS>(...statuses: readonly S[]) {
  return Object.fromEntries(
    statuses.map((status) => [
      status,
      { description: MEANINGS[status], content: { 'application/problem+json': { schema: ProblemSchema } } },
    ]),
  ) as unknown as Record<S, typeof ProblemSchema>;
}
