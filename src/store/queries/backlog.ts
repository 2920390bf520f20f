// How much work waits, and for how long: what is due and held by no process.

import { sql } from 'kysely';
import type { BacklogStore, Waiting } from '../ports/backlog.ts';
import type { Database } from '../sql/database.ts';

export function createBacklog({ reader, dialect }: Database): BacklogStore {
  async function countDue(table: 'jobs' | 'callbacks'): Promise<Waiting> {
    const row = await reader
      .selectFrom(table)
      .select([
        sql<number>`count(*)`.as('due'),
        sql<number>`coalesce(max(${dialect.now()} - due_at), 0)`.as('oldest_ms'),
      ])
      .where('due_at', '<=', dialect.now())
      .executeTakeFirstOrThrow();
    return { due: Number(row.due), oldestMs: Number(row.oldest_ms) };
  }

  return {
    async readBacklog(lateClipMs) {
      const age = sql<number>`${dialect.now()} - finished_at`;
      const [steps, callbacks, clips] = await Promise.all([
        countDue('jobs'),
        countDue('callbacks'),
        reader
          .selectFrom('jobs')
          .select([
            sql<number>`coalesce(sum(case when ${age} >= ${lateClipMs} then 1 else 0 end), 0)`.as('late'),
            sql<number>`coalesce(max(${age}), 0)`.as('oldest_ms'),
          ])
          .where('due_at', 'is not', null)
          .where('status', '=', 'completed')
          .executeTakeFirstOrThrow(),
      ]);
      return { steps, callbacks, clips: { late: Number(clips.late), oldestMs: Number(clips.oldest_ms) } };
    },
  };
}
