// What was looked up a moment ago, believed for so long and no longer; shared by keys and sessions.

import { LRUCache } from 'lru-cache';

export interface RecentLookups<T extends object> {
  /** Asks the source. */
  find(id: string): Promise<T | null>;
  /** The same at once, where it was looked up a moment ago; null says nothing. */
  peek(id: string): T | null;
  /** True for what was found before and not forgotten since, however long ago that was. */
  hasSeen(id: string): boolean;
  /** Forgets what was changed; without an id, everything. */
  evict(id?: string): void;
}

export interface LookupAges {
  /** Epoch milliseconds. */
  readonly clock: () => number;
  readonly maxAgeMs: number;
  readonly max: number;
}

/** What is unknown is not kept: it would push out what is known. */
export function createRecentLookups<T extends object>(
  look: (id: string) => Promise<T | null>,
  { clock, maxAgeMs, max }: LookupAges,
): RecentLookups<T> {
  const learned = new LRUCache<string, { readonly found: T; readonly at: number }>({ max });
  // Of a look-up that began before an eviction nothing is kept: it may have read what was changed since.
  let evictions = 0;

  return {
    peek(id) {
      const entry = learned.get(id);
      const ageMs = entry === undefined ? 0 : clock() - entry.at;
      // A clock that was set back says nothing about how old it is.
      return entry !== undefined && ageMs >= 0 && ageMs < maxAgeMs ? entry.found : null;
    },

    hasSeen: (id) => learned.has(id),

    async find(id) {
      const before = evictions;
      const at = clock();
      const found = await look(id);
      if (before === evictions) {
        if (found) learned.set(id, { found, at });
        else learned.delete(id);
      }
      return found;
    },

    evict(id) {
      evictions++;
      if (id === undefined) learned.clear();
      else learned.delete(id);
    },
  };
}
