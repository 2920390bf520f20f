// What becomes of a database that was restored from a backup: buying is held, and no job of it is sent unseen.

import { sql } from 'kysely';
import type { Dialect, Queries } from '../sql/database.ts';
import { writeHold } from './submission-hold.ts';

const REASON =
  'The database was restored from a backup: jobs and Idempotency-Keys since the backup are forgotten. Release with POST /operations/resume.';

const ERROR = {
  code: 'submission_unknown',
  message:
    'The database was restored from a backup that was taken before this job was sent, or while it was. Whether OpenRouter has it is unknown.',
};

/**
 * To be run in a transaction, on a database that no gateway uses, of any schema version. A job that was about to be
 * sent when the backup was taken has most likely been sent since: it becomes `submission_unknown`, for its webhook or
 * an operator to resolve. Resolves to the number of such jobs.
 */
export async function markRestored(db: Queries, dialect: Dialect): Promise<number> {
  await writeHold(db, dialect, { reason: REASON, actor: 'restore' });
  const unknown = await db
    .updateTable('jobs')
    .set({
      status: 'submission_unknown',
      error: JSON.stringify(ERROR),
      submitted_at: sql<number>`coalesce(submitted_at, ${dialect.now()})`,
      updated_at: dialect.now(),
      version: sql<number>`version + 1`,
      lease_owner: null,
      due_at: null,
    })
    .where('status', 'in', ['queued', 'submitting'])
    .returning('id')
    .execute();
  return unknown.length;
}
