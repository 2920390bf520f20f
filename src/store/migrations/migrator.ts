// Brings a database to the newest schema: forward only, each migration once, a newer database refused.

import { CompiledQuery } from 'kysely';
import { ClipgateError } from '../../core/errors.ts';
import type { Dialect, Queries } from '../sql/database.ts';

/** One schema change as data: SQL that SQLite and PostgreSQL both understand. Versions count 1, 2, 3. */
export interface Migration {
  readonly version: number;
  readonly name: string;
  readonly statements: readonly string[];
}

const CREATE_LEDGER = `create table if not exists schema_migrations (
  version bigint not null primary key,
  name text not null,
  applied_at bigint not null
)`;

/**
 * Applies what is missing, in order. The caller has `db` inside a transaction that no other migrator can be in,
 * so that a failure leaves the schema as it was.
 * @throws ClipgateError where the database was written by a newer Clipgate, or by another history of migrations.
 */
export async function migrate(
  db: Queries,
  dialect: Dialect,
  migrations: readonly Migration[],
): Promise<void> {
  await db.executeQuery(CompiledQuery.raw(CREATE_LEDGER));
  const applied = await db
    .selectFrom('schema_migrations')
    .select(['version', 'name'])
    .orderBy('version')
    .execute();

  const newest = migrations.at(-1)?.version ?? 0;
  for (const { version, name } of applied) {
    const known = migrations.find((migration) => migration.version === version);
    if (known?.name === name) continue;
    throw new ClipgateError(
      'internal',
      version > newest
        ? `The database has schema version ${version} ("${name}"), this Clipgate knows up to ${newest}: run the newer Clipgate that wrote it.`
        : `The database has schema version ${version} as "${name}", which this Clipgate does not know: it was not written by Clipgate.`,
    );
  }

  const done = new Set(applied.map((row) => row.version));
  for (const { version, name, statements } of migrations) {
    if (done.has(version)) continue;
    for (const statement of statements) await db.executeQuery(CompiledQuery.raw(statement));
    await db.insertInto('schema_migrations').values({ version, name, applied_at: dialect.now() }).execute();
  }
}
