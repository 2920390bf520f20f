// What operators decide about unknown submits: a decision and the record of it are one transaction.

import { sql } from 'kysely';
import { isResolvable, type Job, type JobStatus } from '../../core/job/job.ts';
import type { Act } from '../ports/audit.ts';
import type { ReconciliationStore, Resolution, ResolveResult } from '../ports/reconciliation.ts';
import type { Database, Dialect, Queries, Written } from '../sql/database.ts';
import { writeAudit } from './audit.ts';
import { endAttempt } from './end-attempt.ts';
import { JOB_COLUMNS, type JobRow, toJob } from './job-row.ts';

const OUTCOMES = {
  attach: 'pending',
  not_accepted: 'not_accepted',
  write_off: 'written_off',
} as const satisfies Record<Resolution['action'], JobStatus>;

/** The job that an upstream id belongs to, as its present or an earlier attempt. */
async function findHolder(db: Queries, upstreamId: string): Promise<string | null> {
  const present = await db
    .selectFrom('jobs')
    .select('id')
    .where('upstream_id', '=', upstreamId)
    .executeTakeFirst();
  if (present) return present.id;
  const earlier = await db
    .selectFrom('job_attempts')
    .select('job_id')
    .where('upstream_id', '=', upstreamId)
    .executeTakeFirst();
  return earlier?.job_id ?? null;
}

const writeJobAudit = (
  db: Queries,
  dialect: Dialect,
  [before, after]: readonly [JobRow, JobRow],
  action: string,
  by: Act,
): Promise<void> =>
  writeAudit(db, dialect, {
    ...by,
    action,
    object: { kind: 'job', id: after.id },
    before: { status: before.status, upstreamId: before.upstream_id },
    after: { status: after.status, upstreamId: after.upstream_id },
  });

/** See `ReconciliationStore.recordAction`; to be run in a transaction. */
async function recordAction(
  db: Queries,
  dialect: Dialect,
  jobId: string,
  action: string,
  by: Act,
): Promise<Written<Job | null>> {
  const after = await db
    .updateTable('jobs')
    .set({ updated_at: dialect.now(), version: sql<number>`version + 1` })
    .where('id', '=', jobId)
    .returning(JOB_COLUMNS)
    .executeTakeFirst();
  if (!after) return { value: null, changed: [] };
  await writeJobAudit(db, dialect, [after, after], action, by);
  return { value: toJob(after), changed: [jobId] };
}

/** See `ReconciliationStore.resolveUnknown`; to be run in a transaction. */
async function resolveUnknown(
  db: Queries,
  dialect: Dialect,
  jobId: string,
  resolution: Resolution,
  by: Act,
): Promise<Written<ResolveResult | null>> {
  const unchanged = (value: ResolveResult | null) => ({ value, changed: [] });
  const before = await dialect
    .lockRows(db.selectFrom('jobs').select(JOB_COLUMNS).where('id', '=', jobId))
    .executeTakeFirst();
  if (!before) return unchanged(null);
  if (!isResolvable(toJob(before))) return unchanged({ kind: 'not_unknown', job: toJob(before) });

  const attached = resolution.action === 'attach' ? resolution : null;
  if (attached) {
    const holder = await findHolder(db, attached.upstreamId);
    if (holder !== null && before.upstream_id !== attached.upstreamId)
      return unchanged({ kind: 'id_taken', jobId: holder });
  } else {
    // Upstream says it has the job: an operator who closes it now has not seen that yet.
    const waiting = await db
      .selectFrom('webhook_inbox')
      .select('upstream_id')
      .where('nonce', '=', before.nonce)
      .executeTakeFirst();
    if (waiting) return unchanged({ kind: 'webhook_waiting', upstreamId: waiting.upstream_id });
  }

  const after = await db
    .updateTable('jobs')
    .set({
      status: OUTCOMES[resolution.action],
      ...(attached
        ? {
            upstream_id: attached.upstreamId,
            ...(attached.generationId !== null && { generation_id: attached.generationId }),
            error: null,
            unclear_since: null,
            status_detail: null,
            due_at: dialect.now(),
          }
        : {
            finished_at: dialect.now(),
            due_at: null,
            ...(resolution.action === 'write_off' &&
              resolution.microUsd != null && { actual_micro_usd: resolution.microUsd }),
          }),
      lease_owner: null,
      updated_at: dialect.now(),
      version: sql<number>`version + 1`,
    })
    .where('id', '=', jobId)
    .returning(JOB_COLUMNS)
    .executeTakeFirstOrThrow();
  await writeJobAudit(db, dialect, [before, after], resolution.action, by);
  const job = toJob(after);
  if (!attached) await endAttempt(db, dialect, job);
  return { value: { kind: 'resolved', job }, changed: [jobId] };
}

export const createReconciliation = ({ dialect, write }: Database): ReconciliationStore => ({
  resolveUnknown: (jobId, resolution, by) =>
    write((db) => resolveUnknown(db, dialect, jobId, resolution, by)),
  recordAction: (jobId, action, by) => write((db) => recordAction(db, dialect, jobId, action, by)),
});
