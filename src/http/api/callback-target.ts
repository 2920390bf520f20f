// Whether a job's client may be called back where it says: said when the job is posted, not when it has ended.

import { ClipgateError } from '../../core/errors.ts';
import { invalidRequest, toInputError } from '../input/input-errors.ts';

export interface CallbackRules {
  /** What is wrong with a well-formed URL that would never be called; null where nothing is. */
  findProblem(url: string): string | null;
  /** Whether there is a secret that this client knows its callbacks by. */
  hasSecret(clientId: string): boolean;
}

/** @throws ClipgateError invalid_request; callback_secret_missing. */
export function checkCallbackTarget(rules: CallbackRules, url: string, clientId: string): void {
  const fault = rules.findProblem(url);
  if (fault !== null) throw invalidRequest([toInputError(['callback_url'], fault)]);
  if (rules.hasSecret(clientId)) return;
  // Unsigned callbacks would teach receivers to believe whoever finds their URL.
  throw new ClipgateError(
    'callback_secret_missing',
    'This gateway has no secret to sign your callbacks with. Ask its operator for one (CALLBACK_SECRETS), or leave callback_url out and use GET /jobs/{id}/events.',
    { errors: [toInputError(['callback_url'], 'cannot be honoured without a secret')] },
  );
}
