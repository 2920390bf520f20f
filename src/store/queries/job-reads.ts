// Reads of jobs, each bounded to one client and served by an index; `getJob` is on the hottest path of the service.

import { sql } from 'kysely';
import type { Job } from '../../core/job/job.ts';
import type { JobStore } from '../ports/job-store.ts';
import type { ListQuery } from '../ports/jobs.ts';
import type { Database } from '../sql/database.ts';
import { prepare } from '../sql/prepared-query.ts';
import { KEY_LIFE_MS } from './job-creation.ts';
import { JOB_COLUMNS, toJob } from './job-row.ts';
import { findReplacements, isSafe } from './replacements.ts';

export type JobReads = Pick<
  JobStore,
  'getJob' | 'findJob' | 'getJobByUpstreamId' | 'listJobs' | 'findIdempotent' | 'findReplacements'
>;

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

  /** Null where the cursor names no job of this client. */
  async function findPlace(id: string, clientId: string): Promise<{ createdAt: number } | null> {
    const [row] = await jobById(reader, { id, clientId });
    return row ? { createdAt: row.created_at } : null;
  }

  /** Every client's, by id, which sorts by time of creation: the primary key serves where no index of clients can. */
  async function listAllJobs({ limit, before, status, model }: ListQuery): Promise<Job[]> {
    let query = reader.selectFrom('jobs').select(JOB_COLUMNS);
    // As text where it has an index of its own: a parameter could be any status.
    if (status === 'submission_unknown') query = query.where('status', '=', sql.lit(status));
    else if (status !== null) query = query.where('status', '=', status);
    if (model !== null) query = query.where('model', '=', model);
    if (before !== null) query = query.where('id', '<', before);
    const rows = await query.orderBy('id', 'desc').limit(limit).execute();
    return rows.map(toJob);
  }

  async function listJobs(query: ListQuery): Promise<Job[]> {
    const { clientId } = query;
    return clientId === null ? listAllJobs(query) : listJobsOf(clientId, query);
  }

  async function listJobsOf(clientId: string, { limit, before, status, model }: ListQuery): Promise<Job[]> {
    let query = reader.selectFrom('jobs').select(JOB_COLUMNS).where('client_id', '=', clientId);
    if (status !== null) query = query.where('status', '=', status);
    if (model !== null) query = query.where('model', '=', model);
    if (before !== null) {
      const place = await findPlace(before, clientId);
      if (!place) return [];
      query = query.where(sql<boolean>`(created_at, id) < (${place.createdAt}, ${before})`);
    }
    const rows = await query.orderBy('created_at', 'desc').orderBy('id', 'desc').limit(limit).execute();
    return rows.map(toJob);
  }

  return {
    async getJob(id, clientId) {
      const [row] = await jobById(reader, { id, clientId });
      return row ? toJob(row) : null;
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
    async findIdempotent(clientId, key) {
      const [row] = await jobByKey(reader, { clientId, key });
      if (!row) return null;
      const job = row.is_safe === 0 ? toJob(row) : (await findReplacements(reader, [row.id])).get(row.id);
      return job ? { job, bodyHash: row.body_hash } : null;
    },
    findReplacements: (jobIds) => findReplacements(reader, jobIds),
  };
}
