// Whether a job's client may be called back at an address: checked when the job is ordered, not when it has ended.

import { ClipgateError } from '../../core/errors.ts';

export interface CallbackRules {
  /** What is wrong with a well-formed URL that would never be called; null where nothing is. */
  findProblem(url: string): string | null;
  /** Whether there is a secret that this client knows its callbacks by. */
  hasSecret(client: string): Promise<boolean>;
}

/** @throws ClipgateError invalid_request; callback_secret_missing. */
export async function checkCallbackTarget(rules: CallbackRules, url: string, client: string): Promise<void> {
  const problem = rules.findProblem(url);
  if (problem !== null) {
    throw new ClipgateError('invalid_request', `The callback URL ${problem}.`, {
      details: { field: { name: 'callbackUrl', problem } },
    });
  }
  if (await rules.hasSecret(client)) return;
  // Unsigned callbacks would teach receivers to believe anyone who finds their URL.
  throw new ClipgateError(
    'callback_secret_missing',
    'This client has no secret that signs its callbacks. Ask the operator for one, or leave out callback_url.',
    {
      details: {
        field: {
          name: 'callbackUrl',
          problem: 'requires a secret that signs your callbacks: ask the operator for one',
        },
      },
    },
  );
}
