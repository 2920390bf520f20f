// One process owns a database file: the operating system holds the lock and lets go of it however the process ends.

import { ClipgateError } from '../../core/errors.ts';
import type { SqliteHandle, SqliteModule } from './sqlite-driver.ts';

const BUSY = 5;

const isBusy = (error: unknown): boolean =>
  error instanceof Error &&
  (('errcode' in error && error.errcode === BUSY) || error.message.includes('database is locked'));

/**
 * Takes the lock of `file` (an absolute path without links), in an empty file beside it. Returns what lets go.
 *
 * The lock file is only ever opened by SQLite: POSIX drops a process's locks on a file as soon as the process
 * closes any descriptor of it, and SQLite alone keeps count.
 * @throws ClipgateError where another process owns the file.
 */
export function lockFile({ DatabaseSync }: SqliteModule, file: string): () => void {
  const lock: SqliteHandle = new DatabaseSync(`${file}.lock`);
  try {
    // Nothing is ever written, so no journal file need stand beside it.
    lock.exec('pragma busy_timeout = 0; pragma journal_mode = memory; begin exclusive');
  } catch (error) {
    lock.close();
    if (!isBusy(error)) throw error;
    throw new ClipgateError(
      'internal',
      `The database file ${file} is in use by another Clipgate process. Stop that one, or give this one a DATABASE_URL of its own.`,
      { cause: error },
    );
  }
  return () => lock.close();
}
