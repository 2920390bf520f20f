// Brings a database to the newest schema: forward only, each migration once, a newer database refused unless it only adds.

import { CompiledQuery } from 'kysely';
import { ClipgateError } from '../../core/errors.ts';
import type { Dialect, Queries } from '../sql/database.ts';

/** One schema change as data: SQL that SQLite and PostgreSQL both understand. Versions count 1, 2, 3. */
export interface Migration {
  readonly version: number;
  readonly name: string;
  readonly statements: readonly string[];
  /** Moves what is stored, after the statements and in their transaction. */
  readonly moveData?: (db: Queries) => Promise<void>;
  /**
   * The oldest schema version whose programs may use the database after this change; absent = this one. A change that
   * only adds what an older program need not know names the version before it, or an earlier one.
   */
  readonly minReader?: number;
}

const CREATE_LEDGER = `create table if not exists schema_migrations (
  version bigint not null primary key,
  name text not null,
  applied_at bigint not null
)`;

/**
 * Applies what is missing, in order. The caller has `db` inside a transaction that no other migrator can be in,
 * so that a failure leaves the schema as it was.
 * @throws ClipgateError where a newer Clipgate changed the database beyond what this one can read, or where it was
 * written by another history of migrations.
 */
export async function migrate(
  db: Queries,
  dialect: Dialect,
  migrations: readonly Migration[],
): Promise<void> {
  await db.executeQuery(CompiledQuery.raw(CREATE_LEDGER));
  const applied = await db
    .selectFrom('schema_migrations')
    // Whatever columns there are: `min_reader` came with version 9.
    .selectAll()
    .orderBy('version')
    .execute();

  const newest = migrations.at(-1)?.version ?? 0;
  for (const { version, name, min_reader: minReader } of applied) {
    const known = migrations.find((migration) => migration.version === version);
    if (known?.name === name) continue;
    if (version > newest && (minReader ?? version) <= newest) continue;
    throw new ClipgateError(
      'internal',
      version > newest
        ? `The database has schema version ${version} ("${name}"), which needs a Clipgate that knows version ${minReader ?? version}; this one knows up to ${newest}. Run the newer Clipgate that wrote it.`
        : `The database has schema version ${version} as "${name}", which this Clipgate does not know: it was not written by Clipgate.`,
    );
  }

  const done = new Set(applied.map((row) => row.version));
  for (const { version, name, statements, moveData, minReader } of migrations) {
    if (done.has(version)) continue;
    for (const statement of statements) await db.executeQuery(CompiledQuery.raw(statement));
    await moveData?.(db);
    const row = { version, name, applied_at: dialect.now() };
    await db
      .insertInto('schema_migrations')
      .values(minReader === undefined ? row : { ...row, min_reader: minReader })
      .execute();
  }
}
