// Warnings about the configuration, logged at start.

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
      'PUBLIC_URL is not set: OpenRouter cannot send webhooks. A job whose submit has an unknown outcome stays submission_unknown until an operator resolves it, and the end of a job is detected by polling only',
    );
  } else if (canSubmit && !hasWebhookSecret) {
    log.warn(
      {},
      'OPENROUTER_WEBHOOK_SECRET is not set: only the unguessable path authenticates webhooks, and the gateway confirms each with OpenRouter',
    );
  }
  if (!canSubmit)
    log.warn({}, 'OPENROUTER_API_KEY is not set: GET /models and POST /route work, POST /jobs answers 503');
  if (isOpen) log.warn({}, 'CLIENT_AUTH is none: anyone who can connect to this port can spend money');
}
