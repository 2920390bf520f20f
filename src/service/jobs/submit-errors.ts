// A purchase that did not come about, as the error its caller gets and the job keeps.

import { ClipgateError, type ErrorCode } from '../../core/errors.ts';
import { HOOK_PREFIX } from '../../core/job/hook-path.ts';
import type { Job } from '../../core/job/job.ts';
import { redactUpstreamMessage } from '../../core/redact-upstream.ts';
import type { RejectionReason } from '../../outbound/openrouter/rejection.ts';
import type { SubmitOutcome } from '../../outbound/openrouter/submit.ts';

export type Refused = Extract<SubmitOutcome, { kind: 'rejected' | 'not_sent' }>;

/** Per reason the code, and our sentence; null where upstream's message is about what the caller sent, and is passed on. */
const REASONS: Readonly<Record<RejectionReason, readonly [ErrorCode, string | null]>> = {
  invalid_input: ['upstream_rejected', null],
  key_invalid: ['upstream_key_invalid', 'OpenRouter rejects the API key of this gateway.'],
  insufficient_credits: [
    'upstream_insufficient_credits',
    'The OpenRouter account or key has reached its spending limit. Nothing was bought.',
  ],
  forbidden: ['upstream_forbidden', null],
  not_found: ['upstream_not_found', null],
  too_large: ['upstream_too_large', null],
  rate_limited: [
    'upstream_rate_limited',
    'OpenRouter or the provider is rate limiting requests. Nothing was bought.',
  ],
  webhook_url: [
    'public_url_refused',
    'OpenRouter rejects the webhook URL of this gateway (PUBLIC_URL). Nothing was bought.',
  ],
};

/** The same reason while it holds for now only: the account is not empty, the jobs in flight use up its budget. */
const IN_FLIGHT_BUDGET =
  'The jobs in flight use up the budget of the OpenRouter account. Nothing was bought. Retry when some have ended.';

const RETRY_UNREACHABLE_S = 5;
const MAX_LIMIT_NAME = 64;

/** Names the job in its details. */
export function describeRefusal(
  outcome: Refused,
  { id: jobId, nonce }: Pick<Job, 'id' | 'nonce'>,
): ClipgateError {
  if (outcome.kind === 'not_sent') {
    return new ClipgateError(
      'upstream_unreachable',
      'OpenRouter could not be reached. Nothing was sent or bought.',
      { details: { jobId }, retryAfterS: RETRY_UNREACHABLE_S },
    );
  }
  const { reason, temporary, limit, retryAfterS } = outcome;
  const [code, sentence] = REASONS[reason];
  const message = reason === 'insufficient_credits' && temporary ? IN_FLIGHT_BUDGET : sentence;
  const redact = (words: string) => redactUpstreamMessage(words, HOOK_PREFIX, [nonce]);
  return new ClipgateError(code, message ?? redact(outcome.message), {
    details: { jobId, ...(limit === null ? {} : { limitSource: redact(limit).slice(0, MAX_LIMIT_NAME) }) },
    ...(retryAfterS === null ? {} : { retryAfterS }),
  });
}
