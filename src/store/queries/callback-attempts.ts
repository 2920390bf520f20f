// The attempts of callbacks one by one, as many of each job as its owner may want to look at.

import { sql } from 'kysely';
import type { CallbackAttempt } from '../../core/callbacks/delivery.ts';
import type { CallbackStore } from '../ports/callbacks.ts';
import type { Database, Dialect, Queries } from '../sql/database.ts';

/** Of three events of ten attempts each at most; a job that goes from candidate to candidate has more. */
const KEPT = 40;

/** To be run in the transaction that settles the callback, which holds its row. */
export async function insertCallbackAttempt(
  db: Queries,
  dialect: Dialect,
  tried: Omit<CallbackAttempt, 'number' | 'at'> & { readonly jobId: string },
): Promise<void> {
  const { jobId, event, httpStatus, error, retryAt } = tried;
  const made = await db
    .insertInto('callback_attempts')
    .values({
      job_id: jobId,
      number: sql<number>`(select coalesce(max(number), 0) + 1 from callback_attempts where job_id = ${jobId})`,
      at: dialect.now(),
      event,
      http_status: httpStatus,
      error,
      retry_at: retryAt,
    })
    .returning('number')
    .executeTakeFirstOrThrow();
  if (made.number <= KEPT) return;
  await db
    .deleteFrom('callback_attempts')
    .where('job_id', '=', jobId)
    .where('number', '<=', made.number - KEPT)
    .execute();
}

export const createCallbackAttempts = ({
  reader,
}: Pick<Database, 'reader'>): Pick<CallbackStore, 'listCallbackAttempts'> => ({
  async listCallbackAttempts(jobId) {
    const rows = await reader
      .selectFrom('callback_attempts')
      .selectAll()
      .where('job_id', '=', jobId)
      .orderBy('number')
      .execute();
    return rows.map((row) => ({
      number: row.number,
      at: row.at,
      event: row.event,
      httpStatus: row.http_status,
      error: row.error,
      retryAt: row.retry_at,
    }));
  },
});
