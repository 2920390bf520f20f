// Clips that were quoted: bound to one idempotency key by a compare-and-set, limited by client, removed after a while.

import { sql } from 'kysely';
import type { QuotedClipStore } from '../ports/quoted-clips.ts';
import type { Database } from '../sql/database.ts';

/** Beyond its end a quote is kept for an answer that says what the clip costs now. */
const EXPIRED_MS = 10 * 60_000;

export function createQuotedClips({ reader, dialect, write, writeOne }: Database): QuotedClipStore {
  const isOver = sql<boolean>`expires_at < ${dialect.now()} - ${sql.lit(EXPIRED_MS)}`;

  return {
    keepQuotedClip: ({ id, clientId, content, lifeMs }, limits) =>
      write(async (db) => {
        const now = dialect.now();
        await db
          .insertInto('quoted_clips')
          .values({
            id,
            client_id: clientId,
            created_at: now,
            expires_at: sql<number>`${now} + ${lifeMs}`,
            bytes: Buffer.byteLength(content),
            idempotency_key: null,
            content,
          })
          .execute();
        const ranked = db
          .selectFrom('quoted_clips')
          .select([
            'id',
            sql<number>`row_number() over (order by created_at desc, id desc)`.as('place'),
            sql<number>`sum(bytes) over (order by created_at desc, id desc)`.as('total'),
          ])
          .where('client_id', '=', clientId);
        await db
          .deleteFrom('quoted_clips')
          .where('client_id', '=', clientId)
          .where('id', '<>', id)
          .where((where) =>
            where.or([
              isOver,
              where(
                'id',
                'in',
                db
                  .selectFrom(ranked.as('ranked'))
                  .select('id')
                  .where(sql<boolean>`place > ${limits.clips} or total > ${limits.bytes}`),
              ),
            ]),
          )
          .execute();
        return { value: undefined, changed: [] };
      }),

    async claimQuotedClip(id, clientId, idempotencyKey) {
      const claimed = await writeOne(async (db) => ({
        value: await db
          .updateTable('quoted_clips')
          .set({ idempotency_key: idempotencyKey })
          .where('id', '=', id)
          .where('client_id', '=', clientId)
          .where(sql<boolean>`(idempotency_key is null or idempotency_key = ${idempotencyKey})`)
          .returning('content')
          .executeTakeFirst(),
        changed: [],
      }));
      if (claimed) return { kind: 'claimed', content: claimed.content };
      const used = await reader
        .selectFrom('quoted_clips')
        .select('id')
        .where('id', '=', id)
        .where('client_id', '=', clientId)
        .executeTakeFirst();
      return { kind: used ? 'used' : 'none' };
    },

    dropQuotedContent: (id, clientId) =>
      writeOne(async (db) => {
        await db
          .updateTable('quoted_clips')
          .set({ content: null, bytes: 0 })
          .where('id', '=', id)
          .where('client_id', '=', clientId)
          .execute();
        return { value: undefined, changed: [] };
      }),

    purgeQuotedClips: (limit) =>
      writeOne(async (db) => {
        const { numDeletedRows } = await db
          .with('dead', (cte) =>
            dialect.lockFreeRows(
              cte.selectFrom('quoted_clips').select('id').where(isOver).orderBy('expires_at').limit(limit),
            ),
          )
          .deleteFrom('quoted_clips')
          .where(sql<boolean>`id in (select id from dead)`)
          .executeTakeFirst();
        return { value: Number(numDeletedRows), changed: [] };
      }),
  };
}
