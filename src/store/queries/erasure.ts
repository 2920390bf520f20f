// Forgets clips and requests of jobs that have ended, and finds those that are old enough.

import { type SqlBool, sql } from 'kysely';
import { eraseError, eraseRequest } from '../../core/clip/erased-request.ts';
import { isTerminal } from '../../core/job/job.ts';
import type { ErasureStore } from '../ports/erasure.ts';
import type { Database, Queries } from '../sql/database.ts';

const endedBefore = (before: number) => sql<SqlBool>`finished_at is not null and finished_at < ${before}`;
const hasOutputs = sql<SqlBool>`exists (select 1 from outputs where outputs.job_id = jobs.id)`;
const keepsClips = sql<SqlBool>`status = 'completed' and clips_removed_at is null`;

const withoutWords = (error: string | null): string | null =>
  error === null ? null : JSON.stringify(eraseError(JSON.parse(error)));

export function createErasure({ reader, dialect, write, writeOne }: Database): ErasureStore {
  /** The job, held until the transaction ends; null where it has not ended. */
  async function lockEnded(db: Queries, jobId: string) {
    const query = db
      .selectFrom('jobs')
      .select(['status', 'request', 'error', 'body_hash', 'body_erased_at'])
      .where('id', '=', jobId);
    const row = await dialect.lockRows(query).executeTakeFirst();
    return row && isTerminal(row.status) ? row : null;
  }

  /** Removes a body that no job has any more. One that a job is about to have stays for the purge to judge. */
  async function dropBody(db: Queries, hash: string): Promise<void> {
    // First held, then judged: a job that took it meanwhile is seen by the statement after.
    await dialect.lockRows(db.selectFrom('bodies').select('hash').where('hash', '=', hash)).execute();
    const gone = await db
      .deleteFrom('bodies')
      .where('hash', '=', hash)
      .where('unused_since', 'is', null)
      .where(sql<SqlBool>`not exists (select 1 from jobs where jobs.body_hash = bodies.hash)`)
      .returning('hash')
      .execute();
    if (gone.length > 0) await db.deleteFrom('body_parts').where('hash', '=', hash).execute();
  }

  async function eraseAttempts(db: Queries, jobId: string): Promise<void> {
    const attempts = await db
      .selectFrom('job_attempts')
      .select(['number', 'request', 'error'])
      .where('job_id', '=', jobId)
      .execute();
    for (const { number, request, error } of attempts) {
      await db
        .updateTable('job_attempts')
        .set({
          request: request === null ? null : JSON.stringify(eraseRequest(JSON.parse(request))),
          error: withoutWords(error),
          body_patch: null,
        })
        .where('job_id', '=', jobId)
        .where('number', '=', number)
        .execute();
    }
  }

  return {
    async archiveStats() {
      const { clips, bytes } = await reader
        .selectFrom('outputs')
        .select([
          sql<number>`count(*)`.as('clips'),
          sql<number>`cast(coalesce(sum(bytes), 0) as bigint)`.as('bytes'),
        ])
        .executeTakeFirstOrThrow();
      const { backlog } = await reader
        .selectFrom('jobs')
        .select(sql<number>`count(*)`.as('backlog'))
        .where('due_at', 'is not', null)
        .where('status', '=', 'completed')
        .executeTakeFirstOrThrow();
      return { clips: Number(clips), bytes: Number(bytes), backlog: Number(backlog) };
    },

    beginClipRemoval: (jobId) =>
      write(async (db) => {
        if (!(await lockEnded(db, jobId))) return { value: null, changed: [] };
        const marked = await db
          .updateTable('jobs')
          .set({
            clips_removed_at: dialect.now(),
            updated_at: dialect.now(),
            version: sql<number>`version + 1`,
            // A process that fetches its clip at the moment finds its lease lost.
            due_at: null,
            lease_owner: null,
            lease_token: sql<number>`lease_token + 1`,
          })
          .where('id', '=', jobId)
          .where('clips_removed_at', 'is', null)
          .returning('id')
          .execute();
        const rows = await db.selectFrom('outputs').select('file').where('job_id', '=', jobId).execute();
        return { value: rows.map(({ file }) => file), changed: marked.map(({ id }) => id) };
      }),

    endClipRemoval: (jobId) =>
      writeOne(async (db) => {
        await db.deleteFrom('outputs').where('job_id', '=', jobId).execute();
        return { value: undefined, changed: [jobId] };
      }),

    async listClipRemovals(limit) {
      const rows = await reader
        .selectFrom('outputs')
        .innerJoin('jobs', 'jobs.id', 'outputs.job_id')
        .select('jobs.id')
        .distinct()
        .where('jobs.clips_removed_at', 'is not', null)
        .limit(limit)
        .execute();
      return rows.map(({ id }) => id);
    },

    async countClipRemovals() {
      const { jobs, bytes } = await reader
        .selectFrom('jobs')
        .innerJoin('outputs', 'outputs.job_id', 'jobs.id')
        .select([
          sql<number>`count(distinct jobs.id)`.as('jobs'),
          sql<number>`cast(coalesce(sum(outputs.bytes), 0) as bigint)`.as('bytes'),
        ])
        .where('jobs.clips_removed_at', 'is not', null)
        .executeTakeFirstOrThrow();
      return { jobs: Number(jobs), bytes: Number(bytes) };
    },

    async countOldestClips(wanted) {
      const { jobs, bytes } = await reader
        .with('clips', (db) =>
          db
            .selectFrom('jobs')
            .innerJoin('outputs', 'outputs.job_id', 'jobs.id')
            .select(['jobs.id', 'jobs.finished_at', sql<number>`sum(outputs.bytes)`.as('bytes')])
            .where('jobs.finished_at', 'is not', null)
            .where(keepsClips)
            .groupBy(['jobs.id', 'jobs.finished_at']),
        )
        .with('ranked', (db) =>
          db
            .selectFrom('clips')
            .select([
              'bytes',
              sql<number>`sum(bytes) over (order by finished_at, id rows unbounded preceding) - bytes`.as(
                'older',
              ),
            ]),
        )
        .selectFrom('ranked')
        .select([
          sql<number>`count(*)`.as('jobs'),
          sql<number>`cast(coalesce(sum(bytes), 0) as bigint)`.as('bytes'),
        ])
        .where('older', '<', wanted)
        .executeTakeFirstOrThrow();
      return { jobs: Number(jobs), bytes: Number(bytes) };
    },

    async listOldestClips(before, limit) {
      const rows = await reader
        .selectFrom('jobs')
        .select('id')
        .select(
          sql<number>`(select cast(sum(bytes) as bigint) from outputs where outputs.job_id = jobs.id)`.as(
            'bytes',
          ),
        )
        .where(endedBefore(before))
        .where(keepsClips)
        .where(hasOutputs)
        .orderBy('finished_at')
        .orderBy('id')
        .limit(limit)
        .execute();
      return rows.map(({ id, bytes }) => ({ jobId: id, bytes: Number(bytes) }));
    },

    async countClips(before) {
      const { jobs, bytes } = await reader
        .selectFrom('jobs')
        .innerJoin('outputs', 'outputs.job_id', 'jobs.id')
        .select([
          sql<number>`count(distinct jobs.id)`.as('jobs'),
          sql<number>`cast(coalesce(sum(outputs.bytes), 0) as bigint)`.as('bytes'),
        ])
        .where(endedBefore(before))
        .where(keepsClips)
        .executeTakeFirstOrThrow();
      return { jobs: Number(jobs), bytes: Number(bytes) };
    },

    eraseBody: (jobId) =>
      write(async (db) => {
        const job = await lockEnded(db, jobId);
        if (!job || job.body_erased_at !== null) return { value: false, changed: [] };
        await db
          .updateTable('jobs')
          .set({
            request: JSON.stringify(eraseRequest(JSON.parse(job.request))),
            error: withoutWords(job.error),
            status_detail: null,
            body_hash: null,
            body_patch: null,
            body_erased_at: dialect.now(),
            updated_at: dialect.now(),
            version: sql<number>`version + 1`,
          })
          .where('id', '=', jobId)
          .execute();
        await eraseAttempts(db, jobId);
        if (job.body_hash !== null) await dropBody(db, job.body_hash);
        return { value: true, changed: [jobId] };
      }),

    async listOldestBodies(before, limit) {
      const rows = await reader
        .selectFrom('jobs')
        .select('id')
        .where(endedBefore(before))
        .where('body_erased_at', 'is', null)
        .orderBy('finished_at')
        .orderBy('id')
        .limit(limit)
        .execute();
      return rows.map(({ id }) => id);
    },

    async countBodies(before) {
      const { jobs } = await reader
        .selectFrom('jobs')
        .select(sql<number>`count(*)`.as('jobs'))
        .where(endedBefore(before))
        .where('body_erased_at', 'is', null)
        .executeTakeFirstOrThrow();
      return Number(jobs);
    },
  };
}
