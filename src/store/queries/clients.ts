// Clients: the rules that hold for all of a client's keys, and the secrets that sign its callbacks.

import type { AccountStore, StoredClient } from '../ports/accounts.ts';
import type { Database } from '../sql/database.ts';
import { writeAudit } from './audit.ts';
import { toClient, toClientColumns } from './key-row.ts';

export type ClientStore = Pick<AccountStore, 'putClient' | 'getClient' | 'listClients'>;

/** What an audit entry says of a client: of its secrets, which there are. */
const describeClient = ({ models, limits, callbackSecrets }: StoredClient) => ({
  models,
  limits,
  callbackSecrets: callbackSecrets.map(({ id }) => id),
});

export const createClientStore = ({ reader, dialect, writeAccounts }: Database): ClientStore => ({
  putClient: (name, change, by) =>
    writeAccounts(async (db) => {
      const columns = toClientColumns(change);
      const inserted = await db
        .insertInto('clients')
        .values({
          name,
          models: null,
          limits: null,
          callback_secrets: null,
          ...columns,
          created_at: dialect.now(),
          updated_at: dialect.now(),
        })
        .onConflict((conflict) => conflict.column('name').doNothing())
        .returningAll()
        .executeTakeFirst();
      const before = inserted
        ? null
        : toClient(
            await dialect
              .lockRows(db.selectFrom('clients').selectAll().where('name', '=', name))
              .executeTakeFirstOrThrow(),
          );
      const row =
        inserted ??
        (await db
          .updateTable('clients')
          .set({ ...columns, updated_at: dialect.now() })
          .where('name', '=', name)
          .returningAll()
          .executeTakeFirstOrThrow());
      const client = toClient(row);
      await writeAudit(db, dialect, {
        ...by,
        action: before === null ? 'create' : 'update',
        object: { kind: 'client', id: name },
        before: before && describeClient(before),
        after: describeClient(client),
      });
      return { client, created: before === null };
    }),

  async getClient(name) {
    const row = await reader.selectFrom('clients').selectAll().where('name', '=', name).executeTakeFirst();
    return row ? toClient(row) : null;
  },

  async listClients({ after, limit }) {
    let query = reader.selectFrom('clients').selectAll();
    if (after !== null) query = query.where('name', '>', after);
    return (await query.orderBy('name').limit(limit).execute()).map(toClient);
  },
});
