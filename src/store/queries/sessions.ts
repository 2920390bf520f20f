// Sessions of the console: opened, looked up by the hash of their token, ended.

import type { SessionStore } from '../ports/sessions.ts';
import type { Database } from '../sql/database.ts';

export function createSessionStore({
  reader,
  dialect,
  write,
  writeOne,
  writeAccounts,
}: Database): SessionStore {
  return {
    createSession: (session, max) =>
      write(async (db) => {
        await db
          .insertInto('sessions')
          .values({
            sha256: session.sha256,
            key_sha256: session.keySha256,
            created_at: session.createdAt,
            expires_at: session.expiresAt,
            last_used_at: session.lastUsedAt,
          })
          .execute();
        const kept = await db
          .selectFrom('sessions')
          .select('sha256')
          .where('key_sha256', '=', session.keySha256)
          .orderBy('created_at', 'desc')
          .orderBy('sha256')
          .limit(max)
          .execute();
        await db
          .deleteFrom('sessions')
          .where('key_sha256', '=', session.keySha256)
          .where(
            'sha256',
            'not in',
            kept.map(({ sha256 }) => sha256),
          )
          .execute();
        return { value: undefined, changed: [] };
      }),

    async findSession(sha256) {
      const row = await reader
        .selectFrom('sessions')
        .selectAll()
        .where('sha256', '=', sha256)
        .executeTakeFirst();
      if (!row) return null;
      return {
        sha256: row.sha256,
        keySha256: row.key_sha256,
        createdAt: row.created_at,
        expiresAt: row.expires_at,
        lastUsedAt: row.last_used_at,
      };
    },

    noteSessionUse: (sha256, at) =>
      writeOne(async (db) => {
        await db
          .updateTable('sessions')
          .set({ last_used_at: at })
          .where('sha256', '=', sha256)
          .where('last_used_at', '<', at)
          .execute();
        return { value: undefined, changed: [] };
      }),

    endSession: (sha256) =>
      writeAccounts(async (db) => {
        await db.deleteFrom('sessions').where('sha256', '=', sha256).execute();
      }),

    purgeSessions: (before, limit) =>
      writeOne(async (db) => {
        const { numDeletedRows } = await db
          .with('dead', (cte) =>
            dialect.lockFreeRows(
              cte
                .selectFrom('sessions')
                .select('sha256')
                .where('expires_at', '<', before)
                .orderBy('expires_at')
                .limit(limit),
            ),
          )
          .deleteFrom('sessions')
          .where('sha256', 'in', (query) => query.selectFrom('dead').select('sha256'))
          .executeTakeFirst();
        return { value: Number(numDeletedRows), changed: [] };
      }),
  };
}
