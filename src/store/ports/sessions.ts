// What the service asks of a store about sessions: browsers that signed in to the console with a key.

/** Hashes are 64 lower-case hex digits, times epoch milliseconds. */
export interface StoredSession {
  /** Of the token that the browser sends. */
  readonly sha256: string;
  /** Of the key it was opened with. */
  readonly keySha256: string;
  readonly createdAt: number;
  /** However much it is used. */
  readonly expiresAt: number;
  readonly lastUsedAt: number;
}

export interface SessionStore {
  /** Ends the oldest sessions of the same key where it would have more than `max`. */
  createSession(session: StoredSession, max: number): Promise<void>;
  findSession(sha256: string): Promise<StoredSession | null>;
  /** Never moves back. */
  noteSessionUse(sha256: string, at: number): Promise<void>;
  /** Every process on this database hears of it. One that is unknown is ended already. */
  endSession(sha256: string): Promise<void>;
  /** Removes sessions that expired before then, at most `limit`; resolves to how many. */
  purgeSessions(before: number, limit: number): Promise<number>;
}
