// Between a row and a Job: the one place that knows which columns are JSON and which are 0 or 1.

import { isTerminal, type Job, type JobChange } from '../../core/job/job.ts';
import type { JobTable } from '../sql/tables.ts';

/** What a query returns for a job: its own columns, none of the bookkeeping beside them. */
export const JOB_COLUMNS = [
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
  'submitted_at',
  'finished_at',
  'expected_ms',
  'estimated_micro_usd',
  'ceiling_micro_usd',
  'list_micro_usd',
  'actual_micro_usd',
  'is_byok',
  'upstream_id',
  'generation_id',
  'output_count',
  'submit_attempts',
  'polls',
  'missing_since',
  'missing_polls',
  'unclear_since',
  'status_detail',
  'error',
  'attempt',
  'fallback',
  'patience_ms',
  'resubmit_of',
  'callback_url',
  'hidden_at',
  'clips_removed_at',
  'body_erased_at',
  'waiting_since',
  'tags',
  'reference',
  'idempotency_key',
  'request_id',
  'traceparent',
] as const satisfies readonly (keyof JobTable)[];

export type JobRow = Pick<JobTable, (typeof JOB_COLUMNS)[number]>;

export function toJob(row: JobRow): Job {
  return {
    id: row.id,
    clientId: row.client_id,
    keyId: row.key_id,
    status: row.status,
    model: row.model,
    request: JSON.parse(row.request),
    bodyHash: row.body_hash,
    nonce: row.nonce,
    createdAt: row.created_at,
    updatedAt: row.updated_at,
    version: row.version,
    submittedAt: row.submitted_at,
    finishedAt: row.finished_at,
    expectedMs: row.expected_ms,
    estimatedMicroUsd: row.estimated_micro_usd,
    ceilingMicroUsd: row.ceiling_micro_usd,
    listMicroUsd: row.list_micro_usd,
    actualMicroUsd: row.actual_micro_usd,
    isByok: row.is_byok === null ? null : row.is_byok === 1,
    upstreamId: row.upstream_id,
    generationId: row.generation_id,
    outputCount: row.output_count,
    submitAttempts: row.submit_attempts,
    polls: row.polls,
    missingSince: row.missing_since,
    missingPolls: row.missing_polls,
    unclearSince: row.unclear_since,
    statusDetail: row.status_detail,
    error: row.error === null ? null : JSON.parse(row.error),
    attempt: row.attempt,
    fallback: row.fallback === null ? null : JSON.parse(row.fallback),
    patienceMs: row.patience_ms,
    resubmitOf: row.resubmit_of,
    callbackUrl: row.callback_url,
    hiddenAt: row.hidden_at,
    clipsRemovedAt: row.clips_removed_at,
    bodyErasedAt: row.body_erased_at,
    waitingSince: row.waiting_since,
    tags: row.tags === null ? [] : JSON.parse(row.tags),
    reference: row.reference,
    idempotencyKey: row.idempotency_key,
    requestId: row.request_id,
    traceparent: row.traceparent,
  };
}

type ChangedColumns = Partial<
  Pick<
    JobTable,
    | 'status'
    | 'submitted_at'
    | 'actual_micro_usd'
    | 'is_byok'
    | 'upstream_id'
    | 'generation_id'
    | 'output_count'
    | 'submit_attempts'
    | 'polls'
    | 'missing_since'
    | 'missing_polls'
    | 'unclear_since'
    | 'status_detail'
    | 'error'
  >
>;

/** The columns a change names; `finishedAt` is left to the step that knows the clock. */
export function toColumns(change: JobChange): ChangedColumns {
  const { isByok, error } = change;
  return {
    ...(change.status !== undefined && { status: change.status }),
    ...(change.submittedAt !== undefined && { submitted_at: change.submittedAt }),
    ...(change.actualMicroUsd !== undefined && { actual_micro_usd: change.actualMicroUsd }),
    ...(isByok !== undefined && { is_byok: isByok === null ? null : Number(isByok) }),
    ...(change.upstreamId !== undefined && { upstream_id: change.upstreamId }),
    ...(change.generationId !== undefined && { generation_id: change.generationId }),
    ...(change.outputCount !== undefined && { output_count: change.outputCount }),
    ...(change.submitAttempts !== undefined && { submit_attempts: change.submitAttempts }),
    ...(change.polls !== undefined && { polls: change.polls }),
    ...(change.missingSince !== undefined && { missing_since: change.missingSince }),
    ...(change.missingPolls !== undefined && { missing_polls: change.missingPolls }),
    ...(change.unclearSince !== undefined && { unclear_since: change.unclearSince }),
    ...(change.statusDetail !== undefined && { status_detail: change.statusDetail }),
    ...(error !== undefined && { error: error === null ? null : JSON.stringify(error) }),
  };
}

/** True where the change ends the job. */
export const endsJob = (change: JobChange): boolean =>
  change.status !== undefined && isTerminal(change.status);
