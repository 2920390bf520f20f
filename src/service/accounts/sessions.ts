// Sessions of the console: a browser signs in with a key once, and acts for that key until either of them ends.

import { hash } from 'node:crypto';
import { LRUCache } from 'lru-cache';
import type { JobStore } from '../../store/ports/job-store.ts';
import type { Log } from '../runtime/log.ts';
import type { KeySource, KnownKey } from './keys.ts';
import { createRecentLookups, type LookupAges, type RecentLookups } from './recent-lookups.ts';

/** A session, with its key as it is now. Times are epoch milliseconds. */
export interface KnownSession {
  /** Null where the gateway no longer knows the key: its variable is gone. */
  readonly key: KnownKey | null;
  /** When it ends unless it is used; never later than when it ends however much it is used. */
  readonly endsAt: number;
  readonly lastUsedAt: number;
}

export interface OpenedSession {
  /** For the browser alone: nothing here keeps it. */
  readonly token: string;
  /** When it ends however much it is used. */
  readonly expiresAt: number;
}

/** Looked up by the SHA-256 of the token, as keys are. */
export interface Sessions extends RecentLookups<KnownSession> {
  /** Opens a session for a key that was found to be valid. @param keySha256 64 lower-case hex digits. */
  open(keySha256: string): Promise<OpenedSession>;
  /** To be called for every request of a session. Returns at once. */
  note(sha256: string, session: KnownSession): void;
  /** Ends a session now; other processes hear of it, or find out within the age of what they remember. */
  end(sha256: string): Promise<void>;
  /** Resolves when nothing is being written. */
  drain(): Promise<void>;
}

export interface SessionsParts {
  /** Not one that remembers: what it learned would be believed twice as long. */
  readonly keys: KeySource;
  readonly store: Pick<JobStore, 'createSession' | 'findSession' | 'noteSessionUse' | 'endSession'>;
  /** Cryptographically random. */
  readonly randomBytes: (size: number) => Uint8Array;
  readonly log: Log;
}

export interface SessionLimits extends LookupAges {
  readonly lifeMs: number;
  /** A session that is not used for so long has ended. */
  readonly idleMs: number;
  /** Use is written down this often at most. */
  readonly noteMs: number;
  /** Of one key, at once. */
  readonly maxPerKey: number;
}

const TOKEN_BYTES = 32;

export function createSessions(
  { keys, store, randomBytes, log }: SessionsParts,
  limits: SessionLimits,
): Sessions {
  const { clock, lifeMs, idleMs, noteMs, maxPerKey, max } = limits;
  /** When use was last written down, by session. */
  const noted = new LRUCache<string, number>({ max });
  const writing = new Set<Promise<void>>();

  const lookups = createRecentLookups<KnownSession>(async (sha256) => {
    const session = await store.findSession(sha256);
    if (!session) return null;
    const { keySha256, expiresAt, lastUsedAt } = session;
    return {
      key: await keys.findKey(keySha256),
      endsAt: Math.min(expiresAt, lastUsedAt + idleMs),
      lastUsedAt,
    };
  }, limits);

  async function write(sha256: string, at: number): Promise<void> {
    try {
      await store.noteSessionUse(sha256, at);
    } catch (error) {
      // The next request tries again.
      noted.delete(sha256);
      log.warn({ err: error }, 'could not store the last use of a session');
    }
  }

  return {
    ...lookups,

    async open(keySha256) {
      const token = Buffer.from(randomBytes(TOKEN_BYTES)).toString('base64url');
      const now = clock();
      const expiresAt = now + lifeMs;
      const sha256 = hash('sha256', token, 'hex');
      await store.createSession({ sha256, keySha256, createdAt: now, expiresAt, lastUsedAt: now }, maxPerKey);
      return { token, expiresAt };
    },

    note(sha256, { lastUsedAt }) {
      const now = clock();
      if (now - Math.max(lastUsedAt, noted.get(sha256) ?? 0) < noteMs) return;
      noted.set(sha256, now);
      const flight = write(sha256, now);
      writing.add(flight);
      void flight.then(() => writing.delete(flight));
    },

    async end(sha256) {
      await store.endSession(sha256);
      lookups.evict(sha256);
    },

    async drain() {
      await Promise.all(writing);
    },
  };
}
