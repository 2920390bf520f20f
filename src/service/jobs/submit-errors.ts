// Upstream's no, in our words: which code the caller gets, and whether upstream's own message is about their input.

import { ClipgateError, type ErrorCode } from '../../core/errors.ts';
import type { Job, SubmitBody } from '../../core/job/job.ts';
import { redactUpstreamMessage } from '../../core/redact-upstream.ts';
import type { SubmitOutcome } from '../../outbound/openrouter/submit.ts';

export type Refused = Extract<SubmitOutcome, { kind: 'rejected' | 'not_sent' }>;

interface Telling {
  readonly code: ErrorCode;
  /** Null: upstream's message is about what the caller sent, and is passed on. */
  readonly message: string | null;
}

const TELLINGS: Readonly<Record<number, Telling>> = {
  401: {
    code: 'upstream_key_invalid',
    message: 'OpenRouter does not accept the key this gateway pays with.',
  },
  402: {
    code: 'upstream_insufficient_credits',
    message: 'The OpenRouter account cannot pay for this clip now.',
  },
  403: { code: 'upstream_forbidden', message: null },
  404: { code: 'upstream_not_found', message: null },
  413: { code: 'upstream_too_large', message: null },
  429: {
    code: 'upstream_rate_limited',
    message: 'OpenRouter or the provider takes no more jobs at the moment.',
  },
};
const OTHERWISE: Telling = { code: 'upstream_rejected', message: null };

/** How OpenRouter itself begins where it takes no such address; a provider without webhooks may name the field too. */
const OF_OUR_ADDRESS = /^invalid callback_url\b/i;

const RETRY_UNREACHABLE_S = 5;

/**
 * True where upstream refuses the address of our webhook. No client sends one: what they call `callback_url` is ours to
 * call, and never sent on. One who has put a field of that name elsewhere is told of upstream's words as ever.
 */
export function isOfOurAddress(outcome: Refused, request: SubmitBody): boolean {
  if (outcome.kind === 'not_sent' || !(outcome.status === 400 || outcome.status === 422)) return false;
  const { message, metadata } = outcome.answer;
  if (!OF_OUR_ADDRESS.test(message) || typeof metadata?.['provider_name'] === 'string') return false;
  return !JSON.stringify(request).includes('callback_url');
}

/** The problem a waiting caller gets, and the error the job keeps. Names the job in `job_id`. */
export function describeRefusal(
  outcome: Refused,
  { id: jobId, request, nonce }: Pick<Job, 'id' | 'request' | 'nonce'>,
): ClipgateError {
  if (outcome.kind === 'not_sent') {
    return new ClipgateError(
      'upstream_unreachable',
      'OpenRouter could not be reached: nothing was sent and nothing bought.',
      { details: { jobId }, retryAfterS: RETRY_UNREACHABLE_S },
    );
  }
  if (isOfOurAddress(outcome, request)) {
    return new ClipgateError(
      'public_url_refused',
      'OpenRouter refuses the address at which this gateway is told of its jobs (PUBLIC_URL). Nothing was bought.',
      { details: { jobId } },
    );
  }
  const { code, message } = TELLINGS[outcome.status] ?? OTHERWISE;
  const limit = outcome.answer.metadata?.['limit_source'];
  const hinted = outcome.retryAfterS ?? retryAfterOf(outcome.answer.metadata);
  return new ClipgateError(code, message ?? redactUpstreamMessage(outcome.answer.message, [nonce]), {
    details: {
      jobId,
      ...(typeof limit === 'string'
        ? { limitSource: redactUpstreamMessage(limit, [nonce]).slice(0, 64) }
        : {}),
    },
    ...(hinted === null ? {} : { retryAfterS: hinted }),
  });
}

/**
 * True where the same request may be taken later: OpenRouter's budget for jobs under way is used up, or somebody takes
 * no more at the moment. A credit balance or a key's limit does not come back by waiting.
 */
export function isForNow(outcome: Refused): boolean {
  if (outcome.kind === 'not_sent') return false;
  const { status, answer } = outcome;
  return (
    status === 429 || (status === 402 && answer.metadata?.['limit_source'] === 'openrouter_in_flight_budget')
  );
}

// Told of this model's terms, limits or absence: 401 and 402 are about our key and our credits.
const OF_MODEL: ReadonlySet<number> = new Set([400, 404, 413, 422]);

/**
 * True where another model may take what this one refused. A 429 is the model's where it names the provider, for then
 * it is not OpenRouter that takes no more of us. A 403 that flags the input is no reason to take the same input
 * elsewhere; one that does not is about the model (a guardrail, a region). Our own address goes with every model.
 */
export function isOfModel(outcome: Refused, request: SubmitBody): boolean {
  if (outcome.kind === 'not_sent' || isOfOurAddress(outcome, request)) return false;
  const { status, answer } = outcome;
  const metadata = answer.metadata ?? {};
  if (status === 429) return typeof metadata['provider_name'] === 'string';
  if (status === 403) return !('reasons' in metadata || 'flagged_input' in metadata);
  return OF_MODEL.has(status);
}

/** Providers put theirs into the metadata, not into a header. */
function retryAfterOf(metadata: Readonly<Record<string, unknown>> | null): number | null {
  const seconds = metadata?.['retry_after_seconds'];
  return typeof seconds === 'number' && seconds >= 0 ? Math.ceil(seconds) : null;
}
