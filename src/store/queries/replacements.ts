// Which jobs may be sent again for nothing, and which job of the same intent stands in the place of one that was.

import { type SqlBool, sql } from 'kysely';
import { isNotPurchased, JOB_STATUSES, type Job } from '../../core/job/job.ts';
import type { Dialect, Queries } from '../sql/database.ts';
import { JOB_COLUMNS, type JobRow, toJob } from './job-row.ts';

const UNSOLD = JOB_STATUSES.filter(isNotPurchased);

/** As `isResubmitSafe` in core/resubmission.ts, for rows of `jobs`. */
export const isSafe = sql<SqlBool>`(jobs.status in (${sql.join(UNSOLD)}) and not exists (
  select 1 from job_attempts as earlier
  where earlier.job_id = jobs.id and earlier.number < jobs.attempt
    and earlier.status is not null and earlier.status <> 'rejected'
    and earlier.actual_micro_usd is distinct from 0))`;

/** From a job back to the one its intent came with first. */
const lineOf = (jobIds: readonly string[]) => sql`
  line (start, id, before) as (
    select id, id, resubmit_of from jobs where id in (${sql.join(jobIds)})
    union all
    select line.start, jobs.id, jobs.resubmit_of from jobs join line on jobs.id = line.before
  )`;

/**
 * Of each of these jobs the newest of the same intent that was, or may yet be, bought; nothing for the others. The
 * jobs that one was made in place of do not count: its caller knew of them.
 */
export async function findReplacements(
  db: Queries,
  jobIds: readonly string[],
): Promise<ReadonlyMap<string, Job>> {
  if (jobIds.length === 0) return new Map();
  const { rows } = await sql<JobRow & { readonly start: string }>`
    with recursive ${lineOf(jobIds)},
    family (start, id) as (
      select start, id from line where before is null
      union all
      select family.start, jobs.id from jobs join family on jobs.resubmit_of = family.id
    )
    select family.start, ${sql.join(JOB_COLUMNS.map((column) => sql.ref(`jobs.${column}`)))}
    from family cross join jobs
    where jobs.id = family.id and not exists (select 1 from line where line.start = family.start and line.id = jobs.id) and not ${isSafe}
    order by jobs.id`.execute(db);
  return new Map(rows.map(({ start, ...row }) => [start, toJob(row)]));
}

/**
 * As `findReplacements` for one job, and no other job of its intent is made before the transaction has ended: each
 * creation locks the row of the first.
 */
export async function holdIntent(db: Queries, dialect: Dialect, jobId: string): Promise<Job | null> {
  const { rows } = await sql<{ id: string }>`
    with recursive ${lineOf([jobId])} select id from line where before is null`.execute(db);
  const first = rows[0]?.id ?? jobId;
  await dialect.lockRows(db.selectFrom('jobs').select('id').where('id', '=', first)).execute();
  return (await findReplacements(db, [jobId])).get(jobId) ?? null;
}
