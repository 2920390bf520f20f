// Leases of jobs: claims, releases, and how long until the next job is due.

import { type SqlBool, sql } from 'kysely';
import type { Claim, FairTurns } from '../ports/lease.ts';
import type { Dialect, Queries, Written } from '../sql/database.ts';
import { claimedBy, dueIn, released } from '../sql/lease-columns.ts';
import { prepare } from '../sql/prepared-query.ts';
import { JOB_COLUMNS, toJob } from './job-row.ts';

/** How far a claim looks for clients: one with more than this due does not make every claim slower. */
const LOOK_AHEAD = 1_000;
const EVERY_CLIENT: FairTurns = { perClient: LOOK_AHEAD, exceptClients: [] };

export interface JobLeases {
  claimDue(
    db: Queries,
    owner: string,
    limit: number,
    leaseMs: number,
    turns: FairTurns | undefined,
  ): Promise<Written<Claim[]>>;
  /** Of jobs that are due further away than any pause can be; see the port. */
  correctDueTimes(
    db: Queries,
    longest: { readonly polledMs: number; readonly otherMs: number },
  ): Promise<Written<number>>;
  /** Whether there is anything to correct: a read, where correcting is a write. */
  hasWrongDueTimes(
    db: Queries,
    longest: { readonly polledMs: number; readonly otherMs: number },
  ): Promise<boolean>;
  release(db: Queries, owner: string): Promise<Written<void>>;
  /** Voids every lease there is: for a database that only one process may own. */
  releaseAll(db: Queries): Promise<void>;
  nextDueInMs(db: Queries, exceptClients: readonly string[]): Promise<number | null>;
}

export function prepareJobLeases(db: Queries, dialect: Dialect): JobLeases {
  // One statement on both databases. `with`, because PostgreSQL may run a subquery in `where` more than once, and
  // then a `limit` with row locks claims more than it says.
  const buildClaim = (
    params: { owner: string; limit: number; leaseMs: number; perClient: number },
    exceptClients: readonly string[],
  ) =>
    db
      .with('due', (cte) => {
        const due = cte
          .selectFrom('jobs')
          .select(['id', 'client_id', 'due_at'])
          .where('due_at', '<=', dialect.now());
        const open = exceptClients.length > 0 ? due.where('client_id', 'not in', exceptClients) : due;
        return open.orderBy('due_at').orderBy('id').limit(LOOK_AHEAD);
      })
      .with('turned', (cte) =>
        cte
          .selectFrom('due')
          .select('id')
          .select(sql<number>`row_number() over (partition by client_id order by due_at, id)`.as('turn')),
      )
      // Apart, because no database locks what it has ranked; and due once more, for it may have been claimed since.
      .with('mine', (cte) =>
        dialect.lockFreeRows(
          cte
            .selectFrom('jobs')
            .select('id')
            .where('due_at', '<=', dialect.now())
            .where('id', 'in', (query) =>
              query.selectFrom('turned').select('turned.id').where('turn', '<=', params.perClient),
            )
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
      .where('id', 'in', (query) => query.selectFrom('mine').select('mine.id'))
      .returning([...JOB_COLUMNS, 'lease_token', 'claimed_due_at']);
  const claim = prepare((params: Parameters<typeof buildClaim>[0]) => buildClaim(params, []));

  const release = prepare((params: { owner: string }) =>
    db.updateTable('jobs').set(released(dialect)).where('lease_owner', '=', params.owner).returning('id'),
  );

  const releaseAll = prepare(() =>
    db.updateTable('jobs').set(released(dialect)).where('lease_owner', 'is not', null),
  );

  const buildNextDue = (exceptClients: readonly string[]) => {
    const due = db
      .selectFrom('jobs')
      .select(sql<number>`due_at - ${dialect.now()}`.as('in_ms'))
      .where('due_at', 'is not', null);
    const open = exceptClients.length > 0 ? due.where('client_id', 'not in', exceptClients) : due;
    return open.orderBy('due_at').limit(1);
  };
  const nextDue = prepare(() => buildNextDue([]));

  /** A lease that looks too long may be one of a submit under way: declared unknown too early, it needs a person. */
  const isWrong = (longest: { readonly polledMs: number; readonly otherMs: number }) => sql<SqlBool>`
    due_at > ${dueIn(dialect, Math.min(longest.polledMs, longest.otherMs))} and (
      (status in ('pending', 'in_progress') and due_at > ${dueIn(dialect, longest.polledMs)})
      or (status in ('queued', 'completed') and lease_owner is null and due_at > ${dueIn(dialect, longest.otherMs)})
    )`;

  return {
    async claimDue(db, owner, limit, leaseMs, turns = EVERY_CLIENT) {
      const { perClient, exceptClients } = turns;
      const params = { owner, limit, leaseMs, perClient };
      // Clients are only left out while they hold much: most claims have one shape.
      const rows =
        exceptClients.length > 0
          ? (await db.executeQuery(buildClaim(params, exceptClients).compile())).rows
          : await claim(db, params);
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
    async correctDueTimes(db, longest) {
      const rows = await db
        .updateTable('jobs')
        .set({ due_at: dialect.now() })
        .where(isWrong(longest))
        .returning('id')
        .execute();
      return { value: rows.length, changed: rows.map((row) => row.id) };
    },
    async hasWrongDueTimes(db, longest) {
      return (await db.selectFrom('jobs').select('id').where(isWrong(longest)).limit(1).execute()).length > 0;
    },
    async nextDueInMs(db, exceptClients) {
      const [row] =
        exceptClients.length > 0
          ? (await db.executeQuery(buildNextDue(exceptClients).compile())).rows
          : await nextDue(db, {});
      return row ? Math.max(0, row.in_ms) : null;
    },
  };
}
