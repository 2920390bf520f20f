// Callbacks of jobs: written with the job, raised from the status of the jobs, read for their owners.

import { type RawBuilder, type SqlBool, sql } from 'kysely';
import { type CallbackFormat, type CallbackState, TOLD_STATUSES } from '../../core/callbacks/delivery.ts';
import type { JobStatus } from '../../core/job/job.ts';
import type { CallbackStore } from '../ports/callbacks.ts';
import type { Database, Dialect, Queries } from '../sql/database.ts';
import { released } from '../sql/lease-columns.ts';
import { CALLBACK_COLUMNS, toCallback } from './callback-row.ts';

/** It has no lease, its receiver has not answered 410, and the status of its job was not sent yet. */
const hasNews = (status: RawBuilder<JobStatus>) => sql<SqlBool>`
  callbacks.lease_owner is null and state <> 'gone' and event is distinct from ${status}
  and ${status} in (${sql.join(TOLD_STATUSES)})`;

/** Word for word the condition of the index `callbacks_open`, or the planner would not know it by it. */
const mayBringNews = sql<SqlBool>`(event is null or event = 'submission_unknown')`;

/** Writes the callback of a job, in the transaction that writes the job. */
export async function insertCallback(
  db: Queries,
  jobId: string,
  url: string,
  format: CallbackFormat | null,
): Promise<void> {
  // Without the port: many ports of one address must not count as many receivers.
  const host = new URL(url).hostname;
  const fresh = { state: 'waiting', attempts: 0, lease_token: 0 } as const;
  await db
    .insertInto('callbacks')
    .values({ job_id: jobId, host, format, ...fresh })
    .execute();
}

/**
 * Resets, in the transaction that begins another attempt, what was sent about the last: the same status is news when it
 * comes again. A delivery that is under way goes on, and settles as `waiting`.
 */
export async function forgetTold(db: Queries, jobId: string): Promise<void> {
  const unheld = sql<SqlBool>`lease_owner is null and state <> 'gone'`;
  await db
    .updateTable('callbacks')
    .set({
      event: null,
      state: sql<CallbackState>`case when ${unheld} then 'waiting' else state end`,
      attempts: sql<number>`case when ${unheld} then 0 else attempts end`,
      last_error: sql<string | null>`case when ${unheld} then null else last_error end`,
      due_at: sql<number | null>`case when ${unheld} then null else due_at end`,
    })
    .where('job_id', '=', jobId)
    .execute();
}

/** Gives up the leases of one owner; null = every lease there is, where only one process may own the database. */
export async function releaseCallbacks(db: Queries, dialect: Dialect, owner: string | null): Promise<void> {
  const update = db.updateTable('callbacks').set(released(dialect));
  await (owner === null
    ? update.where('lease_owner', 'is not', null)
    : update.where('lease_owner', '=', owner)
  ).execute();
}

export function createCallbackRecords(
  database: Database,
): Pick<CallbackStore, 'raiseCallbacks' | 'getCallbacks'> {
  const { reader, dialect, writeOne } = database;

  async function findNews(jobIds: readonly string[] | null): Promise<string[]> {
    let query = reader
      .selectFrom('callbacks')
      .innerJoin('jobs', 'jobs.id', 'callbacks.job_id')
      .select('callbacks.job_id')
      .where(mayBringNews)
      .where(hasNews(sql`jobs.status`));
    if (jobIds) query = query.where('callbacks.job_id', 'in', jobIds);
    return (await query.execute()).map((row) => row.job_id);
  }

  async function raise(db: Queries, jobIds: readonly string[]): Promise<number> {
    const status = sql<JobStatus>`(select status from jobs where jobs.id = callbacks.job_id)`;
    const raised = await db
      .updateTable('callbacks')
      .set({ state: 'pending', event: status, attempts: 0, last_error: null, due_at: dialect.now() })
      .where('job_id', 'in', jobIds)
      // Asked again: another process may have been here since.
      .where(hasNews(status))
      .returning('job_id')
      .execute();
    return raised.length;
  }

  return {
    async raiseCallbacks(jobIds) {
      const news = jobIds?.length === 0 ? [] : await findNews(jobIds);
      if (news.length === 0) return 0;
      return writeOne(async (db) => ({ value: await raise(db, news), changed: [] }));
    },
    async getCallbacks(jobIds) {
      if (jobIds.length === 0) return [];
      const rows = await reader
        .selectFrom('callbacks')
        .select(CALLBACK_COLUMNS)
        .where('job_id', 'in', jobIds)
        .execute();
      return rows.map(toCallback);
    },
  };
}
