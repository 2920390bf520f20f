// What our queries ask of a database, so that SQLite and PostgreSQL run the same ones.

import type { Expression, Kysely, SelectQueryBuilder } from 'kysely';
import type { Tables } from './tables.ts';

export type Queries = Kysely<Tables>;

/** The few words in which the databases differ. */
export interface Dialect {
  /** Epoch milliseconds on the database's clock, read once per statement. */
  now(): Expression<number>;
  /** Locks the selected rows until the transaction ends; waits for transactions that hold them now. */
  lockRows<T extends keyof Tables, O>(
    query: SelectQueryBuilder<Tables, T, O>,
  ): SelectQueryBuilder<Tables, T, O>;
  /** Holds the selected rows, leaving out those that someone else holds. */
  lockFreeRows<T extends keyof Tables, O>(
    query: SelectQueryBuilder<Tables, T, O>,
  ): SelectQueryBuilder<Tables, T, O>;
  /** No other transaction that asks for the same name goes on until this one ends. */
  lockName(db: Queries, name: string): Promise<void>;
  /** Nothing else writes to the table until the transaction ends, which may take as long as it has to. */
  lockTable(db: Queries, table: keyof Tables): Promise<void>;
}

/** What a write answers, and the jobs whose watchers are notified once it is durable. */
export interface Written<T> {
  readonly value: T;
  readonly changed: readonly string[];
}

/** One or more statements that happen wholly or not at all. */
export type WriteUnit<T> = (db: Queries) => Promise<Written<T>>;

export interface Database {
  readonly dialect: Dialect;
  /** Sees committed rows only, and never waits for writers. */
  readonly reader: Queries;
  /** Resolves once the unit is durable; watchers have been notified by then. */
  write<T>(unit: WriteUnit<T>): Promise<T>;
  /**
   * As `write`, sharing its commit with other units of the moment: for units that wait for one row, which a commit each
   * would make slow. @param order units that lock the same rows lock them in this order.
   */
  writeShared<T>(unit: WriteUnit<T>, order: string): Promise<T>;
  /** As `write`, for a unit of one statement, which needs no transaction of its own. */
  writeOne<T>(unit: WriteUnit<T>): Promise<T>;
  onJobChanged(listener: (jobId: string) => void): () => void;
  /** As `write`, for changes of keys and clients: every process on this database hears that there was one. */
  writeAccounts<T>(unit: (db: Queries) => Promise<T>): Promise<T>;
  onAccountsChanged(listener: () => void): () => void;
  close(): Promise<void>;
}
