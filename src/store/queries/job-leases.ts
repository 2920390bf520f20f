// Who works on which job: claims, releases, and how long until somebody should look again.

import { sql } from 'kysely';
import type { Claim } from '../ports/lease.ts';
import type { Dialect, Queries, Written } from '../sql/database.ts';
import { claimedBy, released } from '../sql/lease-columns.ts';
import { prepare } from '../sql/prepared-query.ts';
import { JOB_COLUMNS, toJob } from './job-row.ts';

export interface JobLeases {
  claimDue(db: Queries, owner: string, limit: number, leaseMs: number): Promise<Written<Claim[]>>;
  release(db: Queries, owner: string): Promise<Written<void>>;
  /** Voids every lease there is: for a database that only one process may own. */
  releaseAll(db: Queries): Promise<void>;
  nextDueInMs(db: Queries): Promise<number | null>;
}

export function prepareJobLeases(db: Queries, dialect: Dialect): JobLeases {
  // One statement on both databases. `with`, because PostgreSQL may run a subquery in `where` more than once, and
  // then a `limit` with row locks claims more than it says.
  const claim = prepare((params: { owner: string; limit: number; leaseMs: number }) =>
    db
      .with('due', (cte) =>
        dialect.lockFreeRows(
          cte
            .selectFrom('jobs')
            .select('id')
            .where('due_at', '<=', dialect.now())
            .orderBy('due_at')
            .orderBy('id')
            .limit(params.limit),
        ),
      )
      .updateTable('jobs')
      .set({
        ...claimedBy(dialect, params.owner, params.leaseMs),
        claimed_due_at: sql<number>`due_at`,
      })
      .where('id', 'in', (query) => query.selectFrom('due').select('due.id'))
      .returning([...JOB_COLUMNS, 'lease_token', 'claimed_due_at']),
  );

  const release = prepare((params: { owner: string }) =>
    db.updateTable('jobs').set(released(dialect)).where('lease_owner', '=', params.owner).returning('id'),
  );

  const releaseAll = prepare(() =>
    db.updateTable('jobs').set(released(dialect)).where('lease_owner', 'is not', null),
  );

  const nextDue = prepare(() =>
    db
      .selectFrom('jobs')
      .select(sql<number>`due_at - ${dialect.now()}`.as('in_ms'))
      .where('due_at', 'is not', null)
      .orderBy('due_at')
      .limit(1),
  );

  return {
    async claimDue(db, owner, limit, leaseMs) {
      const rows = await claim(db, { owner, limit, leaseMs });
      // `returning` keeps no order.
      const oldestFirst = rows.sort(
        (a, b) => (a.claimed_due_at ?? 0) - (b.claimed_due_at ?? 0) || (a.id < b.id ? -1 : 1),
      );
      const claims = oldestFirst.map((row) => ({
        job: toJob(row),
        lease: { jobId: row.id, owner, token: row.lease_token },
      }));
      return { value: claims, changed: [] };
    },
    async release(db, owner) {
      const rows = await release(db, { owner });
      return { value: undefined, changed: rows.map((row) => row.id) };
    },
    async releaseAll(db) {
      await releaseAll(db, {});
    },
    async nextDueInMs(db) {
      const [row] = await nextDue(db, {});
      return row ? Math.max(0, row.in_ms) : null;
    },
  };
}
