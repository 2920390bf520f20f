// The audit log: one entry per act, written with the act and never changed.

import { randomUUID } from 'node:crypto';
import { sql } from 'kysely';
import type { AuditEntry, AuditQuery, AuditStore } from '../ports/audit.ts';
import type { Database, Dialect, Queries } from '../sql/database.ts';
import type { AuditTable } from '../sql/tables.ts';

/** Writes an entry in the transaction of its act: there is no act without its entry, and no entry without its act. */
export async function writeAudit(
  db: Queries,
  dialect: Dialect,
  { actor, keyId, requestId, reason, action, object, before, after }: Omit<AuditEntry, 'id' | 'at'>,
): Promise<void> {
  await db
    .insertInto('audit')
    .values({
      id: `audit_${randomUUID().replaceAll('-', '')}`,
      at: dialect.now(),
      actor,
      key_id: keyId,
      action,
      object_kind: object.kind,
      object_id: object.id,
      reason,
      before_json: before === null ? null : JSON.stringify(before),
      after_json: after === null ? null : JSON.stringify(after),
      request_id: requestId,
    })
    .execute();
}

const toEntry = (row: AuditTable): AuditEntry => ({
  id: row.id,
  at: row.at,
  actor: row.actor,
  keyId: row.key_id,
  action: row.action,
  object: { kind: row.object_kind as AuditEntry['object']['kind'], id: row.object_id },
  reason: row.reason,
  before: row.before_json === null ? null : JSON.parse(row.before_json),
  after: row.after_json === null ? null : JSON.parse(row.after_json),
  requestId: row.request_id,
});

export function createAudit({ reader }: Pick<Database, 'reader'>): AuditStore {
  return {
    async listAudit({ since, actor, object, before, limit }: AuditQuery) {
      let query = reader.selectFrom('audit_log').selectAll();
      if (since !== null) query = query.where('at', '>=', since);
      if (actor !== null) query = query.where('actor', '=', actor);
      if (object !== null) query = query.where('object_kind', '=', object.kind);
      if (object !== null && object.id !== null) query = query.where('object_id', '=', object.id);
      if (before !== null) {
        const place = await reader
          .selectFrom('audit_log')
          .select('at')
          .where('id', '=', before)
          .executeTakeFirst();
        if (!place) return [];
        query = query.where(sql<boolean>`(at, id) < (${place.at}, ${before})`);
      }
      const rows = await query.orderBy('at', 'desc').orderBy('id', 'desc').limit(limit).execute();
      return rows.map(toEntry);
    },
  };
}
