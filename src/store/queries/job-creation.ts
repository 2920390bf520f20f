// Writes a paid intent for the first time, once per idempotency key.

import { sql } from 'kysely';
import { ClipgateError } from '../../core/errors.ts';
import type { Job } from '../../core/job/job.ts';
import type { CreateResult, JobIntent } from '../ports/jobs.ts';
import type { Dialect, Queries, Written } from '../sql/database.ts';
import { prepare } from '../sql/prepared-query.ts';
import type { JobTable } from '../sql/tables.ts';
import { type KeptBodies, useBody } from './bodies.ts';
import type { Admit } from './budget-admission.ts';
import { applies } from './budget-row.ts';
import { insertCallback } from './callback-records.ts';
import { insertAttempts, termsOf } from './job-attempts.ts';
import { JOB_COLUMNS, type JobRow, toJob } from './job-row.ts';
import { answerByJob } from './order-answers.ts';
import { holdIntent, isSafe } from './replacements.ts';
import { mustWait } from './running-jobs.ts';

/**
 * How long a key answers with its job: the 30 days that callers are promised, and as long again. A clock that is a month
 * ahead must not make a retry of yesterday's order a second purchase.
 */
export const KEY_LIFE_MS = 2 * 30 * 24 * 60 * 60 * 1000;

const FIRST_TOKEN = 1;

const NEW_JOB_COLUMNS = [
  'id',
  'client_id',
  'key_id',
  'status',
  'model',
  'request',
  'body_hash',
  'nonce',
  'created_at',
  'updated_at',
  'version',
  'expected_ms',
  'estimated_micro_usd',
  'list_micro_usd',
  'ceiling_micro_usd',
  'output_count',
  'submit_attempts',
  'polls',
  'missing_polls',
  'attempt',
  'fallback',
  'patience_ms',
  'resubmit_of',
  'callback_url',
  'tags',
  'reference',
  'idempotency_key',
  'request_id',
  'traceparent',
  'waiting_since',
  'due_at',
  'claimed_due_at',
  'lease_owner',
  'lease_token',
] as const satisfies readonly (keyof JobTable)[];

interface NewJob {
  readonly id: string;
  readonly clientId: string;
  readonly keyId: string | null;
  /** 1 where it waits for others to end, without a lease. */
  readonly waits: 0 | 1;
  /** 1 where its budgets hold for it. */
  readonly admitted: 0 | 1;
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
  readonly tags: string | null;
  readonly reference: string | null;
  readonly idempotencyKey: string | null;
  readonly requestId: string | null;
  readonly traceparent: string | null;
  readonly owner: string;
  readonly leaseMs: number;
}

interface KeyOfJob {
  readonly clientId: string;
  readonly key: string;
  readonly bodyHash: string;
  readonly jobId: string;
}

type Created = Extract<CreateResult, { readonly kind: 'created' | 'waiting' }>;

interface Ours {
  readonly kind: 'ours';
  readonly resubmitOf: string | null;
}

const insertTags = async (db: Queries, job: JobRow, tags: readonly string[]): Promise<void> => {
  await db
    .insertInto('job_tags')
    .values(
      tags.map((tag) => ({ job_id: job.id, tag, client_id: job.client_id, created_at: job.created_at })),
    )
    .execute();
};

const doubleCharge = ({ id, status }: Job) =>
  new ClipgateError(
    'double_charge_not_accepted',
    `This job was already resubmitted, as a job that is ${status}.`,
    { details: { jobId: id, jobStatus: status } },
  );

/**
 * Creates a job inside the write unit it is given, its bodies kept beforehand; see `JobRecords.createJob`. Null where
 * budgets are to be asked and there is no transaction to do so in.
 */
export type CreateJob = (
  db: Queries,
  intent: JobIntent,
  bodies: KeptBodies,
  options: {
    readonly owner: string;
    readonly leaseMs: number;
    /** False where it runs as a single statement, without a transaction around it. */
    readonly isTransaction: boolean;
    /** True where a budget is likely to be asked about it: asked at once, the insert that would find out is spared. */
    readonly isBudgeted: boolean;
  },
) => Promise<Written<CreateResult | null>>;

export function prepareJobCreation(db: Queries, dialect: Dialect, admit: Admit): CreateJob {
  // A job that no budget asks about is written at once; for any other no row comes back, and admission is next.
  const insertJob = prepare((job: NewJob) =>
    db
      .insertInto('jobs')
      .columns(NEW_JOB_COLUMNS)
      .expression(
        db
          .selectNoFrom(({ val }) => [
            val(job.id).as('id'),
            val(job.clientId).as('client_id'),
            val(job.keyId).as('key_id'),
            sql.lit('queued').as('status'),
            val(job.model).as('model'),
            val(job.request).as('request'),
            val(job.bodyHash).as('body_hash'),
            val(job.nonce).as('nonce'),
            sql<number>`${dialect.now()}`.as('created_at'),
            sql<number>`${dialect.now()}`.as('updated_at'),
            sql.lit(1).as('version'),
            val(job.expectedMs).as('expected_ms'),
            val(job.estimatedMicroUsd).as('estimated_micro_usd'),
            val(job.listMicroUsd).as('list_micro_usd'),
            val(job.ceilingMicroUsd).as('ceiling_micro_usd'),
            sql.lit(0).as('output_count'),
            sql.lit(0).as('submit_attempts'),
            sql.lit(0).as('polls'),
            sql.lit(0).as('missing_polls'),
            sql.lit(1).as('attempt'),
            val(job.fallback).as('fallback'),
            val(job.patienceMs).as('patience_ms'),
            val(job.resubmitOf).as('resubmit_of'),
            val(job.callbackUrl).as('callback_url'),
            val(job.tags).as('tags'),
            val(job.reference).as('reference'),
            val(job.idempotencyKey).as('idempotency_key'),
            val(job.requestId).as('request_id'),
            val(job.traceparent).as('traceparent'),
            sql<number | null>`case when ${job.waits} = 1 then ${dialect.now()} end`.as('waiting_since'),
            sql<number | null>`case when ${job.waits} = 0 then ${dialect.now()} + ${job.leaseMs} end`.as(
              'due_at',
            ),
            sql<number>`${dialect.now()}`.as('claimed_due_at'),
            sql<string | null>`case when ${job.waits} = 0 then ${job.owner} end`.as('lease_owner'),
            sql.lit(FIRST_TOKEN).as('lease_token'),
          ])
          .where(({ or, not, exists, selectFrom }) =>
            or([
              sql<boolean>`${job.admitted} = 1`,
              not(
                exists(
                  selectFrom('budgets')
                    .select('id')
                    .where(applies(sql`${job.clientId}`, sql`${job.keyId}`)),
                ),
              ),
            ]),
          ),
      )
      .returning(JOB_COLUMNS),
  );

  const insertPlan = prepare((row: { readonly jobId: string; readonly plan: string }) =>
    db.insertInto('job_plans').values({ job_id: row.jobId, plan: row.plan }),
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

  return async (db, intent, bodies, options) => {
    const { owner, leaseMs } = options;
    const { id, clientId, idempotency } = intent;
    const key = idempotency && (await claimKey(db, { clientId, jobId: id, ...idempotency }));
    if (key && key.kind !== 'ours') return { value: key, changed: [] };
    const resubmitOf = await claimIntent(db, intent, key?.resubmitOf ?? null);

    const { fallback } = intent;
    const ceilingMicroUsd = fallback ? fallback.maxTotalMicroUsd : (intent.ceilingMicroUsd ?? null);
    const ask = () => admit(db, { jobId: id, clientId, keyId: intent.keyId ?? null, ceilingMicroUsd });
    // Budgets before slots: orders of several clients in one transaction then lock what they share first.
    let budgets = options.isBudgeted ? await ask() : 0;
    const waits = await mustWait(db, dialect, intent);
    const callbackUrl = intent.callbackUrl ?? null;
    const tags = [...new Set(intent.tags ?? [])];
    const job: Omit<NewJob, 'admitted'> = {
      ...intent,
      keyId: intent.keyId ?? null,
      request: bodies.attempts[0]?.request ?? JSON.stringify(intent.request),
      bodyHash: bodies.hash,
      ceilingMicroUsd: intent.ceilingMicroUsd ?? null,
      listMicroUsd: intent.listMicroUsd ?? null,
      fallback: fallback ? JSON.stringify(termsOf(fallback)) : null,
      patienceMs: intent.patienceMs ?? null,
      resubmitOf,
      callbackUrl,
      tags: tags.length > 0 ? JSON.stringify(tags) : null,
      reference: intent.reference ?? null,
      idempotencyKey: idempotency?.key ?? null,
      requestId: intent.origin?.requestId ?? null,
      traceparent: intent.origin?.traceparent ?? null,
      waits: waits ? 1 : 0,
      owner,
      leaseMs,
    };
    let [row] = await insertJob(db, { ...job, admitted: budgets > 0 ? 1 : 0 });
    if (!row) {
      // A statement of its own cannot take back what a budget holds: the caller comes again with a transaction.
      if (!options.isTransaction) return { value: null, changed: [] };
      budgets = await ask();
      [row] = await insertJob(db, { ...job, admitted: 1 });
    }
    if (!row) throw new Error(`Inserting job ${id} returned no row`);
    if (bodies.hash !== null) await useBody(db, bodies.hash);
    if (fallback) await insertAttempts(db, intent, fallback, bodies);
    if (callbackUrl !== null) await insertCallback(db, id, callbackUrl, intent.callbackFormat ?? null);
    if (intent.plan) await insertPlan(db, { jobId: id, plan: intent.plan });
    if (intent.answer) await answerByJob(db, dialect, intent.answer, id);
    if (tags.length > 0) await insertTags(db, row, tags);
    if (waits) return { value: { kind: 'waiting', job: toJob(row), budgeted: budgets > 0 }, changed: [id] };
    const claim = { job: toJob(row), lease: { jobId: id, owner, token: FIRST_TOKEN } };
    return { value: { kind: 'created', claim, budgeted: budgets > 0 }, changed: [id] };
  };
}
