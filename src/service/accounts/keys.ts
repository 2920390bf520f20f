// Where a key is looked up, and how long what was learned of it is believed.

import type { Principal } from '../../core/principal.ts';
import { createRecentLookups, type LookupAges } from './recent-lookups.ts';

/** What is known of a key. */
export interface KnownKey {
  readonly principal: Principal;
  /** `env`: named by a variable, and read-only. `store`: made while the gateway runs. */
  readonly source: 'env' | 'store';
  /** Epoch milliseconds from which on the key is refused; null = never. */
  readonly expiresAt: number | null;
  readonly revoked: boolean;
}

export interface KeySource {
  /** The key with this SHA-256 (64 lower-case hex digits), or null; `NO_KEY` names the client of requests without one. */
  findKey(sha256: string): Promise<KnownKey | null>;
}

export interface Keys extends KeySource {
  /** The same at once, where it was looked up a moment ago; null says nothing. */
  peekKey(sha256: string): KnownKey | null;
  /** True for a key that was found before and not forgotten since, however long ago that was. */
  hasSeen(sha256: string): boolean;
  /** Forgets a key that was changed or revoked; without one, all of them. */
  evict(sha256?: string): void;
}

/**
 * Looks keys up in a source and believes what it learned for `maxAgeMs` at most, so that a key that was revoked
 * elsewhere is refused after that time even where no `evict` arrives.
 */
export function createKeys(source: KeySource, ages: LookupAges): Keys {
  const { find, peek, hasSeen, evict } = createRecentLookups((sha256) => source.findKey(sha256), ages);
  return { findKey: find, peekKey: peek, hasSeen, evict };
}
