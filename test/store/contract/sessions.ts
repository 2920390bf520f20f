// The contract on sessions: found by the hash of their token alone, ended everywhere, bounded for each key.

import { expect, it } from 'vitest';
import type { StoredSession } from '../../../src/store/ports/sessions.ts';
import type { StoreUnderTest } from './store-under-test.ts';

let count = 0;

function createSession(overrides: Partial<StoredSession> = {}): StoredSession {
  count += 1;
  return {
    sha256: count.toString(16).padStart(64, '0'),
    keySha256: 'a'.repeat(64),
    createdAt: count,
    expiresAt: 1_000,
    lastUsedAt: count,
    ...overrides,
  };
}

export function describeSessions(current: () => StoreUnderTest): void {
  it('finds a session by the hash of its token, until it is ended', async () => {
    const { store } = current();
    const session = createSession();
    await store.createSession(session, 9);
    expect(await store.findSession(session.sha256)).toEqual(session);
    expect(await store.findSession(session.keySha256)).toBeNull();
    await store.endSession(session.sha256);
    expect(await store.findSession(session.sha256)).toBeNull();
    await store.endSession(session.sha256);
  });

  it('notes when one was used, never an earlier time, and makes none up', async () => {
    const { store } = current();
    const session = createSession({ lastUsedAt: 5 });
    await store.createSession(session, 9);
    await store.noteSessionUse(session.sha256, 8);
    await store.noteSessionUse(session.sha256, 7);
    await store.noteSessionUse('f'.repeat(64), 9);
    expect(await store.findSession(session.sha256)).toEqual({ ...session, lastUsedAt: 8 });
    expect(await store.findSession('f'.repeat(64))).toBeNull();
  });

  it('keeps the newest of a key and leaves those of other keys alone', async () => {
    const { store } = current();
    const others = createSession({ keySha256: 'b'.repeat(64) });
    await store.createSession(others, 2);
    const own = [createSession(), createSession(), createSession()];
    for (const session of own) await store.createSession(session, 2);
    const left = await Promise.all([others, ...own].map(({ sha256 }) => store.findSession(sha256)));
    expect(left.map((session) => session !== null)).toEqual([true, false, true, true]);
  });

  it('tells every replica that one was ended', async () => {
    const { store, openReplica } = current();
    const replica = (await openReplica?.()) ?? store;
    let heard = 0;
    const unsubscribe = replica.onAccountsChanged(() => {
      heard += 1;
    });
    const session = createSession();
    await store.createSession(session, 9);
    await store.endSession(session.sha256);
    await expect.poll(() => heard, { timeout: 10_000, interval: 5 }).toBe(1);
    expect(await replica.findSession(session.sha256)).toBeNull();
    unsubscribe();
  });

  it('removes those that expired before then, no more than asked', async () => {
    const { store } = current();
    const sessions = [10, 20, 30, 40].map((expiresAt) => createSession({ expiresAt }));
    for (const session of sessions) await store.createSession(session, 9);
    expect(await store.purgeSessions(40, 2)).toBe(2);
    expect(await store.purgeSessions(40, 2)).toBe(1);
    expect(await store.purgeSessions(40, 2)).toBe(0);
    const left = await Promise.all(sessions.map(({ sha256 }) => store.findSession(sha256)));
    expect(left.map((session) => session?.expiresAt)).toEqual([undefined, undefined, undefined, 40]);
  });
}
