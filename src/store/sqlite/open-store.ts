// Opens the store that a database URL names.

import { ClipgateError } from '../../core/errors.ts';
import type { JobStore } from '../ports/job-store.ts';
import { openPostgresStore } from '../postgres/postgres.ts';
import { openSqliteStore } from './sqlite.ts';

export interface StoreOptions {
  /** `sqlite:<path>` (`sqlite::memory:` keeps nothing) or `postgres://user:password@host:port/database`. */
  readonly databaseUrl: string;
  /** Epoch milliseconds: SQLite's clock. PostgreSQL has its own. */
  readonly clock: () => number;
  /** Receives errors that no caller waits for. */
  readonly report: (error: Error) => void;
}

// Two slashes may follow, as in `sqlite:///var/lib/clipgate.db`: the path begins after them.
const SQLITE_URL = /^sqlite:(?:\/\/)?(?<file>.+)$/s;
const POSTGRES_URL = /^postgres(?:ql)?:\/\//;

/** The file that a database URL names; null where it names no SQLite file. */
export const sqliteFileOf = (databaseUrl: string): string | null =>
  SQLITE_URL.exec(databaseUrl)?.groups?.['file'] ?? null;

/**
 * Opens the store, creating or upgrading its schema.
 * @throws ClipgateError where the URL names no database we know, and as `openSqliteStore` and `openPostgresStore` do.
 */
export async function openStore({ databaseUrl, clock, report }: StoreOptions): Promise<JobStore> {
  const file = sqliteFileOf(databaseUrl);
  if (file !== null) return openSqliteStore({ file, clock, report });
  if (POSTGRES_URL.test(databaseUrl)) return openPostgresStore({ url: databaseUrl, report });
  // Only the scheme is repeated: the rest may hold a password.
  const scheme = /^[a-z][a-z0-9+.-]*:/i.exec(databaseUrl)?.[0] ?? 'no scheme';
  throw new ClipgateError(
    'internal',
    `DATABASE_URL must be sqlite:<path> or postgres://<user>:<password>@<host>:<port>/<database>; it has ${scheme}.`,
  );
}
