// Removes rows past their retention, a bounded number at a time; several replicas may do so at once.

import { sql } from 'kysely';
import type { JobStore } from '../ports/job-store.ts';
import type { Database } from '../sql/database.ts';
import { KEY_LIFE_MS } from './job-creation.ts';

/**
 * A key that has expired is only ignored, and is valid again once a clock that was ahead is corrected; one
 * that is deleted is gone, and a retry of its request would buy twice. So a clock may be wrong by as much as a month.
 */
const MARGIN_MS = 30 * 24 * 60 * 60 * 1000;

export type Purge = Pick<JobStore, 'purgeKeys' | 'purgeObservations'>;

export function createPurge({ dialect, writeOne }: Database): Purge {
  return {
    purgeKeys: (limit) =>
      writeOne(async (db) => {
        const { numDeletedRows } = await db
          // Beside the delete and not in it: a condition may be looked at more than once, and each look would hold others.
          .with('dead', (cte) =>
            dialect.lockFreeRows(
              cte
                .selectFrom('idempotency_keys')
                .select(['client_id', 'key'])
                // What still answers in `findIdempotent` and `createJob` is younger by the margin.
                .where('created_at', '<', sql<number>`${dialect.now()} - ${sql.lit(KEY_LIFE_MS + MARGIN_MS)}`)
                .orderBy('created_at')
                .limit(limit),
            ),
          )
          .deleteFrom('idempotency_keys')
          .where(sql<boolean>`(client_id, key) in (select client_id, key from dead)`)
          .executeTakeFirst();
        return { value: Number(numDeletedRows), changed: [] };
      }),

    purgeObservations: (before, limit) =>
      writeOne(async (db) => {
        const { numDeletedRows } = await db
          .with('dead', (cte) =>
            dialect.lockFreeRows(
              cte
                .selectFrom('observations')
                .select('job_id')
                .where('ended_at', '<', before)
                .orderBy('ended_at')
                .limit(limit),
            ),
          )
          .deleteFrom('observations')
          .where(sql<boolean>`job_id in (select job_id from dead)`)
          .executeTakeFirst();
        return { value: Number(numDeletedRows), changed: [] };
      }),
  };
}
