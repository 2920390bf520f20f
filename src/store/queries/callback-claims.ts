// Who tells which job: callbacks claimed one per receiving host, under leases, and settled by token.

import { type SqlBool, sql } from 'kysely';
import type { CallbackState, CallbackStep } from '../../core/callbacks/delivery.ts';
import type { CallbackClaim, CallbackStore } from '../ports/callbacks.ts';
import type { FairTurns, Lease } from '../ports/lease.ts';
import type { Database, Queries } from '../sql/database.ts';
import { claimedBy, dueIn } from '../sql/lease-columns.ts';
import { insertCallbackAttempt } from './callback-attempts.ts';
import { CALLBACK_COLUMNS, toCallback } from './callback-row.ts';
import { JOB_COLUMNS, toJob } from './job-row.ts';

/** How far a claim looks for hosts: a receiver with more than this due does not make every claim slower. */
const LOOK_AHEAD = 500;
const EVERY_CLIENT: FairTurns = { perClient: LOOK_AHEAD, exceptClients: [] };

export function createCallbackClaims(
  database: Database,
): Pick<CallbackStore, 'claimCallbacks' | 'settleCallback' | 'nextCallbackInMs' | 'correctCallbackTimes'> {
  const { reader, dialect, write, writeOne } = database;

  /** Callbacks with their clients, those of some hosts and clients left out. */
  function callbacksOf(db: Queries, exceptHosts: readonly string[], exceptClients: readonly string[]) {
    let query = db.selectFrom('callbacks').innerJoin('jobs', 'jobs.id', 'callbacks.job_id');
    if (exceptHosts.length > 0) query = query.where('callbacks.host', 'not in', exceptHosts);
    if (exceptClients.length > 0) query = query.where('jobs.client_id', 'not in', exceptClients);
    return query;
  }

  async function claim(
    db: Queries,
    owner: string,
    limit: number,
    leaseMs: number,
    exceptHosts: readonly string[],
    { perClient, exceptClients }: FairTurns,
  ): Promise<CallbackClaim[]> {
    const rows = await db
      .with('due', () =>
        callbacksOf(db, exceptHosts, exceptClients)
          .select(['callbacks.job_id', 'callbacks.host', 'callbacks.due_at', 'jobs.client_id'])
          .where('callbacks.due_at', '<=', dialect.now())
          .orderBy('callbacks.due_at')
          .orderBy('callbacks.job_id')
          .limit(LOOK_AHEAD),
      )
      .with('placed', (cte) =>
        cte
          .selectFrom('due')
          .select(['job_id', 'client_id', 'due_at'])
          .select(sql<number>`row_number() over (partition by host order by due_at, job_id)`.as('place')),
      )
      .with('turned', (cte) =>
        cte
          .selectFrom('placed')
          .select('job_id')
          .select(sql<number>`row_number() over (partition by client_id order by due_at, job_id)`.as('turn'))
          .where('place', '=', 1),
      )
      // Apart, because no database locks what it has ranked; and due once more, for it may have been claimed since.
      .with('mine', (cte) =>
        dialect.lockFreeRows(
          cte
            .selectFrom('callbacks')
            .select('job_id')
            .where('due_at', '<=', dialect.now())
            .where('job_id', 'in', (query) =>
              query.selectFrom('turned').select('turned.job_id').where('turn', '<=', perClient),
            )
            .orderBy('due_at')
            .orderBy('job_id')
            .limit(limit),
        ),
      )
      .updateTable('callbacks')
      .set({ ...claimedBy(dialect, owner, leaseMs), attempts: sql<number>`attempts + 1` })
      .where('job_id', 'in', (query) => query.selectFrom('mine').select('mine.job_id'))
      .returning([...CALLBACK_COLUMNS, 'host', 'format', 'lease_token'])
      .execute();
    if (rows.length === 0) return [];

    const ids = rows.map((row) => row.job_id);
    const jobs = await db.selectFrom('jobs').select(JOB_COLUMNS).where('id', 'in', ids).execute();
    const jobOf = new Map(jobs.map((row) => [row.id, toJob(row)]));
    return rows.flatMap((row) => {
      const job = jobOf.get(row.job_id);
      const lease = { jobId: row.job_id, owner, token: row.lease_token };
      return job ? [{ callback: toCallback(row), job, host: row.host, format: row.format, lease }] : [];
    });
  }

  async function settle(
    db: Queries,
    lease: Lease,
    step: CallbackStep | null,
    httpStatus: number | null,
  ): Promise<boolean> {
    // Reset during the attempt: the job has turned to another candidate, and there is nothing to send of it yet.
    const stillTold = sql<SqlBool>`event is not null`;
    const outcome = step
      ? {
          state:
            step.state === 'gone'
              ? step.state
              : sql<CallbackState>`case when ${stillTold} then ${step.state} else 'waiting' end`,
          last_error: step.error,
          due_at:
            step.retryInMs === null
              ? null
              : sql<
                  number | null
                >`case when ${stillTold} then ${dueIn(dialect, step.retryInMs)} else null end`,
        }
      : { state: 'waiting' as const, due_at: null };
    const settled = await db
      .updateTable('callbacks')
      .set({ ...outcome, lease_owner: null })
      .where('job_id', '=', lease.jobId)
      .where('lease_owner', '=', lease.owner)
      .where('lease_token', '=', lease.token)
      .returning(['event', 'due_at'])
      .execute();
    const [row] = settled;
    if (!row) return false;
    // Reset meanwhile: of what event it was is not known any more.
    if (step && row.event !== null) {
      await insertCallbackAttempt(db, dialect, {
        jobId: lease.jobId,
        event: row.event,
        httpStatus,
        error: step.error,
        retryAt: row.due_at,
      });
    }
    return true;
  }

  return {
    claimCallbacks: (owner, limit, leaseMs, exceptHosts, turns = EVERY_CLIENT) =>
      write(async (db) => ({
        value: await claim(db, owner, limit, leaseMs, exceptHosts, turns),
        changed: [],
      })),
    settleCallback: (lease, step, httpStatus = null) =>
      (step ? write : writeOne)(async (db) => ({
        value: await settle(db, lease, step, httpStatus),
        changed: [],
      })),
    async nextCallbackInMs(exceptHosts, exceptClients = []) {
      const row = await callbacksOf(reader, exceptHosts, exceptClients)
        .select(sql<number>`callbacks.due_at - ${dialect.now()}`.as('in_ms'))
        .where('callbacks.due_at', 'is not', null)
        .orderBy('callbacks.due_at')
        .limit(1)
        .executeTakeFirst();
      return row ? Math.max(0, row.in_ms) : null;
    },
    async correctCallbackTimes(longestMs) {
      const isWrong = sql<SqlBool>`due_at > ${dueIn(dialect, longestMs)}`;
      const wrong = await reader.selectFrom('callbacks').select('job_id').where(isWrong).limit(1).execute();
      // Nearly always: a claim is a write, and so is this.
      if (wrong.length === 0) return 0;
      return writeOne(async (db) => {
        const corrected = await db
          .updateTable('callbacks')
          .set({ due_at: dialect.now() })
          .where(isWrong)
          .where('lease_owner', 'is', null)
          .returning('job_id')
          .execute();
        return { value: corrected.length, changed: [] };
      });
    },
  };
}
