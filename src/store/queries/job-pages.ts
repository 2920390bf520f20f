// One page of jobs in the order of an index, whatever the filter.

import { type SqlBool, sql } from 'kysely';
import type { Job, JobStatus } from '../../core/job/job.ts';
import type { ListQuery } from '../ports/jobs.ts';
import type { Queries } from '../sql/database.ts';
import { JOB_COLUMNS } from './job-row.ts';

export const newestFirst = (a: Pick<Job, 'id' | 'createdAt'>, b: Pick<Job, 'id' | 'createdAt'>): number =>
  b.createdAt - a.createdAt || (a.id < b.id ? 1 : a.id > b.id ? -1 : 0);

export interface Place {
  readonly id: string;
  readonly at: number;
}

/**
 * Beside a model the status is no column that an index could be searched by: most jobs are `completed`, and the index of
 * the model has the status at its end.
 */
const hasStatus = (status: JobStatus, model: string | null) =>
  model === null ? sql<SqlBool>`jobs.status = ${status}` : sql<SqlBool>`jobs.status || '' = ${status}`;

/** One page of jobs of one status, or of any, in the order asked for, each filter served by an index in that order. */
export function selectPage(
  reader: Queries,
  { clientId, limit, model, tag, reference, keyId, since, until, order, listedOnly }: ListQuery,
  status: JobStatus | null,
  before: Place | null,
) {
  let query = reader.selectFrom('jobs').select(JOB_COLUMNS.map((column) => `jobs.${column}` as const));
  if (clientId !== null) query = query.where('jobs.client_id', '=', clientId);
  // As text where it has an index of its own: a parameter could be any status.
  if (status === 'submission_unknown') query = query.where('jobs.status', '=', sql.lit(status));
  else if (status !== null) query = query.where(hasStatus(status, model));
  if (model !== null) query = query.where('jobs.model', '=', model);
  if (reference !== null) query = query.where('jobs.reference', '=', reference);
  if (keyId !== null) query = query.where('jobs.key_id', '=', keyId);
  if (listedOnly) query = query.where('jobs.hidden_at', 'is', null);
  const isAfter = sql.raw(order === 'oldest' ? '>' : '<');
  const direction = order === 'oldest' ? 'asc' : 'desc';
  if (tag === null) {
    if (since !== null) query = query.where('jobs.created_at', '>=', since);
    if (until !== null) query = query.where('jobs.created_at', '<', until);
    if (before !== null)
      query = query.where(sql<SqlBool>`(jobs.created_at, jobs.id) ${isAfter} (${before.at}, ${before.id})`);
    return query.orderBy('jobs.created_at', direction).orderBy('jobs.id', direction).limit(limit);
  }
  // Tags are kept beside their jobs with what the list is sorted by: those found are read, and no other.
  let tagged = query.innerJoin('job_tags', 'job_tags.job_id', 'jobs.id').where('job_tags.tag', '=', tag);
  if (clientId !== null) tagged = tagged.where('job_tags.client_id', '=', clientId);
  if (since !== null) tagged = tagged.where('job_tags.created_at', '>=', since);
  if (until !== null) tagged = tagged.where('job_tags.created_at', '<', until);
  if (before !== null) {
    tagged = tagged.where(
      sql<SqlBool>`(job_tags.created_at, job_tags.job_id) ${isAfter} (${before.at}, ${before.id})`,
    );
  }
  return tagged.orderBy('job_tags.created_at', direction).orderBy('job_tags.job_id', direction).limit(limit);
}
