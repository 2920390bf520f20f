// What a key or a client may do: scopes, models, limits.

/**
 * `read`: see the client's jobs, models and plans. `write`: buy and change jobs. `auditor`: see everything that
 * operators see, of every client. `operator`: see and change everything. The last two are the whole list of a key that
 * has one of them: it belongs to a person, not to a client.
 */
export const KEY_SCOPES = ['read', 'write', 'auditor', 'operator'] as const;
export type KeyScope = (typeof KEY_SCOPES)[number];

export const DEFAULT_SCOPES: readonly KeyScope[] = ['read', 'write'];

/** What is wrong with a list of scopes, or null. */
export function findScopesProblem(scopes: readonly KeyScope[]): string | null {
  if (new Set(scopes).size < scopes.length) return 'names a scope twice';
  const alone = scopes.find((scope) => scope === 'auditor' || scope === 'operator');
  return alone !== undefined && scopes.length > 1 ? `may name no other scope beside ${alone}` : null;
}

/** Null = no limit. */
export interface Limits {
  /** Reads and writes are counted apart. */
  readonly requestsPerMinute: number | null;
  /** Jobs that OpenRouter works on, or may work on, at once. */
  readonly maxRunningJobs: number | null;
  /** Jobs that wait for others of theirs to end; null = `DEFAULT_MAX_WAITING_JOBS`. */
  readonly maxWaitingJobs: number | null;
}

export const NO_LIMITS: Limits = { requestsPerMinute: null, maxRunningJobs: null, maxWaitingJobs: null };

/** What waits is kept and looked through whenever a job ends, so there is always a limit. */
export const DEFAULT_MAX_WAITING_JOBS = 1_000;
