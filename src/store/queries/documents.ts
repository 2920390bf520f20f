// The small documents kept across restarts.

import type { DocumentStore } from '../ports/documents.ts';
import type { Database } from '../sql/database.ts';

export function createDocuments({ reader, dialect, writeOne }: Database): DocumentStore {
  return {
    saveDocument: (key, json) =>
      writeOne(async (db) => {
        const saved = { json, saved_at: dialect.now() };
        await db
          .insertInto('documents')
          .values({ key, ...saved })
          .onConflict((conflict) => conflict.column('key').doUpdateSet(saved))
          .execute();
        return { value: undefined, changed: [] };
      }),
    async loadDocument(key) {
      const row = await reader
        .selectFrom('documents')
        .select(['json', 'saved_at'])
        .where('key', '=', key)
        .executeTakeFirst();
      return row ? { json: row.json, savedAt: row.saved_at } : null;
    },
  };
}
