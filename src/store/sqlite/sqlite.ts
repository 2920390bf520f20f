// The store in one SQLite file that one process owns: what it acknowledges survives kill -9 and power loss.

import {
  accessSync,
  closeSync,
  constants,
  existsSync,
  mkdirSync,
  openSync,
  realpathSync,
  statSync,
} from 'node:fs';
import { basename, dirname, join, resolve } from 'node:path';
import { Kysely, SqliteDialect, sql } from 'kysely';
import { ClipgateError } from '../../core/errors.ts';
import { MIGRATIONS } from '../migrations/migrations.ts';
import { migrate } from '../migrations/migrator.ts';
import type { JobStore } from '../ports/job-store.ts';
import { releaseAlarmCalls } from '../queries/alarm-calls.ts';
import { releaseCallbacks } from '../queries/callback-records.ts';
import { prepareJobLeases } from '../queries/job-leases.ts';
import { releaseAnswers } from '../queries/order-answers.ts';
import { createAccountEvents } from '../sql/account-events.ts';
import type { Queries } from '../sql/database.ts';
import { createGroupCommit, inTransaction } from '../sql/group-commit.ts';
import { guardStore } from '../sql/guard-store.ts';
import { createJobEvents } from '../sql/job-events.ts';
import { createJobStore } from '../sql/job-store.ts';
import { createJobCache } from './job-cache.ts';
import { SQLITE_DIALECT } from './sqlite-dialect.ts';
import { createKyselyDatabase, loadSqlite, type SqliteModule } from './sqlite-driver.ts';
import { lockFile } from './sqlite-lock.ts';
import { checkLogFits, createWalGuard } from './wal-guard.ts';

export interface SqliteStoreOptions {
  /** A path, or `:memory:` for a store that is gone when closed. A missing folder is made, for its owner only. */
  readonly file: string;
  /** Epoch milliseconds: the clock of leases, due times and records. */
  readonly clock: () => number;
  /** Receives what went wrong, or needs attention, where no caller waits. */
  readonly report?: (error: Error) => void;
}

const IN_MEMORY = ':memory:';

// Foreign programs (a backup, a shell) may hold the file for a moment. Checkpoints are the WAL guard's.
// `secure_delete`: a request that is erased must not stay readable in pages that are free.
const PRAGMAS =
  'pragma busy_timeout = 5000; pragma synchronous = full; pragma foreign_keys = on; pragma secure_delete = on; pragma wal_autocheckpoint = 0;';

/** The one name of a file, however it was spelled, so that its lock has one name too. */
function resolveFile(file: string): string {
  const folder = dirname(resolve(file));
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  // The lock and the log stand beside the file, and SQLite does not say where it may not write.
  accessSync(folder, constants.W_OK);
  const path = join(realpathSync(folder), basename(file));
  return existsSync(path) ? realpathSync(path) : path;
}

interface Connection {
  readonly queries: Queries;
  close(): Promise<void>;
}

function connect(sqlite: SqliteModule, file: string, clock: () => number, pragmas: string): Connection {
  const handle = new sqlite.DatabaseSync(file);
  try {
    handle.exec(pragmas);
    const database = createKyselyDatabase(handle, clock);
    const queries: Queries = new Kysely({ dialect: new SqliteDialect({ database }) });
    return {
      queries,
      async close() {
        await queries.destroy();
        handle.close();
      },
    };
  } catch (error) {
    handle.close();
    throw error;
  }
}

/** Some network file systems cannot share the memory that WAL needs, and SQLite then silently goes without. */
async function enterWal(writer: Queries, file: string): Promise<void> {
  const { rows } = await sql<{ journal_mode: string }>`pragma journal_mode = wal`.execute(writer);
  if (rows[0]?.journal_mode === 'wal' || file === IN_MEMORY) return;
  throw new ClipgateError(
    'internal',
    `The file system of ${file} does not support SQLite's write-ahead log. Use a local file system.`,
  );
}

/** A page that is damaged would be found later, in the middle of an order. */
async function requireIntegrity(writer: Queries, file: string): Promise<void> {
  const { rows } = await sql<{ quick_check: string }>`pragma quick_check(1)`.execute(writer);
  const [found] = rows;
  if (found?.quick_check === 'ok') return;
  throw new ClipgateError(
    'internal',
    `The database file ${file} is damaged (${found?.quick_check ?? 'it cannot be checked'}). Keep a copy of it and of ${file}-wal, then restore a backup with \`node dist/main.js restore <file>\`.`,
  );
}

/** Requests hold prompts. */
function findOpenMode(file: string): Error | null {
  const mode = existsSync(file) ? statSync(file).mode & 0o777 : 0;
  if ((mode & 0o077) === 0) return null;
  return new Error(
    `The database file ${file} can be read by other users of this machine (mode 0${mode.toString(8)}): chmod 600 it`,
  );
}

/** What the system or SQLite refuses is a path that the operator can correct; anything else is a fault of ours. */
function asOpenError(cause: unknown, file: string): unknown {
  if (!(cause instanceof Error) || cause instanceof ClipgateError || !('code' in cause)) return cause;
  return new ClipgateError('internal', `DATABASE_URL: ${file} cannot be opened (${cause.message})`, {
    cause,
  });
}

/** Reports a failure to open `file` as an error that the operator can act on. Nothing else belongs in here. */
async function opening<T>(file: string, open: () => T | Promise<T>): Promise<T> {
  try {
    return await open();
  } catch (error) {
    throw asOpenError(error, file);
  }
}

/**
 * Opens the store, creating or upgrading its schema. Leases of earlier boots are void at once, since their owner is
 * gone: what it was working on is due now.
 * @throws ClipgateError where the file cannot be made or written, another process owns it, or a newer Clipgate wrote it.
 */
export async function openSqliteStore({
  file,
  clock,
  report = () => {},
}: SqliteStoreOptions): Promise<JobStore> {
  const sqlite = await loadSqlite();
  const inMemory = file === IN_MEMORY;
  const { path, unlock } = await opening(file, () => {
    if (inMemory) return { path: file, unlock: () => {} };
    const path = resolveFile(file);
    return { path, unlock: lockFile(sqlite, path) };
  });
  const connections: Connection[] = [];
  const closeAll = async (): Promise<void> => {
    // The writer last: the last connection to close folds the log into the file.
    for (const connection of connections.reverse()) await connection.close();
    unlock();
  };

  try {
    if (!inMemory) {
      checkLogFits(path);
      const openMode = findOpenMode(path);
      if (openMode) report(openMode);
    }
    const writing = await opening(file, async () => {
      // Requests hold prompts. SQLite gives its other files the mode of this one.
      if (!inMemory) closeSync(openSync(path, 'a', 0o600));
      const connection = connect(sqlite, path, clock, PRAGMAS);
      connections.push(connection);
      await enterWal(connection.queries, path);
      await requireIntegrity(connection.queries, path);
      return connection;
    });
    const guard = inMemory ? null : await createWalGuard(writing.queries, path);
    await inTransaction(writing.queries, 'begin immediate', async (db) => {
      await migrate(db, SQLITE_DIALECT, MIGRATIONS);
      await prepareJobLeases(db, SQLITE_DIALECT).releaseAll(db);
      await releaseCallbacks(db, SQLITE_DIALECT, null);
      await releaseAnswers(db, null);
      await releaseAlarmCalls(db, SQLITE_DIALECT, null);
    });

    // A database in memory has one connection; Kysely then queues reads behind the group being written.
    const reading = await opening(file, () =>
      inMemory ? writing : connect(sqlite, path, clock, `${PRAGMAS} pragma query_only = on`),
    );
    if (!inMemory) connections.push(reading);

    const feed = createJobEvents();
    const accounts = createAccountEvents();
    const cache = createJobCache();
    const tend = async (checkpoint: (() => Promise<void>) | undefined): Promise<void> => {
      try {
        await checkpoint?.();
      } catch (cause) {
        // Nothing is lost: the log goes on growing, and what it holds is durable.
        report(new Error('The write-ahead log could not be folded into the database file', { cause }));
      }
    };
    const { write, close } = createGroupCommit(
      writing.queries,
      (jobIds) => {
        cache.forget(jobIds);
        feed.announce(jobIds);
      },
      { begin: 'begin immediate', rest: () => tend(guard?.checkpointWhenLarge) },
    );
    const store = createJobStore({
      dialect: SQLITE_DIALECT,
      reader: reading.queries,
      write,
      // One connection writes, one unit after another, all of a moment in one commit.
      writeShared: (unit) => write(unit),
      writeOne: (unit) => write(unit),
      onJobChanged: feed.subscribe,
      async writeAccounts(unit) {
        const value = await write(async (db) => ({ value: await unit(db), changed: [] }));
        accounts.announce();
        return value;
      },
      onAccountsChanged: accounts.subscribe,
      async close() {
        await close();
        // Not left to the last connection: the driver closes it when its statements are collected, or never.
        await tend(guard?.checkpoint);
        await closeAll();
      },
    });
    return guardStore({ ...store, getJob: cache.wrap(store.getJob) });
  } catch (error) {
    await closeAll();
    throw error;
  }
}
