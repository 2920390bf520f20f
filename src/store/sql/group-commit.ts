// Writes that arrive together commit together: one fsync for the group, and no promise resolves before it.

import { setImmediate as nextTurn } from 'node:timers/promises';
import { CompiledQuery } from 'kysely';
import { ClipgateError } from '../../core/errors.ts';
import type { Queries, WriteUnit, Written } from './database.ts';

/** Bounds how long one commit keeps the event loop, and how much one failed commit takes down. */
const MAX_GROUP = 128;
// A deadlock is broken by the database within a second; the one who lost it rarely meets it again.
const MAX_TRIES = 3;

export interface GroupCommit {
  /**
   * Resolves once the unit is committed. A unit that throws is undone alone; its neighbours commit.
   * @param order units of one group run in this order: where they lock rows, all groups must lock them in the same.
   */
  write<T>(unit: WriteUnit<T>, order?: string): Promise<T>;
  /** Commits what is queued; later writes are refused. */
  close(): Promise<void>;
}

export interface GroupCommitOptions {
  /** How a transaction begins. SQLite: immediate, for one that begins as a reader can be refused when it comes to write. */
  readonly begin: 'begin' | 'begin immediate';
  /** True where a group failed for a reason that its units, each in a transaction of its own, may not meet again. */
  readonly isContention?: (error: unknown) => boolean;
  /** Called between two groups; must not reject. */
  readonly rest?: () => Promise<void>;
}

interface Waiting {
  readonly order: string;
  /** Runs the unit inside the group's transaction and returns what to do with its promise after the commit. */
  run(db: Queries): Promise<{ readonly changed: readonly string[]; settle(): void }>;
  reject(error: unknown): void;
}

const execute = async (db: Queries, statement: string): Promise<void> => {
  await db.executeQuery(CompiledQuery.raw(statement));
};

/** Everything `work` did, or nothing. */
export async function inTransaction<T>(
  db: Queries,
  begin: GroupCommitOptions['begin'],
  work: (db: Queries) => Promise<T>,
): Promise<T> {
  return db.connection().execute(async (connection) => {
    await execute(connection, begin);
    try {
      const value = await work(connection);
      await execute(connection, 'commit');
      return value;
    } catch (error) {
      try {
        await execute(connection, 'rollback');
      } catch (rollbackError) {
        // Disk full and I/O errors have SQLite roll back by itself, a lost connection has PostgreSQL: a second rollback fails.
        throw new AggregateError([error, rollbackError], 'The transaction failed and was given up', {
          cause: error,
        });
      }
      throw error;
    }
  });
}

async function runUnit<T>(
  db: Queries,
  unit: WriteUnit<T>,
): Promise<Written<T> | { readonly failure: unknown }> {
  await execute(db, 'savepoint unit');
  try {
    const written = await unit(db);
    await execute(db, 'release unit');
    return written;
  } catch (failure) {
    try {
      await execute(db, 'rollback to unit');
      await execute(db, 'release unit');
    } catch (rollbackError) {
      // The database has ended the whole transaction (disk full, lost connection), so every unit of the group fails.
      throw new AggregateError([failure, rollbackError], 'The transaction was ended by the database', {
        cause: failure,
      });
    }
    return { failure };
  }
}

/** Queues write units for `db`, one group at a time. `announce` is called with the changed jobs after each commit. */
export function createGroupCommit(
  db: Queries,
  announce: (jobIds: readonly string[]) => void,
  { begin, isContention = () => false, rest }: GroupCommitOptions,
): GroupCommit {
  const queue: Waiting[] = [];
  let draining: Promise<void> | null = null;
  let closed = false;

  async function commitGroup(group: readonly Waiting[], tries = MAX_TRIES): Promise<void> {
    try {
      const outcomes = await inTransaction(db, begin, async (connection) => {
        const ran: Awaited<ReturnType<Waiting['run']>>[] = [];
        for (const waiting of group) ran.push(await waiting.run(connection));
        return ran;
      });
      announce(outcomes.flatMap(({ changed }) => changed));
      for (const { settle } of outcomes) settle();
    } catch (error) {
      if (tries > 1 && isContention(error))
        for (const waiting of group) await commitGroup([waiting], tries - 1);
      else for (const waiting of group) waiting.reject(error);
    }
  }

  async function drain(): Promise<void> {
    while (queue.length > 0) {
      // One turn of the event loop, in which every request that has already arrived may join the group.
      await nextTurn();
      await commitGroup(
        queue.splice(0, MAX_GROUP).sort((a, b) => (a.order < b.order ? -1 : Number(a.order > b.order))),
      );
      await rest?.();
    }
    draining = null;
  }

  return {
    write: <T>(unit: WriteUnit<T>, order = '') =>
      new Promise<T>((resolve, reject) => {
        if (closed) {
          reject(new ClipgateError('shutting_down', 'The store is closed.'));
          return;
        }
        queue.push({
          order,
          reject,
          async run(connection) {
            const outcome = await runUnit(connection, unit);
            return 'failure' in outcome
              ? { changed: [], settle: () => reject(outcome.failure) }
              : { changed: outcome.changed, settle: () => resolve(outcome.value) };
          },
        });
        draining ??= drain();
      }),
    async close() {
      closed = true;
      await draining;
    },
  };
}
