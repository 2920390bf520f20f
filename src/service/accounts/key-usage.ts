// On which day a key was last used: written down at most once a day per key, and never waited for.

import { LRUCache } from 'lru-cache';
import type { JobStore } from '../../store/ports/job-store.ts';
import type { Log } from '../runtime/log.ts';

export interface KeyUsage {
  /** To be called for every request with a stored key. Returns at once. */
  note(keyId: string): void;
  /** Resolves when nothing is being written. */
  drain(): Promise<void>;
}

export interface KeyUsageParts {
  readonly store: Pick<JobStore, 'noteKeyUse'>;
  /** Epoch milliseconds. */
  readonly clock: () => number;
  readonly log: Log;
}

const DAY_MS = 24 * 60 * 60 * 1000;
const MAX_KEYS = 10_000;

export function createKeyUsage({ store, clock, log }: KeyUsageParts): KeyUsage {
  /** The day of the last write, by key. */
  const noted = new LRUCache<string, number>({ max: MAX_KEYS });
  const writing = new Set<Promise<void>>();

  async function write(keyId: string, now: number): Promise<void> {
    try {
      await store.noteKeyUse(keyId, new Date(now).toISOString().slice(0, 10));
    } catch (error) {
      // The next request tries again.
      noted.delete(keyId);
      log.warn({ err: error, key_id: keyId }, 'could not store the day of last use of a key');
    }
  }

  return {
    note(keyId) {
      const now = clock();
      const day = Math.floor(now / DAY_MS);
      if (noted.get(keyId) === day) return;
      noted.set(keyId, day);
      const flight = write(keyId, now);
      writing.add(flight);
      void flight.then(() => writing.delete(flight));
    },
    async drain() {
      await Promise.all(writing);
    },
  };
}
