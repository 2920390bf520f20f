// Reads of jobs, each bounded to one client and served by an index; `getJob` is on the hottest path of the service.

import { type SqlBool, sql } from 'kysely';
import type { Job, JobStatus } from '../../core/job/job.ts';
import type { JobStore } from '../ports/job-store.ts';
import type { ListQuery } from '../ports/jobs.ts';
import type { Database, Queries } from '../sql/database.ts';
import { prepare } from '../sql/prepared-query.ts';
import { KEY_LIFE_MS } from './job-creation.ts';
import { JOB_COLUMNS, toJob } from './job-row.ts';
import { findReplacements, isSafe } from './replacements.ts';

export type JobReads = Pick<
  JobStore,
  | 'countOpenJobs'
  | 'countEndedJobs'
  | 'getJob'
  | 'getJobPlan'
  | 'findJob'
  | 'getJobByUpstreamId'
  | 'listJobs'
  | 'findIdempotent'
  | 'findReplacements'
>;

const newestFirst = (a: Job, b: Job): number =>
  b.createdAt - a.createdAt || (a.id < b.id ? 1 : a.id > b.id ? -1 : 0);

interface Place {
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
function selectPage(
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

/** The condition of the index `jobs_running`, word for word. */
const IS_OPEN = sql<SqlBool>`status in ('queued', 'submitting', 'pending', 'in_progress', 'submission_unknown')`;

const countByStatus = (reader: Queries) =>
  reader
    .selectFrom('jobs')
    .select(['status', (of) => of.fn.countAll<number>().as('jobs')])
    .groupBy('status');

const toCounts = (rows: readonly { readonly status: JobStatus; readonly jobs: number }[]) =>
  new Map(rows.map(({ status, jobs }) => [status, Number(jobs)]));

export function createJobReads({ reader, dialect }: Pick<Database, 'reader' | 'dialect'>): JobReads {
  const jobById = prepare((params: { id: string; clientId: string }) =>
    reader
      .selectFrom('jobs')
      .select(JOB_COLUMNS)
      .where('id', '=', params.id)
      .where('client_id', '=', params.clientId),
  );

  const jobByUpstreamId = prepare((params: { upstreamId: string; clientId: string }) =>
    reader
      .selectFrom('jobs')
      .select(JOB_COLUMNS)
      .where('upstream_id', '=', params.upstreamId)
      .where('client_id', '=', params.clientId),
  );

  const jobByKey = prepare((params: { clientId: string; key: string }) =>
    reader
      .selectFrom('idempotency_keys')
      .innerJoin('jobs', 'jobs.id', 'idempotency_keys.job_id')
      .select(JOB_COLUMNS.map((column) => `jobs.${column}` as const))
      .select('idempotency_keys.body_hash')
      .select(sql<number>`case when ${isSafe} then 1 else 0 end`.as('is_safe'))
      .where('idempotency_keys.client_id', '=', params.clientId)
      .where('idempotency_keys.key', '=', params.key)
      .where(sql<boolean>`idempotency_keys.created_at >= ${dialect.now()} - ${sql.lit(KEY_LIFE_MS)}`),
  );

  /** When the job that a cursor names was made; null where it names none that the reader may see. */
  async function findPlace(id: string, clientId: string | null): Promise<number | null> {
    let query = reader.selectFrom('jobs').select('created_at').where('id', '=', id);
    if (clientId !== null) query = query.where('client_id', '=', clientId);
    return (await query.executeTakeFirst())?.created_at ?? null;
  }

  async function listJobs(query: ListQuery): Promise<Job[]> {
    const placedAt = query.before === null ? null : await findPlace(query.before, query.clientId);
    if (query.before !== null && placedAt === null) return [];
    const place = query.before === null || placedAt === null ? null : { id: query.before, at: placedAt };
    // A list for each status: each is read in the order of its index, and no further than the page.
    const lists = query.statuses.length === 0 ? [null] : [...new Set(query.statuses)];
    const pages: Job[][] = [];
    for (const status of lists) {
      const rows = await selectPage(reader, query, status, place).execute();
      pages.push(rows.map(toJob));
    }
    const sorted = pages.flat().sort(newestFirst);
    return (query.order === 'oldest' ? sorted.reverse() : sorted).slice(0, query.limit);
  }

  return {
    async getJob(id, clientId) {
      const [row] = await jobById(reader, { id, clientId });
      return row ? toJob(row) : null;
    },
    async getJobPlan(jobId) {
      const row = await reader
        .selectFrom('job_plans')
        .select('plan')
        .where('job_id', '=', jobId)
        .executeTakeFirst();
      return row?.plan ?? null;
    },
    async findJob(id) {
      const row = await reader.selectFrom('jobs').select(JOB_COLUMNS).where('id', '=', id).executeTakeFirst();
      return row ? toJob(row) : null;
    },
    async getJobByUpstreamId(upstreamId, clientId) {
      const [row] = await jobByUpstreamId(reader, { upstreamId, clientId });
      return row ? toJob(row) : null;
    },
    listJobs,
    async countOpenJobs(clientId = null) {
      let query = countByStatus(reader).where(IS_OPEN);
      if (clientId !== null) query = query.where('client_id', '=', clientId);
      return toCounts(await query.execute());
    },
    async countEndedJobs(clientId, since) {
      let query = countByStatus(reader)
        .where('finished_at', 'is not', null)
        .where('finished_at', '>=', since);
      if (clientId !== null) query = query.where('client_id', '=', clientId);
      return toCounts(await query.execute());
    },
    async findIdempotent(clientId, key) {
      const [row] = await jobByKey(reader, { clientId, key });
      if (!row) return null;
      const job = row.is_safe === 0 ? toJob(row) : (await findReplacements(reader, [row.id])).get(row.id);
      return job ? { job, bodyHash: row.body_hash } : null;
    },
    findReplacements: (jobIds) => findReplacements(reader, jobIds),
  };
}
