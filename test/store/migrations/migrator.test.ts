// Migrations run once each, in order, wholly or not at all, and never on a database from the future.

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { CompiledQuery, Kysely, SqliteDialect, sql } from 'kysely';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { MIGRATIONS } from '../../../src/store/migrations/migrations.ts';
import type { Migration } from '../../../src/store/migrations/migrator.ts';
import { migrate } from '../../../src/store/migrations/migrator.ts';
import type { Dialect, Queries } from '../../../src/store/sql/database.ts';
import { inTransaction } from '../../../src/store/sql/group-commit.ts';
import { openSqliteStore } from '../../../src/store/sqlite/sqlite.ts';
import { createKyselyDatabase, loadSqlite } from '../../../src/store/sqlite/sqlite-driver.ts';
import { createClaim } from '../contract/store-under-test.ts';
import { expectPreviousJobsGoOn, PREVIOUS_ROWS } from './previous-schema.ts';

const START = Date.UTC(2026, 10, 1);
const DIALECT: Dialect = {
  now: () => sql<number>`clock_ms()`,
  lockRows: (query) => query,
  lockFreeRows: (query) => query,
  lockName: async () => {},
  lockTable: async () => {},
};
const FIRST: Migration = { version: 1, name: 'first', statements: ['create table notes (body text)'] };
const SECOND: Migration = { version: 2, name: 'second', statements: ["insert into notes values ('kept')"] };

let folder: string;
let file: string;
let db: Queries;
const run = (migrations: readonly Migration[]) =>
  inTransaction(db, 'begin immediate', (transaction) => migrate(transaction, DIALECT, migrations));
const tables = async () =>
  (
    await sql<{ name: string }>`select name from sqlite_schema where type = 'table' order by name`.execute(db)
  ).rows.map(({ name }) => name);

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'clipgate-store-'));
  file = join(folder, 'clipgate.db');
  const handle = new (await loadSqlite()).DatabaseSync(file);
  const database = createKyselyDatabase(handle, () => START);
  db = new Kysely({
    dialect: new SqliteDialect({ database: { prepare: database.prepare, close: () => handle.close() } }),
  });
  await sql`select 1`.execute(db);
});
afterEach(async () => {
  await db.destroy();
  rmSync(folder, { recursive: true });
});

describe('migrate', () => {
  it('applies what is missing, once, and says when', async () => {
    await run([FIRST]);
    await run([FIRST, SECOND]);
    await run([FIRST, SECOND]);
    expect((await sql`select body from notes`.execute(db)).rows).toHaveLength(1);
    const ledger = await db
      .selectFrom('schema_migrations')
      .select(['version', 'name', 'applied_at'])
      .execute();
    expect(ledger.map((row) => ({ ...row }))).toEqual([
      { version: 1, name: 'first', applied_at: START },
      { version: 2, name: 'second', applied_at: START },
    ]);
  });

  it('leaves nothing of a migration that fails', async () => {
    const broken = { ...SECOND, statements: ['create table half (body text)', 'create nonsense'] };
    await expect(run([FIRST, broken])).rejects.toThrow();
    expect(await tables()).toEqual([]);
    await run([FIRST, SECOND]);
  });

  it('refuses a database of a newer Clipgate, and one that is not Clipgate’s', async () => {
    await run([FIRST, SECOND]);
    await expect(run([FIRST])).rejects.toThrow(
      'schema version 2 ("second"), which needs a Clipgate that knows version 2; this one knows up to 1',
    );
    await expect(run([FIRST, { ...SECOND, name: 'another' }])).rejects.toThrow('not written by Clipgate');
  });
});

describe('a database of a newer Clipgate', () => {
  const LEDGER: Migration = {
    version: 1,
    name: 'ledger',
    statements: ['alter table schema_migrations add column min_reader bigint'],
  };
  const ADDS: Migration = { ...SECOND, statements: ['create table more (body text)'], minReader: 1 };
  const CHANGES: Migration = { version: 3, name: 'third', statements: ['drop table more'] };

  it('is used by an older one where it only adds, and left as it is', async () => {
    await run([LEDGER, ADDS]);
    const before = await tables();
    await run([LEDGER]);
    expect(await tables()).toEqual(before);
    await run([LEDGER, ADDS]);
  });

  it('is refused to an older one as soon as one change is more than that', async () => {
    await run([LEDGER, ADDS, CHANGES]);
    await expect(run([LEDGER])).rejects.toThrow(
      'schema version 3 ("third"), which needs a Clipgate that knows version 3; this one knows up to 1',
    );
    await expect(run([LEDGER, ADDS])).rejects.toThrow('schema version 3');
    await run([LEDGER, ADDS, CHANGES]);
  });
});

describe('a file of the version before', () => {
  it('is brought up to date: its jobs are served and go on', async () => {
    await run(MIGRATIONS.slice(0, 8));
    for (const row of PREVIOUS_ROWS) await db.executeQuery(CompiledQuery.raw(row));
    const store = await openSqliteStore({ file, clock: () => START });
    await expectPreviousJobsGoOn(store);
    await store.close();
    const { rows } = await sql<{ hash: string }>`select hash from bodies`.execute(db);
    // One of the picture under each model that has it: of the fallback's three candidates one.
    expect(rows).toHaveLength(2);
  });
});

describe('the schema', () => {
  it('counts its versions upwards', () => {
    const versions = MIGRATIONS.map(({ version }) => version);
    expect(versions).toEqual([...new Set(versions)].sort((a, b) => a - b));
    expect(versions[0]).toBe(1);
  });

  it('is laid in an empty file and found again, and a newer one is refused with the file released', async () => {
    const open = () => openSqliteStore({ file, clock: () => START });
    const first = await open();
    const { job } = await createClaim(first);
    await first.close();
    const second = await open();
    expect(await second.getJob(job.id, 'studio')).toEqual(job);
    await second.close();
    expect(await tables()).toEqual([
      'alarm_calls',
      'audit',
      'bodies',
      'body_parts',
      'budget_adjustments',
      'budget_events',
      'budget_holds',
      'budget_windows',
      'budgets',
      'callback_attempts',
      'callbacks',
      'catalog_changes',
      'clients',
      'documents',
      'idempotency_keys',
      'idempotent_acts',
      'job_attempts',
      'job_audit',
      'job_plans',
      'job_tags',
      'jobs',
      'keys',
      'ledger',
      'observations',
      'order_answers',
      'outputs',
      'quoted_clips',
      'schema_migrations',
      'sessions',
      'spend_hours',
      'webhook_inbox',
    ]);

    await sql`insert into schema_migrations (version, name, applied_at) values (99, 'teleport', 0)`.execute(
      db,
    );
    await expect(open()).rejects.toThrow('schema version 99 ("teleport")');
    await sql`delete from schema_migrations where version = 99`.execute(db);
    await (await open()).close();
  });
});
