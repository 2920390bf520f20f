// The store in PostgreSQL, shared by any number of replicas: rows are locked, leases run on the server's clock.

import { Kysely, PostgresDialect, type PostgresPool, sql } from 'kysely';
import pg from 'pg';
import { ClipgateError } from '../../core/errors.ts';
import { MIGRATIONS } from '../migrations/migrations.ts';
import { migrate } from '../migrations/migrator.ts';
import type { JobStore } from '../ports/job-store.ts';
import { markRestored } from '../queries/mark-restored.ts';
import { createAccountEvents } from '../sql/account-events.ts';
import type { Dialect, Queries } from '../sql/database.ts';
import { createGroupCommit } from '../sql/group-commit.ts';
import { guardStore } from '../sql/guard-store.ts';
import { createJobEvents } from '../sql/job-events.ts';
import { createJobStore } from '../sql/job-store.ts';
import { openChangeListener } from './postgres-listener.ts';
import { ACCOUNTS_CHANNEL, createChangeNotifier } from './postgres-notifier.ts';

export interface PostgresStoreOptions {
  /** `postgres://user:password@host:port/database`; a connection must be a session, for LISTEN needs one. */
  readonly url: string;
  /** Receives errors that no caller waits for: a lost connection, a wake-up that other replicas missed. */
  readonly report: (error: Error) => void;
  /** Connections for queries; one more listens. */
  readonly poolSize?: number;
  /** What a single statement may take before the server gives it up. */
  readonly statementTimeoutMs?: number;
}

const CONNECT_TIMEOUT_MS = 5_000;
const RETRY_AFTER_S = 5;

/** Any constant will do, as long as every Clipgate uses the same: "clip" in ASCII. */
const MIGRATION_LOCK = 0x636c6970;
const NAMES_LOCK = MIGRATION_LOCK;

// The start of the statement and not `clock_timestamp()`: that one differs between two columns of a row, and no
// index can be searched by it. A statement that waited for a lock dates from before: its lease is shorter, never
// longer, than it seems.
const DIALECT: Dialect = {
  now: () => sql<number>`(extract(epoch from statement_timestamp()) * 1000)::bigint`,
  lockRows: (query) => query.forUpdate(),
  lockFreeRows: (query) => query.forUpdate().skipLocked(),
  async lockName(db, name) {
    // Two numbers, unlike the lock of migrations: the two kinds never meet.
    await sql`select pg_advisory_xact_lock(${sql.lit(NAMES_LOCK)}, hashtext(${name}))`.execute(db);
  },
  async lockTable(db, table) {
    await sql`set local statement_timeout = 0`.execute(db);
    await sql`lock table ${sql.table(table)} in share row exclusive mode`.execute(db);
  },
};

/** Our integers all fit a number (times, micro-dollars, counters); `pg` returns int8 as text otherwise. */
const TYPES: pg.CustomTypesConfig = {
  getTypeParser: (oid, format) =>
    oid === pg.types.builtins.INT8 ? Number : pg.types.getTypeParser(oid, format),
};

const inTransaction = <T>(queries: Queries, work: (db: Queries) => Promise<T>): Promise<T> =>
  queries.transaction().setIsolationLevel('read committed').execute(work);

/** A server configured to acknowledge before it has written would break every guarantee of the store. */
async function requireDurability(queries: Queries): Promise<void> {
  const { rows } = await sql<{ fsync: string; commits: string }>`
    select current_setting('fsync') as fsync, current_setting('synchronous_commit') as commits`.execute(
    queries,
  );
  for (const { fsync, commits } of rows) {
    if (fsync !== 'off' && commits !== 'off') continue;
    throw new ClipgateError(
      'internal',
      `The PostgreSQL server runs with fsync=${fsync}, synchronous_commit=${commits}: a crash would lose paid videos. Turn both on for this database.`,
    );
  }
}

/** Deadlock and serialization failure: the server undid the transaction so that another could go on. */
const isContention = (error: unknown): boolean =>
  error instanceof pg.DatabaseError && (error.code === '40P01' || error.code === '40001');

/** Replicas that start together take turns; the late ones find nothing left to do. */
async function migrateOnce(queries: Queries): Promise<void> {
  await inTransaction(queries, async (db) => {
    await sql`set local statement_timeout = 0`.execute(db);
    await sql`select pg_advisory_xact_lock(${sql.lit(MIGRATION_LOCK)})`.execute(db);
    await migrate(db, DIALECT, MIGRATIONS);
  });
}

/** A failover takes seconds: callers get a retryable error meanwhile, which does not name our server. */
const unreachable = (cause: unknown) =>
  new ClipgateError(
    'store_unavailable',
    'The database does not respond. Retry shortly with the same Idempotency-Key.',
    { cause, retryAfterS: RETRY_AFTER_S },
  );

/** Says what failed, which a refused connection to a name with several addresses does not. */
function asOpenError(cause: unknown): ClipgateError {
  if (cause instanceof ClipgateError && cause.code !== 'store_unavailable') return cause;
  const root = cause instanceof ClipgateError ? cause.cause : cause;
  const [first] = root instanceof AggregateError ? root.errors : [root];
  const reason = first instanceof Error ? first.message : String(first);
  return new ClipgateError('internal', `DATABASE_URL: the PostgreSQL database cannot be opened (${reason})`, {
    cause,
  });
}

/**
 * Opens the store, creating or upgrading its schema, safely also while other replicas do the same.
 * @throws ClipgateError where the server cannot be reached or does not keep what it acknowledges, and where a newer
 * Clipgate wrote the database.
 */
export async function openPostgresStore(options: PostgresStoreOptions): Promise<JobStore> {
  const { url, report, poolSize = 10, statementTimeoutMs = 10_000 } = options;
  const connection: pg.ClientConfig = {
    connectionString: url,
    application_name: 'clipgate',
    connectionTimeoutMillis: CONNECT_TIMEOUT_MS,
    statement_timeout: statementTimeoutMs,
    idle_in_transaction_session_timeout: statementTimeoutMs,
    keepAlive: true,
    // A single UPDATE must meet the newest row, also on a server whose default is stricter.
    options: '-c default_transaction_isolation=read\\ committed',
    types: TYPES,
  };
  const pool = new pg.Pool({ ...connection, max: poolSize });
  let closing = false;
  // An idle connection broke, and the pool replaces it. The pool hangs the whole client, password included, on the
  // error: only its words go on.
  pool.on('error', ({ message }) => {
    if (!closing) report(new Error(`An idle connection to PostgreSQL broke: ${message}`));
  });
  // A connection that breaks in use fails its query, and also emits an error event, which ends the process without a
  // listener. The pool itself listens only to idle connections.
  pool.on('connect', (client) => client.on('error', () => undefined));
  const reachable: PostgresPool = {
    connect: () => pool.connect().catch((cause: unknown) => Promise.reject(unreachable(cause))),
    end: () => pool.end(),
  };
  const queries: Queries = new Kysely({ dialect: new PostgresDialect({ pool: reachable }) });

  try {
    await requireDurability(queries);
    await migrateOnce(queries);

    const feed = createJobEvents();
    const accounts = createAccountEvents();
    const notifier = createChangeNotifier(queries, report);
    const listener = await openChangeListener({
      connect: () =>
        new pg.Client({
          ...connection,
          application_name: 'clipgate listener',
          query_timeout: CONNECT_TIMEOUT_MS,
        }),
      origin: notifier.origin,
      onChanged: feed.announce,
      onAccountsChanged: accounts.announce,
      report,
    });
    const announce = (jobIds: readonly string[]): void => {
      feed.announce(jobIds);
      notifier.notify(jobIds);
    };

    const shared = createGroupCommit(queries, announce, { begin: 'begin', isContention });

    const store = createJobStore({
      dialect: DIALECT,
      reader: queries,
      writeShared: shared.write,
      async write(unit) {
        const { value, changed } = await inTransaction(queries, unit);
        announce(changed);
        return value;
      },
      async writeOne(unit) {
        const { value, changed } = await unit(queries);
        announce(changed);
        return value;
      },
      onJobChanged: feed.subscribe,
      async writeAccounts(unit) {
        const value = await inTransaction(queries, async (db) => {
          const result = await unit(db);
          // In the transaction, unlike those of jobs: these are rare, and none may be lost.
          await sql`select pg_notify(${ACCOUNTS_CHANNEL}, '')`.execute(db);
          return result;
        });
        // Our own notification comes back to us only after this is answered.
        accounts.announce();
        return value;
      },
      onAccountsChanged: accounts.subscribe,
      async close() {
        closing = true;
        await shared.close();
        await listener.close();
        await notifier.close();
        await queries.destroy();
      },
    });
    return guardStore(store);
  } catch (error) {
    await pool.end();
    throw asOpenError(error);
  }
}

/**
 * Marks a database that was restored from a dump, with its schema brought up to date; see `markRestored`. Resolves to the
 * number of jobs that are `submission_unknown` by it.
 */
export async function markPostgresRestored(options: PostgresStoreOptions): Promise<number> {
  const store = await openPostgresStore(options);
  await store.close();
  const pool = new pg.Pool({ connectionString: options.url, max: 1, types: TYPES });
  const queries: Queries = new Kysely({ dialect: new PostgresDialect({ pool }) });
  try {
    return await queries.transaction().execute((db) => markRestored(db, DIALECT));
  } finally {
    await queries.destroy();
  }
}
