// Classifies a rejection by OpenRouter: the reason, whether it concerns the request or the gateway, and whether it is temporary.

import type { SubmitBody } from '../../core/job/job.ts';
import { boundRetryAfter } from './errors.ts';
import type { ErrorAnswer } from './wire.ts';

export type RejectionReason =
  | 'invalid_input'
  | 'key_invalid'
  | 'insufficient_credits'
  | 'forbidden'
  | 'not_found'
  | 'too_large'
  | 'rate_limited'
  /** The address at which upstream is to report the end of the job. */
  | 'webhook_url';

export interface Rejection {
  readonly reason: RejectionReason;
  /**
   * `account`: our key, our credits, our address or our rate, which go with every model. `model`: another model may
   * take what this one refused. `input`: no model is to be given it.
   */
  readonly scope: 'account' | 'model' | 'input';
  /** True where the same request may be taken later. */
  readonly temporary: boolean;
  /** Seconds upstream asks to wait, from 0 to a day; null where it says nothing usable. */
  readonly retryAfterS: number | null;
  /** Upstream's own words. */
  readonly message: string;
  /** The limit that was met, in upstream's word for it. */
  readonly limit: string | null;
}

/** The statuses with which OpenRouter refuses a submit, when its error envelope comes with them. */
const REASONS: ReadonlyMap<number, RejectionReason> = new Map([
  [400, 'invalid_input'],
  [401, 'key_invalid'],
  [402, 'insufficient_credits'],
  [403, 'forbidden'],
  [404, 'not_found'],
  [413, 'too_large'],
  [422, 'invalid_input'],
  [429, 'rate_limited'],
]);

/** How OpenRouter itself begins where it takes no such address; a provider without webhooks may name the field too. */
const OF_OUR_ADDRESS = /^invalid callback_url\b/i;

/** A credit balance or the limit of a key does not come back by waiting; the budget for jobs under way does. */
const PASSING_LIMIT = 'openrouter_in_flight_budget';

/**
 * Reads a refusal; null where the status is none, which leaves the outcome unknown.
 * @param sent the body as its caller has it, and our address that was added to it, if any.
 * @param retryAfterS of the header.
 */
export function readRejection(
  status: number,
  { message, metadata }: ErrorAnswer,
  sent: { readonly body: SubmitBody; readonly webhookUrl: string | null },
  retryAfterS: number | null,
): Rejection | null {
  const answered = REASONS.get(status);
  if (answered === undefined) return null;
  const said = metadata ?? {};
  const fromProvider = typeof said['provider_name'] === 'string';
  // A caller who has put a field of that name elsewhere gets upstream's message unchanged.
  const isOurs =
    answered === 'invalid_input' &&
    sent.webhookUrl !== null &&
    OF_OUR_ADDRESS.test(message) &&
    !fromProvider &&
    !JSON.stringify(sent.body).includes('callback_url');
  const reason = isOurs ? 'webhook_url' : answered;
  const limit = said['limit_source'];
  return {
    reason,
    scope: scopeOf(reason, { fromProvider, isFlagged: 'reasons' in said || 'flagged_input' in said }),
    temporary: reason === 'rate_limited' || (reason === 'insufficient_credits' && limit === PASSING_LIMIT),
    // Providers put theirs into the metadata, not into a header.
    retryAfterS: retryAfterS ?? boundRetryAfter(said['retry_after_seconds']),
    message,
    limit: typeof limit === 'string' ? limit : null,
  };
}

function scopeOf(
  reason: RejectionReason,
  { fromProvider, isFlagged }: { readonly fromProvider: boolean; readonly isFlagged: boolean },
): Rejection['scope'] {
  switch (reason) {
    case 'key_invalid':
    case 'insufficient_credits':
    case 'webhook_url':
      return 'account';
    // Where no provider is named it is OpenRouter that takes no more of us.
    case 'rate_limited':
      return fromProvider ? 'model' : 'account';
    // Input that was flagged is not taken elsewhere; otherwise it is about the model (a guardrail, a region).
    case 'forbidden':
      return isFlagged ? 'input' : 'model';
    // Of this model's terms, limits or absence.
    case 'invalid_input':
    case 'not_found':
    case 'too_large':
      return 'model';
  }
}
