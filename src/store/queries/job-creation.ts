// Writes a paid intent for the first time, once per idempotency key.

import { sql } from 'kysely';
import { ClipgateError } from '../../core/errors.ts';
import type { Job } from '../../core/job/job.ts';
import type { CreateResult, JobIntent } from '../ports/jobs.ts';
import type { Dialect, Queries, Written } from '../sql/database.ts';
import { prepare } from '../sql/prepared-query.ts';
import { type KeptBodies, useBody } from './bodies.ts';
import { insertCallback } from './callback-records.ts';
import { insertAttempts, termsOf } from './job-attempts.ts';
import { JOB_COLUMNS, toJob } from './job-row.ts';
import { holdIntent, isSafe } from './replacements.ts';

/** How long a key keeps answering with its job. */
export const KEY_LIFE_MS = 30 * 24 * 60 * 60 * 1000;

const FIRST_TOKEN = 1;

interface NewJob {
  readonly id: string;
  readonly clientId: string;
  readonly model: string;
  readonly request: string;
  readonly bodyHash: string | null;
  readonly nonce: string;
  readonly expectedMs: number | null;
  readonly estimatedMicroUsd: number | null;
  readonly fallback: string | null;
  readonly patienceMs: number | null;
  readonly resubmitOf: string | null;
  readonly ceilingMicroUsd: number | null;
  readonly listMicroUsd: number | null;
  readonly callbackUrl: string | null;
  readonly owner: string;
  readonly leaseMs: number;
}

interface KeyOfJob {
  readonly clientId: string;
  readonly key: string;
  readonly bodyHash: string;
  readonly jobId: string;
}

type Created = Extract<CreateResult, { readonly kind: 'created' }>;

interface Ours {
  readonly kind: 'ours';
  readonly resubmitOf: string | null;
}

const doubleCharge = ({ id, status }: Job) =>
  new ClipgateError(
    'double_charge_not_accepted',
    `This job was sent again already, as a job that is ${status}.`,
    { details: { jobId: id, jobStatus: status } },
  );

/** Creates a job inside the write unit it is given, its bodies kept beforehand; see `JobRecords.createJob`. */
export type CreateJob = (
  db: Queries,
  intent: JobIntent,
  bodies: KeptBodies,
  owner: string,
  leaseMs: number,
) => Promise<Written<CreateResult>>;

export function prepareJobCreation(db: Queries, dialect: Dialect): CreateJob {
  const insertJob = prepare((job: NewJob) =>
    db
      .insertInto('jobs')
      .values({
        id: job.id,
        client_id: job.clientId,
        status: 'queued',
        model: job.model,
        request: job.request,
        body_hash: job.bodyHash,
        nonce: job.nonce,
        created_at: dialect.now(),
        updated_at: dialect.now(),
        version: 1,
        expected_ms: job.expectedMs,
        estimated_micro_usd: job.estimatedMicroUsd,
        ceiling_micro_usd: job.ceilingMicroUsd,
        list_micro_usd: job.listMicroUsd,
        output_count: 0,
        submit_attempts: 0,
        polls: 0,
        missing_polls: 0,
        attempt: 1,
        fallback: job.fallback,
        patience_ms: job.patienceMs,
        resubmit_of: job.resubmitOf,
        callback_url: job.callbackUrl,
        due_at: sql<number>`${dialect.now()} + ${job.leaseMs}`,
        claimed_due_at: dialect.now(),
        lease_owner: job.owner,
        lease_token: FIRST_TOKEN,
      })
      .returning(JOB_COLUMNS),
  );

  const insertKey = prepare((row: KeyOfJob) =>
    db
      .insertInto('idempotency_keys')
      .values({
        client_id: row.clientId,
        key: row.key,
        body_hash: row.bodyHash,
        job_id: row.jobId,
        created_at: dialect.now(),
      })
      // PostgreSQL waits here for another transaction that is writing the same key, then does nothing.
      .onConflict((conflict) => conflict.columns(['client_id', 'key']).doNothing())
      .returning('job_id'),
  );

  // Locked before the job is looked at: of two callers that find the key free, the second must see the first's job.
  const selectKey = prepare((row: Pick<KeyOfJob, 'clientId' | 'key'>) =>
    dialect.lockRows(
      db
        .selectFrom('idempotency_keys')
        .select(['job_id', 'body_hash'])
        .select(sql<number>`${dialect.now()} - created_at`.as('age_ms'))
        .where('client_id', '=', row.clientId)
        .where('key', '=', row.key),
    ),
  );

  const moveKey = prepare((row: KeyOfJob) =>
    db
      .updateTable('idempotency_keys')
      .set({ body_hash: row.bodyHash, job_id: row.jobId, created_at: dialect.now() })
      .where('client_id', '=', row.clientId)
      .where('key', '=', row.key),
  );

  const selectJob = prepare((row: { readonly id: string }) =>
    db
      .selectFrom('jobs')
      .select(JOB_COLUMNS)
      .select(sql<number>`case when ${isSafe} then 1 else 0 end`.as('is_safe'))
      .where('id', '=', row.id),
  );

  /** What an earlier job of this key has to say; or the key is now ours, and the refused job that is sent again by it. */
  async function claimKey(db: Queries, row: KeyOfJob): Promise<Exclude<CreateResult, Created> | Ours> {
    if ((await insertKey(db, row)).length > 0) return { kind: 'ours', resubmitOf: null };
    const [known] = await selectKey(db, row);
    // Another process has removed it between the two, so it was dead: it is free now.
    if (!known) return claimKey(db, row);
    const [earlier] = await selectJob(db, { id: known.job_id });
    if (!earlier) throw new Error(`The idempotency key of job ${row.jobId} names no job`);
    const same = known.body_hash === row.bodyHash;
    const old = known.age_ms > KEY_LIFE_MS;
    const standing = old || earlier.is_safe === 0 ? null : await holdIntent(db, dialect, earlier.id);
    if (old || (earlier.is_safe === 1 && !standing)) {
      await moveKey(db, row);
      return { kind: 'ours', resubmitOf: same && !old ? earlier.id : null };
    }
    const job = standing ?? toJob(earlier);
    return same ? { kind: 'replayed', job } : { kind: 'key_reused', jobId: job.id };
  }

  /** The refused job that this one sends again, where it may. */
  async function claimIntent(db: Queries, intent: JobIntent, ofKey: string | null): Promise<string | null> {
    const resubmitOf = intent.resubmitOf ?? null;
    if (resubmitOf === null) return ofKey;
    const standing = await holdIntent(db, dialect, resubmitOf);
    // Thrown, not answered: the key that was claimed for this job must be undone.
    if (standing && intent.acceptDoubleCharge !== true) throw doubleCharge(standing);
    return resubmitOf;
  }

  return async (db, intent, bodies, owner, leaseMs) => {
    const { id, clientId, idempotency } = intent;
    const key = idempotency && (await claimKey(db, { clientId, jobId: id, ...idempotency }));
    if (key && key.kind !== 'ours') return { value: key, changed: [] };
    const resubmitOf = await claimIntent(db, intent, key?.resubmitOf ?? null);

    const { fallback } = intent;
    const callbackUrl = intent.callbackUrl ?? null;
    const [row] = await insertJob(db, {
      ...intent,
      request: bodies.attempts[0]?.request ?? JSON.stringify(intent.request),
      bodyHash: bodies.hash,
      ceilingMicroUsd: intent.ceilingMicroUsd ?? null,
      listMicroUsd: intent.listMicroUsd ?? null,
      fallback: fallback ? JSON.stringify(termsOf(fallback)) : null,
      patienceMs: intent.patienceMs ?? null,
      resubmitOf,
      callbackUrl,
      owner,
      leaseMs,
    });
    if (!row) throw new Error(`Inserting job ${id} returned no row`);
    if (bodies.hash !== null) await useBody(db, bodies.hash);
    if (fallback) await insertAttempts(db, intent, fallback, bodies);
    if (callbackUrl !== null) await insertCallback(db, id, callbackUrl);
    const claim = { job: toJob(row), lease: { jobId: id, owner, token: FIRST_TOKEN } };
    return { value: { kind: 'created', claim }, changed: [id] };
  };
}
