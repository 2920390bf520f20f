// The last good catalog, and what changed each time it was replaced.

import { sql } from 'kysely';
import type { CatalogStore } from '../ports/catalog.ts';
import type { Database } from '../sql/database.ts';

/** Rows per INSERT: every value is a parameter, and each database has a most of them that one statement may bring. */
const SLICE = 1_000;

/** The document under which the catalog is kept; `loadDocument` reads it. */
export const CATALOG_DOCUMENT = 'catalog';

export function createCatalogHistoryStore({ reader, dialect, write }: Database): CatalogStore {
  return {
    saveCatalog: (json, diff) =>
      write(async (db) => {
        const kept = { json, saved_at: dialect.now() };
        // The first replica inserts; the others wait for the row and compare with what it has kept.
        const first = await db
          .insertInto('documents')
          .values({ key: CATALOG_DOCUMENT, ...kept })
          .onConflict((conflict) => conflict.column('key').doNothing())
          .returning('key')
          .executeTakeFirst();
        const before = first
          ? null
          : await dialect
              .lockRows(db.selectFrom('documents').select('json').where('key', '=', CATALOG_DOCUMENT))
              .executeTakeFirst();
        if (!first) await db.updateTable('documents').set(kept).where('key', '=', CATALOG_DOCUMENT).execute();

        const changes = diff(before?.json ?? null);
        for (let from = 0; from < changes.length; from += SLICE) {
          const rows = changes.slice(from, from + SLICE).map(({ modelId, kind, fields }, index) => ({
            changed_at: sql<number>`(select saved_at from documents where key = ${CATALOG_DOCUMENT})`,
            position: from + index,
            model: modelId,
            kind,
            fields: JSON.stringify(fields),
          }));
          await db.insertInto('catalog_changes').values(rows).execute();
        }
        return { value: changes, changed: [] };
      }),

    async listCatalogChanges(after, limit, modelId) {
      let query = reader
        .selectFrom('catalog_changes')
        .selectAll()
        .where(sql<boolean>`(changed_at, position) > (${after.changedAt}, ${after.position})`);
      if (modelId !== undefined) query = query.where('model', '=', modelId);
      const rows = await query.orderBy('changed_at').orderBy('position').limit(limit).execute();
      return rows.map((row) => ({
        changedAt: row.changed_at,
        position: row.position,
        modelId: row.model,
        kind: row.kind,
        fields: JSON.parse(row.fields),
      }));
    },
  };
}
