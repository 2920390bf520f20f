// What callers and operators do to a job beside its steps: cancel it while nothing has left, enter the bill of an invoice.

import { sql } from 'kysely';
import { billOf } from '../../core/job/bill.ts';
import { isTerminal, type Job } from '../../core/job/job.ts';
import type { Act } from '../ports/audit.ts';
import type { Bill, BillResult, JobActStore } from '../ports/job-acts.ts';
import type { Database, Dialect, Queries, Written } from '../sql/database.ts';
import type { AttemptEnd } from './attempt-end.ts';
import { writeAudit } from './audit.ts';
import { endAttempt } from './end-attempt.ts';
import { JOB_COLUMNS, toJob } from './job-row.ts';

const CANCELLED = {
  code: 'cancelled',
  message: 'The job was cancelled before it was sent. Nothing was bought.',
};

/** See `JobActStore.cancelJob`; to be run in a transaction. */
async function cancelJob(
  db: Queries,
  dialect: Dialect,
  jobId: string,
  by: Act,
): Promise<Written<Job | null>> {
  const row = await db
    .updateTable('jobs')
    .set({
      status: 'cancelled',
      error: JSON.stringify(CANCELLED),
      // What was refused or proven not to have left is bought as little as what was never sent.
      submitted_at: null,
      finished_at: dialect.now(),
      updated_at: dialect.now(),
      version: sql<number>`version + 1`,
      waiting_since: null,
      // A process that is about to submit it finds its lease lost, in the write that must precede the first byte.
      lease_owner: null,
      due_at: null,
    })
    .where('id', '=', jobId)
    .where('status', '=', 'queued')
    .returning(JOB_COLUMNS)
    .executeTakeFirst();
  if (!row) return { value: null, changed: [] };
  const job = toJob(row);
  await endAttempt(db, dialect, job);
  await writeAudit(db, dialect, {
    ...by,
    action: 'cancel',
    object: { kind: 'job', id: jobId },
    before: { status: 'queued' },
    after: { status: 'cancelled' },
  });
  return { value: job, changed: [jobId] };
}

/** The end of an attempt before the present one, as its own row tells it; null where it has not ended. */
async function findEarlier(db: Queries, job: Job, attempt: number): Promise<AttemptEnd | null> {
  const row = await db
    .selectFrom('job_attempts')
    .selectAll()
    .where('job_id', '=', job.id)
    .where('number', '=', attempt)
    .executeTakeFirst();
  if (!row || row.status === null || attempt >= job.attempt) return null;
  return {
    ...job,
    attempt,
    model: row.model,
    status: row.status,
    upstreamId: row.upstream_id,
    generationId: null,
    error: row.error === null ? null : JSON.parse(row.error),
    submittedAt: row.started_at,
    finishedAt: row.finished_at,
    actualMicroUsd: row.actual_micro_usd,
    isByok: null,
    estimatedMicroUsd: row.estimated_micro_usd,
    ceilingMicroUsd: row.high_micro_usd,
  };
}

/** See `JobActStore.enterBill`; to be run in a transaction. */
async function enterBill(
  db: Queries,
  dialect: Dialect,
  jobId: string,
  bill: Bill,
  by: Act | null,
): Promise<Written<BillResult | null>> {
  const row = await dialect
    .lockRows(db.selectFrom('jobs').select(JOB_COLUMNS).where('id', '=', jobId))
    .executeTakeFirst();
  if (!row) return { value: null, changed: [] };
  const before = toJob(row);
  const isPresent = bill.attempt === null || bill.attempt === before.attempt;
  const end = isPresent
    ? isTerminal(before.status)
      ? before
      : null
    : await findEarlier(db, before, bill.attempt ?? 0);
  if (!end) return { value: { kind: 'not_ended', job: before }, changed: [] };
  const known = billOf(end);
  if (known !== null) return { value: { kind: 'known', job: before, billedMicroUsd: known }, changed: [] };

  const paid = { actualMicroUsd: bill.microUsd, isByok: bill.isByok ?? end.isByok };
  const after = await db
    .updateTable('jobs')
    .set({
      ...(isPresent && {
        actual_micro_usd: paid.actualMicroUsd,
        is_byok: paid.isByok === null ? null : Number(paid.isByok),
      }),
      updated_at: dialect.now(),
      version: sql<number>`version + 1`,
    })
    .where('id', '=', jobId)
    .returning(JOB_COLUMNS)
    .executeTakeFirstOrThrow();
  await endAttempt(db, dialect, { ...end, ...paid });
  if (by) {
    await writeAudit(db, dialect, {
      ...by,
      action: 'bill',
      object: { kind: 'job', id: jobId },
      before: { attempt: end.attempt, billedMicroUsd: null },
      after: { attempt: end.attempt, billedMicroUsd: bill.microUsd },
    });
  }
  return { value: { kind: 'entered', job: toJob(after) }, changed: [jobId] };
}

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;

export const createJobActs = ({ dialect, write }: Database): JobActStore => ({
  cancelJob: (jobId, by) => write((db) => cancelJob(db, dialect, jobId, by)),
  enterBill: (jobId, bill, by) => write((db) => enterBill(db, dialect, jobId, bill, by)),
  claimUnknownBills: (limit) =>
    write(async (db) => {
      const now = dialect.now();
      const due = await dialect
        .lockFreeRows(
          db
            .selectFrom('ledger')
            .select(['job_id', 'attempt', 'generation_id'])
            .select(sql<number>`${now} - ended_at`.as('age_ms'))
            .where('bill_due_at', '<=', now)
            .orderBy('bill_due_at')
            .limit(limit),
        )
        .execute();
      for (const { job_id, attempt, age_ms } of due) {
        // Once a minute for ten minutes, then hourly for a day.
        const pause = age_ms < 10 * MINUTE_MS ? MINUTE_MS : HOUR_MS;
        const isLast = age_ms >= 24 * HOUR_MS;
        await db
          .updateTable('ledger')
          .set({ bill_due_at: isLast ? null : sql<number>`${now} + ${sql.lit(pause)}` })
          .where('job_id', '=', job_id)
          .where('attempt', '=', attempt)
          .execute();
      }
      const asked = due.flatMap(({ job_id: jobId, attempt, generation_id: generationId }) =>
        generationId === null ? [] : [{ jobId, attempt, generationId }],
      );
      return { value: asked, changed: [] };
    }),
});
