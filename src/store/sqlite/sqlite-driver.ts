// One SQLite driver for every Node we run on, in the shape Kysely's dialect asks for.

import { versions } from 'node:process';
import type { SqliteDatabase, SqliteStatement } from 'kysely';

/** The API that `node:sqlite` and `@photostructure/sqlite` share, as far as we use it. */
export interface SqliteModule {
  readonly DatabaseSync: new (file: string) => SqliteHandle;
}

export interface SqliteHandle {
  exec(statements: string): void;
  prepare(statement: string): SqliteHandleStatement;
  function(name: string, implementation: () => bigint): void;
  close(): void;
}

interface SqliteHandleStatement {
  all(...parameters: unknown[]): unknown[];
  run(...parameters: unknown[]): { changes: number | bigint; lastInsertRowid: number | bigint };
  iterate(...parameters: unknown[]): IterableIterator<unknown>;
  columns(): unknown[];
}

/** The first Node whose own SQLite is no longer announced as an experiment on every start. */
const OWN_SQLITE_SINCE = 24;

/** Our queries have some thirty shapes; the bound is for those built on the fly. */
const MAX_STATEMENTS = 200;

/** The SQL function that reads the clock: `clock_ms()`, the same value throughout one statement. */
export const CLOCK_FUNCTION = 'clock_ms';

/** The runtime's own SQLite where it is stable, else the same API from a package with its binary inside. */
export async function loadSqlite(): Promise<SqliteModule> {
  const major = Number.parseInt(versions.node, 10);
  // Not a literal import: the types of the oldest Node we support do not know the module.
  const name: string = major >= OWN_SQLITE_SINCE ? 'node:sqlite' : '@photostructure/sqlite';
  return import(name);
}

/**
 * Wraps an open handle for Kysely: statements are prepared once, and `clock` (epoch milliseconds) is the
 * database's clock. Closing it leaves the handle open, for Kysely closes only what it has run a query on.
 */
export function createKyselyDatabase(handle: SqliteHandle, clock: () => number): SqliteDatabase {
  const statements = new Map<string, SqliteStatement>();
  let now = 0n;
  handle.function(CLOCK_FUNCTION, () => now);
  // Read before each statement, not in it: one statement must not write two times.
  const readClock = (): void => {
    now = BigInt(Math.trunc(clock()));
  };

  function compile(text: string): SqliteStatement {
    const statement = handle.prepare(text);
    return {
      reader: statement.columns().length > 0,
      all(parameters) {
        readClock();
        return statement.all(...parameters);
      },
      run(parameters) {
        readClock();
        return statement.run(...parameters);
      },
      iterate(parameters) {
        readClock();
        return statement.iterate(...parameters);
      },
    };
  }

  return {
    prepare(text) {
      const known = statements.get(text);
      if (known) return known;
      const [oldest] = statements.keys();
      if (statements.size >= MAX_STATEMENTS && oldest !== undefined) statements.delete(oldest);
      const statement = compile(text);
      statements.set(text, statement);
      return statement;
    },
    close() {
      statements.clear();
    },
  };
}
