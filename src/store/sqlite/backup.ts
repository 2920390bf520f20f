// Backup, restore and check of a SQLite file: each whole or not at all, whenever the process is killed.

import { randomUUID } from 'node:crypto';
import {
  closeSync,
  copyFileSync,
  existsSync,
  fsyncSync,
  openSync,
  realpathSync,
  renameSync,
  rmSync,
  statSync,
} from 'node:fs';
import { basename, dirname, join, resolve } from 'node:path';
import { Kysely, SqliteDialect } from 'kysely';
import { ClipgateError } from '../../core/errors.ts';
import { markRestored } from '../queries/mark-restored.ts';
import type { Queries } from '../sql/database.ts';
import { inTransaction } from '../sql/group-commit.ts';
import { SQLITE_DIALECT } from './sqlite-dialect.ts';
import { createKyselyDatabase, loadSqlite, type SqliteHandle, type SqliteModule } from './sqlite-driver.ts';
import { lockFile } from './sqlite-lock.ts';
import { checkLogFits, forbidLog, removeCompanions, syncFolder } from './wal-guard.ts';

const refuse = (message: string, cause?: unknown) => new ClipgateError('internal', message, { cause });

function requireFile(file: string): string {
  if (existsSync(file) && statSync(file).isFile()) return realpathSync(file);
  throw refuse(`There is no database file ${file}.`);
}

/** Beside its later place, so that it can be renamed there. Readable by its owner only. */
function createTemporary(target: string): string {
  const temporary = join(dirname(target), `.${basename(target)}.${randomUUID()}.part`);
  closeSync(openSync(temporary, 'wx', 0o600));
  return temporary;
}

function syncFile(file: string): void {
  const descriptor = openSync(file, 'r+');
  try {
    fsyncSync(descriptor);
  } finally {
    closeSync(descriptor);
  }
}

function open(sqlite: SqliteModule, file: string): SqliteHandle {
  const handle = new sqlite.DatabaseSync(file);
  handle.exec('pragma busy_timeout = 5000; pragma trusted_schema = off');
  return handle;
}

/** @throws ClipgateError where SQLite finds damage, or the file is no database of Clipgate's. */
function requireIntegrity(handle: SqliteHandle, file: string): void {
  const damage = readIntegrity(handle);
  if (damage !== null) throw refuse(`${file} is damaged: ${damage}`);
  const ledger = handle
    .prepare("select name from sqlite_schema where type = 'table' and name = 'schema_migrations'")
    .all();
  if (ledger.length === 0) throw refuse(`${file} is not a database of Clipgate.`);
}

/** The first damage found, in SQLite's words; null for none. */
function readIntegrity(handle: SqliteHandle): string | null {
  try {
    const [row] = handle.prepare('pragma integrity_check(1)').all() as { integrity_check: string }[];
    return row?.integrity_check === 'ok' ? null : (row?.integrity_check ?? 'it cannot be checked');
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

/**
 * Writes a consistent copy of a database, which a gateway may be using, to `target`, for its owner only. `target` is
 * replaced once the copy is complete and checked, and not before.
 */
export async function backupSqlite(file: string, target: string): Promise<void> {
  const source = requireFile(file);
  const place = join(realpathSync(dirname(resolve(target))), basename(target));
  if (place === source) throw refuse('A backup cannot be written over the database itself.');
  checkLogFits(source);
  const sqlite = await loadSqlite();
  const temporary = createTemporary(place);
  try {
    const reading = open(sqlite, source);
    try {
      reading.prepare('vacuum into ?').run(temporary);
    } finally {
      reading.close();
    }
    const copy = open(sqlite, temporary);
    try {
      requireIntegrity(copy, 'The copy');
      // No log of the original fits the copy.
      copy.exec('pragma journal_mode = delete; pragma user_version = 0');
    } finally {
      copy.close();
    }
    syncFile(temporary);
    renameSync(temporary, place);
    syncFolder(dirname(place));
  } finally {
    rmSync(temporary, { force: true });
  }
}

export interface Restored {
  /** Jobs that may have been sent since the backup: `submission_unknown` now. */
  readonly unknownJobs: number;
}

/**
 * Puts a backup in the place of a database that no gateway uses, with buying held. What stands in its place is replaced
 * once the backup is copied, checked and marked, and its log is removed with it. Killed at any moment, either the old
 * database is as it was, or the new one is in place, or the gateway refuses to start until the restore is repeated.
 * @param clock epoch milliseconds.
 */
export async function restoreSqlite(backup: string, file: string, clock: () => number): Promise<Restored> {
  const source = requireFile(backup);
  const folder = realpathSync(dirname(resolve(file)));
  const named = join(folder, basename(file));
  const place = existsSync(named) ? realpathSync(named) : named;
  if (place === source) throw refuse('The backup is the database itself.');
  if (existsSync(`${source}-wal`) && statSync(`${source}-wal`).size > 0) {
    throw refuse(
      `${source} has a write-ahead log beside it, so it is a copy of a database in use and not a backup. Take backups with \`node dist/main.js backup <file>\`.`,
    );
  }
  const sqlite = await loadSqlite();
  const unlock = lockFile(sqlite, place);
  const temporary = createTemporary(place);
  try {
    copyFileSync(source, temporary);
    const handle = open(sqlite, temporary);
    let unknownJobs: number;
    try {
      requireIntegrity(handle, source);
      handle.exec('pragma journal_mode = delete; pragma user_version = 0');
      const database = createKyselyDatabase(handle, clock);
      const queries: Queries = new Kysely({ dialect: new SqliteDialect({ database }) });
      unknownJobs = await inTransaction(queries, 'begin immediate', (db) => markRestored(db, SQLITE_DIALECT));
      await queries.destroy();
    } finally {
      handle.close();
    }
    syncFile(temporary);
    // The log of the old database must not pass for one of the new, should we be killed before it is removed.
    forbidLog(place);
    renameSync(temporary, place);
    syncFolder(folder);
    removeCompanions(place);
    syncFolder(folder);
    return { unknownJobs };
  } finally {
    rmSync(temporary, { force: true });
    unlock();
  }
}

/** @throws ClipgateError with what is wrong with the file, or with the log beside it. Changes nothing. */
export async function checkSqlite(file: string): Promise<void> {
  const source = requireFile(file);
  checkLogFits(source);
  const handle = open(await loadSqlite(), source);
  try {
    requireIntegrity(handle, source);
  } finally {
    handle.close();
  }
}
