// Keys: made once, changed, rotated and revoked on record; looked up by their hash.

import { sql } from 'kysely';
import { DEFAULT_SCOPES } from '../../core/accounts/key.ts';
import { ClipgateError } from '../../core/errors.ts';
import type { AccountStore, CreateKeyResult, NewKey, StoredKey } from '../ports/accounts.ts';
import type { Act } from '../ports/audit.ts';
import type { Database, Dialect, Queries } from '../sql/database.ts';
import { writeAudit } from './audit.ts';
import { claimAct } from './idempotent-acts.ts';
import { KEY_COLUMNS, toKey, toKeyColumns, writeJson } from './key-row.ts';

export type KeyStore = Pick<
  AccountStore,
  'createKey' | 'rotateKey' | 'updateKey' | 'revokeKey' | 'getKey' | 'findKey' | 'listKeys' | 'noteKeyUse'
>;

const selectKeys = (db: Queries) => db.selectFrom('keys').select(KEY_COLUMNS);

const auditOf = (key: StoredKey, by: Act, action: string) => ({
  ...by,
  action,
  object: { kind: 'key', id: key.id } as const,
});

/** What an audit entry says of a key. */
const describeKey = ({ client, name, last4, scopes, models, limits, expiresAt }: StoredKey) => ({
  client,
  name,
  last4,
  scopes,
  models,
  limits,
  expiresAt,
});

/** @param line the first key of those that it replaces; null = it replaces none. */
async function insertKey(
  db: Queries,
  dialect: Dialect,
  key: NewKey,
  line: string | null,
  by: Act,
): Promise<StoredKey> {
  const row = await db
    .insertInto('keys')
    .values({
      id: key.id,
      client: key.client,
      name: key.name,
      sha256: key.sha256,
      last4: key.last4,
      scopes: JSON.stringify(key.scopes),
      models: writeJson(key.models),
      limits: writeJson(key.limits),
      created_at: dialect.now(),
      created_by: by.actor,
      expires_at: key.expiresAt,
      revoked_at: null,
      replaced_by: null,
      line,
      last_used_on: null,
    })
    .onConflict((conflict) => conflict.column('sha256').doNothing())
    .returning(KEY_COLUMNS)
    .executeTakeFirst();
  // Thrown, not answered: what this transaction wrote before must be undone.
  if (!row)
    throw new ClipgateError('sha256_taken', 'A key with this SHA-256 already exists; it may be revoked.');
  return toKey(row);
}

/** Gives a client the row that its rules stand in. */
const ensureClient = (db: Queries, dialect: Dialect, name: string) =>
  db
    .insertInto('clients')
    .values({
      name,
      models: null,
      limits: null,
      callback_secrets: null,
      created_at: dialect.now(),
      updated_at: dialect.now(),
    })
    .onConflict((conflict) => conflict.column('name').doNothing())
    .execute();

export function createKeyStore({ reader, dialect, writeOne, writeAccounts }: Database): KeyStore {
  const lockKey = (db: Queries, id: string) =>
    dialect.lockRows(db.selectFrom('keys').select(KEY_COLUMNS).where('id', '=', id)).executeTakeFirst();

  async function replay(db: Queries, id: string): Promise<CreateKeyResult> {
    const row = await selectKeys(db).where('id', '=', id).executeTakeFirstOrThrow();
    return { kind: 'replayed', key: toKey(row) };
  }

  return {
    createKey: (made, by, idempotency) =>
      writeAccounts(async (db) => {
        const earlier = idempotency && (await claimAct(db, dialect, by, idempotency, made.id));
        if (earlier) return replay(db, earlier);
        if (made.scopes.some((scope) => DEFAULT_SCOPES.includes(scope)))
          await ensureClient(db, dialect, made.client);
        const key = await insertKey(db, dialect, made, null, by);
        await writeAudit(db, dialect, {
          ...auditOf(key, by, 'create'),
          before: null,
          after: describeKey(key),
        });
        return { kind: 'created', key };
      }),

    rotateKey: (id, made, graceMs, by, idempotency) =>
      writeAccounts(async (db) => {
        const earlier = idempotency && (await claimAct(db, dialect, by, idempotency, made.id));
        if (earlier) return replay(db, earlier);
        const row = await lockKey(db, id);
        if (!row) throw new ClipgateError('not_found', 'Not found.');
        const old = toKey(row);
        const { now } = await db
          .selectFrom('keys')
          .select(sql<number>`${dialect.now()}`.as('now'))
          .where('id', '=', id)
          .executeTakeFirstOrThrow();
        const problem = findRotationProblem(old, now);
        if (problem !== null) throw new ClipgateError('key_not_active', `The key ${id} ${problem}.`);
        // As long-lived as the one before.
        const expiresAt = old.expiresAt === null ? null : now + old.expiresAt - old.createdAt;
        const key = await insertKey(db, dialect, { ...old, ...made, expiresAt }, old.line, by);
        const endsAt = Math.min(now + graceMs, old.expiresAt ?? Number.MAX_SAFE_INTEGER);
        await db
          .updateTable('keys')
          .set({ expires_at: endsAt, replaced_by: key.id })
          .where('id', '=', id)
          .execute();
        await writeAudit(db, dialect, {
          ...auditOf(old, by, 'rotate'),
          before: { expiresAt: old.expiresAt, replacedBy: null },
          after: { expiresAt: endsAt, replacedBy: key.id },
        });
        return { kind: 'created', key };
      }),

    updateKey: (id, change, by) =>
      writeAccounts(async (db) => {
        const before = await lockKey(db, id);
        const columns = toKeyColumns(change);
        if (!before || Object.keys(columns).length === 0) return before ? toKey(before) : null;
        const row = await db
          .updateTable('keys')
          .set(columns)
          .where('id', '=', id)
          .returning(KEY_COLUMNS)
          .executeTakeFirstOrThrow();
        const [old, key] = [toKey(before), toKey(row)];
        const changed = (of: StoredKey) =>
          Object.fromEntries(Object.keys(change).map((member) => [member, of[member as keyof StoredKey]]));
        await writeAudit(db, dialect, {
          ...auditOf(key, by, 'update'),
          before: changed(old),
          after: changed(key),
        });
        return key;
      }),

    revokeKey: (id, by) =>
      writeAccounts(async (db) => {
        const row = await db
          .updateTable('keys')
          .set({ revoked_at: dialect.now() })
          .where('id', '=', id)
          .where('revoked_at', 'is', null)
          .returning(KEY_COLUMNS)
          .executeTakeFirst();
        if (!row) {
          const known = await selectKeys(db).where('id', '=', id).executeTakeFirst();
          return known ? toKey(known) : null;
        }
        const key = toKey(row);
        await writeAudit(db, dialect, {
          ...auditOf(key, by, 'revoke'),
          before: { revokedAt: null },
          after: { revokedAt: key.revokedAt },
        });
        return key;
      }),

    async getKey(id) {
      const row = await selectKeys(reader).where('id', '=', id).executeTakeFirst();
      return row ? toKey(row) : null;
    },

    async findKey(sha256) {
      const row = await selectKeys(reader).where('sha256', '=', sha256).executeTakeFirst();
      return row ? toKey(row) : null;
    },

    async listKeys({ client, before, limit }) {
      let query = selectKeys(reader);
      if (client !== null) query = query.where('client', '=', client);
      if (before !== null) query = query.where('id', '<', before);
      return (await query.orderBy('id', 'desc').limit(limit).execute()).map(toKey);
    },

    noteKeyUse: (id, day) =>
      writeOne(async (db) => {
        await db
          .updateTable('keys')
          .set({ last_used_on: day })
          .where('id', '=', id)
          .where(sql<boolean>`(last_used_on is null or last_used_on < ${day})`)
          .execute();
        return { value: undefined, changed: [] };
      }),
  };
}

function findRotationProblem(key: StoredKey, now: number): string | null {
  if (key.revokedAt !== null) return 'is revoked';
  if (key.replacedBy !== null) return `was rotated already: ${key.replacedBy} is in its place`;
  return key.expiresAt !== null && key.expiresAt <= now ? 'has expired' : null;
}
