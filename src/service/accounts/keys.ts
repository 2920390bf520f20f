// Where a key is looked up, and how long what was learned of it is believed.

import { LRUCache } from 'lru-cache';
import type { Principal } from '../../core/principal.ts';

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
 * elsewhere is refused after that time even where no `evict` arrives. Unknown keys are not kept: they would push out known ones.
 */
export function createKeys(
  source: KeySource,
  { clock, maxAgeMs, max }: { readonly clock: () => number; readonly maxAgeMs: number; readonly max: number },
): Keys {
  const learned = new LRUCache<string, { readonly key: KnownKey; readonly at: number }>({ max });
  // Of a look-up that began before an eviction nothing is kept: it may have read what was changed since.
  let evictions = 0;

  return {
    peekKey(sha256) {
      const entry = learned.get(sha256);
      const ageMs = entry === undefined ? 0 : clock() - entry.at;
      // A clock that was set back says nothing about how old it is.
      return entry !== undefined && ageMs >= 0 && ageMs < maxAgeMs ? entry.key : null;
    },

    hasSeen: (sha256) => learned.has(sha256),

    async findKey(sha256) {
      const before = evictions;
      const at = clock();
      const key = await source.findKey(sha256);
      if (before === evictions) {
        if (key) learned.set(sha256, { key, at });
        else learned.delete(sha256);
      }
      return key;
    },

    evict(sha256) {
      evictions++;
      if (sha256 === undefined) learned.clear();
      else learned.delete(sha256);
    },
  };
}
