// Moves a job forward, and only forward: every condition stands in the UPDATE itself, where no race can pass it.

import { type SqlBool, sql } from 'kysely';
import { ClipgateError } from '../../core/errors.ts';
import {
  isTerminal,
  JOB_STATUSES,
  type Job,
  type JobChange,
  type JobStatus,
  mayMove,
} from '../../core/job/job.ts';
import type { AfterStep, Lease } from '../ports/lease.ts';
import type { Dialect, Queries, Written } from '../sql/database.ts';
import { dueIn } from '../sql/lease-columns.ts';
import { endAttempt, mayEndAttempt } from './end-attempt.ts';
import { endsJob, JOB_COLUMNS, toColumns, toJob } from './job-row.ts';

/** What may stand in a row that a change to `to` is written over. */
export const statusesBefore = (to: JobStatus): JobStatus[] =>
  JOB_STATUSES.filter((from) => from === to || mayMove(from, to));

/** What is never due again. A completed job may be: its clip is still to be fetched. */
const AT_REST: readonly JobStatus[] = JOB_STATUSES.filter(
  (status) => isTerminal(status) && status !== 'completed',
);

/** Where an id from upstream may still be attached: a submit left, and its outcome is not known. */
const UNBOUND: readonly JobStatus[] = ['submitting', 'submission_unknown'];

/** One paid video belongs to one attempt of one job: no other job has this id, and no attempt that is over had it. */
const isFreeFor = (jobId: string, upstreamId: string) => sql<SqlBool>`
  not exists (select 1 from jobs as other where other.upstream_id = ${upstreamId} and other.id <> ${jobId})
  and not exists (select 1 from job_attempts as over where over.upstream_id = ${upstreamId}
    and not (over.job_id = jobs.id and over.number = jobs.attempt))`;

const selectJob = (db: Queries, id: string) =>
  db
    .selectFrom('jobs')
    .select([...JOB_COLUMNS, 'lease_owner', 'lease_token'])
    .where('id', '=', id);

/** What is counted for ourselves: no answer shows it, and those who wait for news of the job are not woken for it. */
const UNSEEN: ReadonlySet<keyof JobChange> = new Set(['polls', 'missingSince', 'missingPolls']);

/** See `JobRecords.saveStep`; to be run in a transaction where the change may end an attempt. */
export async function saveStep(
  db: Queries,
  dialect: Dialect,
  lease: Lease,
  change: JobChange,
  after: AfterStep,
): Promise<Written<Job | null>> {
  const now = dialect.now();
  const waitMs = after.keep ? after.leaseMs : after.runInMs;
  const ends = endsJob(change);
  const silent = (Object.keys(change) as (keyof JobChange)[]).every((name) => UNSEEN.has(name));
  const dueAt =
    (change.status !== undefined && AT_REST.includes(change.status)) || waitMs === null
      ? null
      : sql<
          number | null
        >`case when ${sql.ref('status')} in (${sql.join(AT_REST)}) then null else ${dueIn(dialect, waitMs)} end`;
  const { status, upstreamId, finishedAt } = change;

  let update = db
    .updateTable('jobs')
    .set({
      ...toColumns(change),
      ...(Object.keys(change).length > 0 && { updated_at: now }),
      ...(!silent && { version: sql<number>`version + 1` }),
      due_at: dueAt,
      ...(!after.keep && { lease_owner: null }),
      ...(finishedAt !== undefined && { finished_at: finishedAt }),
      ...(ends &&
        (finishedAt ?? null) === null && { finished_at: sql<number>`coalesce(finished_at, ${now})` }),
    })
    .where('id', '=', lease.jobId)
    .where('lease_owner', '=', lease.owner)
    .where('lease_token', '=', lease.token);
  if (status !== undefined) update = update.where('status', 'in', statusesBefore(status));
  if (upstreamId !== undefined) {
    update = update.where((where) =>
      where.or([where('upstream_id', 'is', null), where('upstream_id', '=', upstreamId)]),
    );
    if (upstreamId !== null) update = update.where(isFreeFor(lease.jobId, upstreamId));
  }

  const saved = await update.returning(JOB_COLUMNS).executeTakeFirst();
  if (saved) {
    const job = toJob(saved);
    if (mayEndAttempt(change) && isTerminal(job.status)) await endAttempt(db, dialect, job);
    return { value: job, changed: silent ? [] : [saved.id] };
  }

  const row = await selectJob(db, lease.jobId).executeTakeFirst();
  if (row?.lease_owner !== lease.owner || row.lease_token !== lease.token)
    return { value: null, changed: [] };
  if (status !== undefined && !statusesBefore(status).includes(row.status)) {
    throw new ClipgateError('internal', `Job ${row.id} is ${row.status} and cannot become ${status}.`);
  }
  const cannot = `cannot be bound to ${upstreamId}`;
  throw row.upstream_id === null || row.upstream_id === upstreamId
    ? new ClipgateError('upstream_id_taken', `Job ${row.id} ${cannot}, which belongs to another.`)
    : new ClipgateError('internal', `Job ${row.id} is bound to ${row.upstream_id} upstream and ${cannot}.`);
}

/** See `JobRecords.bindUpstream`. */
export async function bindUpstream(
  db: Queries,
  dialect: Dialect,
  jobId: string,
  bound: { readonly upstreamId: string; readonly generationId: string | null; readonly attempt?: number },
): Promise<Written<Job | null>> {
  const { upstreamId, generationId, attempt } = bound;
  let update = db
    .updateTable('jobs')
    .set({
      status: 'pending',
      upstream_id: upstreamId,
      ...(generationId !== null && { generation_id: generationId }),
      // It said that the outcome of the submit is unknown.
      error: null,
      updated_at: dialect.now(),
      version: sql<number>`version + 1`,
      // The lease's holder knows the job as unbound: its next write must fail, and the job be followed at once.
      lease_owner: null,
      due_at: dialect.now(),
    })
    .where('id', '=', jobId)
    .where((where) =>
      where.or([
        where('status', 'in', UNBOUND),
        // About to be sent again as proven unsold, and sold after all: the id must win before that.
        where.and([where('status', '=', 'queued'), where('submitted_at', 'is not', null)]),
      ]),
    )
    .where((where) => where.or([where('upstream_id', 'is', null), where('upstream_id', '=', upstreamId)]))
    .where(isFreeFor(jobId, upstreamId));
  if (attempt !== undefined) update = update.where('attempt', '=', attempt);
  const saved = await update.returning(JOB_COLUMNS).executeTakeFirst();
  if (saved) return { value: toJob(saved), changed: [saved.id] };

  // The same news twice, from the answer and from the webhook, is no contradiction.
  const row = await selectJob(db, jobId).executeTakeFirst();
  return { value: row?.upstream_id === upstreamId ? toJob(row) : null, changed: [] };
}

/** See `JobRecords.makeDue`. */
export async function makeDue(db: Queries, dialect: Dialect, jobId: string): Promise<Written<boolean>> {
  const row = await db
    .updateTable('jobs')
    .set({ due_at: dialect.now() })
    .where('id', '=', jobId)
    .where('lease_owner', 'is', null)
    .where('status', 'in', ['pending', 'in_progress'])
    .returning('id')
    .executeTakeFirst();
  return { value: row !== undefined, changed: row ? [row.id] : [] };
}

const WITHDRAWN = {
  code: 'store_unavailable',
  message:
    'The order was answered with an error because the database failed. It was not sent, and nothing was bought.',
};

/** See `JobRecords.withdrawJob`; to be run in a transaction. */
export async function withdrawJob(
  db: Queries,
  dialect: Dialect,
  jobId: string,
  owner: string,
): Promise<Written<Job | null>> {
  const row = await db
    .updateTable('jobs')
    .set({
      status: 'rejected',
      error: JSON.stringify(WITHDRAWN),
      finished_at: dialect.now(),
      updated_at: dialect.now(),
      version: sql<number>`version + 1`,
      waiting_since: null,
      lease_owner: null,
      due_at: null,
    })
    .where('id', '=', jobId)
    // A job that waits for others to end is held by no process.
    .where((where) => where.or([where('lease_owner', '=', owner), where('waiting_since', 'is not', null)]))
    .where('status', '=', 'queued')
    .where('submitted_at', 'is', null)
    .returning(JOB_COLUMNS)
    .executeTakeFirst();
  if (!row) return { value: null, changed: [] };
  const job = toJob(row);
  await endAttempt(db, dialect, job);
  return { value: job, changed: [jobId] };
}

/** See `JobRecords.noteEndRead`. No answer shows it, so the job has not changed. */
export async function noteEndRead(db: Queries, dialect: Dialect, id: string): Promise<Written<boolean>> {
  const { numUpdatedRows } = await db
    .updateTable('jobs')
    .set({ end_read_at: dialect.now() })
    .where('id', '=', id)
    .where('end_read_at', 'is', null)
    .executeTakeFirst();
  return { value: numUpdatedRows > 0n, changed: [] };
}

/** See `JobRecords.hideJob`: one more time is as good as once. */
export async function hideJob(
  db: Queries,
  dialect: Dialect,
  id: string,
  clientId: string,
): Promise<Written<boolean>> {
  const { numUpdatedRows } = await db
    .updateTable('jobs')
    .set({ hidden_at: dialect.now() })
    .where('id', '=', id)
    .where('client_id', '=', clientId)
    .where('status', 'in', JOB_STATUSES.filter(isTerminal))
    .executeTakeFirst();
  const isHidden = numUpdatedRows > 0n;
  return { value: isHidden, changed: isHidden ? [id] : [] };
}
