// What an operator should know of a gateway that starts, although it is no fault.

import type { Log } from './log.ts';

export interface Settings {
  readonly canSubmit: boolean;
  readonly hasPublicUrl: boolean;
  readonly hasWebhookSecret: boolean;
  /** Whether clients need no key. */
  readonly isOpen: boolean;
}

/** One line for each. */
export function logStartupWarnings(
  { canSubmit, hasPublicUrl, hasWebhookSecret, isOpen }: Settings,
  log: Log,
): void {
  if (canSubmit && !hasPublicUrl) {
    log.warn(
      {},
      'PUBLIC_URL is not set: OpenRouter cannot send webhooks, so a paid job whose answer was lost stays submission_unknown until an operator attaches its id, and jobs are noticed to have ended by polling alone',
    );
  } else if (canSubmit && !hasWebhookSecret) {
    log.warn(
      {},
      'OPENROUTER_WEBHOOK_SECRET is not set: webhooks are told from forgeries by their path alone, and confirmed by a poll as ever',
    );
  }
  if (!canSubmit)
    log.warn({}, 'OPENROUTER_API_KEY is not set: models and routes are served, jobs are refused');
  if (isOpen) log.warn({}, 'CLIENT_AUTH is none: whoever reaches this port can spend money');
}
