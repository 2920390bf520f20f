// A job's candidates: written with the job, each tried in its turn, and every turn kept with how it ended.

import { sql } from 'kysely';
import { ClipgateError } from '../../core/errors.ts';
import type { Attempt, EndedAttempt } from '../../core/job/attempt.ts';
import type { FallbackTerms, Job } from '../../core/job/job.ts';
import type { AttemptStore } from '../ports/attempts.ts';
import type { JobIntent } from '../ports/jobs.ts';
import type { AfterStep, Lease } from '../ports/lease.ts';
import type { Database, Dialect, Queries, Written } from '../sql/database.ts';
import { dueIn } from '../sql/lease-columns.ts';
import type { AttemptTable } from '../sql/tables.ts';
import type { KeptBodies } from './bodies.ts';
import { passHoldsOn } from './budget-settlement.ts';
import { forgetTold } from './callback-records.ts';
import { endAttempt } from './end-attempt.ts';
import { JOB_COLUMNS, toJob } from './job-row.ts';
import { statusesBefore } from './job-steps.ts';

type Fallback = NonNullable<JobIntent['fallback']>;

/** What stays with the job itself of what its caller allowed. */
export const termsOf = ({ maxAttempts, maxTotalMicroUsd }: Fallback): FallbackTerms => ({
  maxAttempts,
  maxTotalMicroUsd,
});

const NO_OUTCOME = {
  status: null,
  upstream_id: null,
  error: null,
  started_at: null,
  finished_at: null,
  actual_micro_usd: null,
} as const;

/** Writes all candidates of a new job, the first included. */
export async function insertAttempts(
  db: Queries,
  intent: JobIntent,
  fallback: Fallback,
  bodies: KeptBodies,
): Promise<void> {
  const first: AttemptTable = {
    job_id: intent.id,
    number: 1,
    model: intent.model,
    // The job has this one.
    request: null,
    body_patch: null,
    nonce: intent.nonce,
    expected_ms: intent.expectedMs,
    estimated_micro_usd: intent.estimatedMicroUsd,
    list_micro_usd: intent.listMicroUsd ?? null,
    high_micro_usd: fallback.highMicroUsd,
    ...NO_OUTCOME,
  };
  const others = fallback.others.map(
    (planned, index): AttemptTable => ({
      job_id: intent.id,
      number: index + 2,
      model: planned.model,
      request: bodies.attempts[index + 1]?.request ?? null,
      body_patch: bodies.attempts[index + 1]?.patch ?? null,
      nonce: planned.nonce,
      expected_ms: planned.expectedMs,
      estimated_micro_usd: planned.estimatedMicroUsd,
      list_micro_usd: planned.listMicroUsd,
      high_micro_usd: planned.highMicroUsd,
      ...NO_OUTCOME,
    }),
  );
  await db
    .insertInto('job_attempts')
    .values([first, ...others])
    .execute();
}

/** See `AttemptStore.beginAttempt`; to be run in a transaction. */
async function beginAttempt(
  db: Queries,
  dialect: Dialect,
  lease: Lease,
  ended: EndedAttempt,
  number: number,
  after: AfterStep,
): Promise<Written<Job | null>> {
  const { jobId, owner, token } = lease;
  const held = await dialect
    .lockRows(
      db
        .selectFrom('jobs')
        .select([...JOB_COLUMNS, 'lease_owner', 'lease_token'])
        .select(sql<number>`${dialect.now()}`.as('now'))
        .where('id', '=', jobId),
    )
    .executeTakeFirst();
  if (held?.lease_owner !== owner || held.lease_token !== token) return { value: null, changed: [] };
  // Begun already, and the answer was lost on its way: under this very lease, and not a byte of it was sent.
  if (held.attempt === number && number > 1 && held.status === 'queued' && held.submitted_at === null) {
    return { value: toJob(held), changed: [] };
  }
  if (held.status === ended.status || !statusesBefore(ended.status).includes(held.status)) {
    throw new ClipgateError('internal', `Job ${jobId} is ${held.status} and cannot become ${ended.status}.`);
  }
  const next = await db
    .selectFrom('job_attempts')
    .selectAll()
    .where('job_id', '=', jobId)
    .where('number', '=', number)
    .executeTakeFirst();
  if (!next || next.request === null || next.status !== null || number <= held.attempt) {
    throw new ClipgateError('internal', `Job ${jobId} has no attempt ${number} to turn to.`);
  }

  const end = { ...toJob(held), ...ended, finishedAt: ended.finishedAt ?? held.now };
  await passHoldsOn(db, end, number);
  await endAttempt(db, dialect, end);
  const job = await db
    .updateTable('jobs')
    .set({
      status: 'queued',
      attempt: number,
      model: next.model,
      request: next.request,
      body_patch: next.body_patch,
      nonce: next.nonce,
      expected_ms: next.expected_ms,
      estimated_micro_usd: next.estimated_micro_usd,
      ceiling_micro_usd: next.high_micro_usd,
      list_micro_usd: next.list_micro_usd,
      submitted_at: null,
      finished_at: null,
      actual_micro_usd: null,
      is_byok: null,
      upstream_id: null,
      generation_id: null,
      output_count: 0,
      submit_attempts: 0,
      polls: 0,
      missing_since: null,
      missing_polls: 0,
      unclear_since: null,
      status_detail: null,
      error: null,
      updated_at: dialect.now(),
      version: sql<number>`version + 1`,
      ...(after.keep
        ? { due_at: dueIn(dialect, after.leaseMs) }
        : { lease_owner: null, due_at: after.runInMs === null ? null : dueIn(dialect, after.runInMs) }),
    })
    .where('id', '=', jobId)
    .returning(JOB_COLUMNS)
    .executeTakeFirstOrThrow();
  if (job.callback_url !== null) await forgetTold(db, jobId);
  return { value: toJob(job), changed: [jobId] };
}

const toAttempt = (row: AttemptTable): Attempt => ({
  jobId: row.job_id,
  number: row.number,
  model: row.model,
  status: row.status,
  upstreamId: row.upstream_id,
  error: row.error === null ? null : JSON.parse(row.error),
  startedAt: row.started_at,
  finishedAt: row.finished_at,
  actualMicroUsd: row.actual_micro_usd,
  estimatedMicroUsd: row.estimated_micro_usd,
  highMicroUsd: row.high_micro_usd,
});

export function createJobAttempts({ reader, dialect, write }: Database): AttemptStore {
  return {
    async findByNonce(nonce) {
      const present = await reader
        .selectFrom('jobs')
        .select(JOB_COLUMNS)
        .where('nonce', '=', nonce)
        .executeTakeFirst();
      if (present) return { job: toJob(present), ended: null };
      const attempt = await reader
        .selectFrom('job_attempts')
        .selectAll()
        .where('nonce', '=', nonce)
        // A planned one has never been sent, so that its nonce is known to no one but us.
        .where('status', 'is not', null)
        .executeTakeFirst();
      if (!attempt) return null;
      const row = await reader
        .selectFrom('jobs')
        .select(JOB_COLUMNS)
        .where('id', '=', attempt.job_id)
        .executeTakeFirstOrThrow();
      return { job: toJob(row), ended: toAttempt(attempt) };
    },

    beginAttempt: (lease, ended, number, after) =>
      write((db) => beginAttempt(db, dialect, lease, ended, number, after)),

    async getAttempts(jobIds) {
      if (jobIds.length === 0) return [];
      const rows = await reader
        .selectFrom('job_attempts')
        .selectAll()
        .where('job_id', 'in', jobIds)
        .orderBy('job_id')
        .orderBy('number')
        .execute();
      return rows.map(toAttempt);
    },
  };
}
