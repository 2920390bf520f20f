// Reads of jobs, each bounded to one client and served by an index; `getJob` is on the hottest path of the service.

import { sql } from 'kysely';
import type { Job } from '../core/job.ts';
import type { Queries } from './database.ts';
import { JOB_COLUMNS, toJob } from './job-row.ts';
import type { JobStore, ListQuery } from './port.ts';
import { prepare } from './prepared-query.ts';

export type JobReads = Pick<JobStore, 'getJob' | 'getJobByUpstreamId' | 'listJobs' | 'listUnarchived'>;

export function createJobReads(reader: Queries): JobReads {
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

  const unarchived = prepare((params: { limit: number }) =>
    reader
      .selectFrom('jobs')
      .select(JOB_COLUMNS)
      // Word for word the index's own condition: a bound value would not match it.
      .where('status', '=', sql.lit('completed' as const))
      .whereRef('stored_count', '<', 'output_count')
      .orderBy('finished_at')
      .orderBy('id')
      .limit(params.limit),
  );

  /** Null where the cursor names no job of this client. */
  async function findPlace(id: string, clientId: string): Promise<{ createdAt: number } | null> {
    const [row] = await jobById(reader, { id, clientId });
    return row ? { createdAt: row.created_at } : null;
  }

  async function listJobs({ clientId, limit, before, status, model }: ListQuery): Promise<Job[]> {
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
    async getJobByUpstreamId(upstreamId, clientId) {
      const [row] = await jobByUpstreamId(reader, { upstreamId, clientId });
      return row ? toJob(row) : null;
    },
    listJobs,
    async listUnarchived(limit) {
      return (await unarchived(reader, { limit })).map(toJob);
    },
  };
}
