// The path at which upstream reports the end of a job: known here alone.

/** Where upstream's webhooks arrive, less the nonce that ends it. */
export const HOOK_PREFIX = '/hooks/openrouter/';

/** The path of the webhook of a job. The nonce in it is the only key it has. */
export const hookPath = (nonce: string): string => `${HOOK_PREFIX}${nonce}`;
