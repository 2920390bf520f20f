// The words of SQL in which SQLite differs.

import { sql } from 'kysely';
import type { Dialect } from '../sql/database.ts';
import { CLOCK_FUNCTION } from './sqlite-driver.ts';

/** One writer at a time, so nothing needs a lock. */
export const SQLITE_DIALECT: Dialect = {
  now: () => sql<number>`${sql.raw(CLOCK_FUNCTION)}()`,
  lockRows: (query) => query,
  lockFreeRows: (query) => query,
  lockName: async () => {},
  lockTable: async () => {},
};
