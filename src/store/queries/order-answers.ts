// Which orders were answered: written with their jobs, claimed by a compare-and-set on the token, removed after a day.

import { type SqlBool, sql } from 'kysely';
import { isNotPurchased, isTerminal, JOB_STATUSES } from '../../core/job/job.ts';
import type { AnswerClaim, AnswerSearch, AnswerStore, OrderAnswer } from '../ports/answers.ts';
import type { Database, Dialect, Queries } from '../sql/database.ts';
import { JOB_COLUMNS, toJob } from './job-row.ts';

/** As long as OpenRouter's SDK goes on sending an order again. */
const LOOK_BACK_MS = 60 * 60_000;
/** An answer that went out and was lost is missed at once; OpenAI's libraries pause for a minute at most. */
const RETRY_MS = 75_000;
/** The AI SDK orders again two seconds after it has given up, or four; where it is busy, a little later. */
const ENDED_UNREAD_MS = 30_000;
const KEPT_MS = 24 * 60 * 60_000;

const NOT_BOUGHT = JOB_STATUSES.filter(isNotPurchased);
const RUNNING = JOB_STATUSES.filter((status) => !isTerminal(status));

/** To be run in the transaction that writes the job. */
export async function insertAnswer(
  db: Queries,
  dialect: Dialect,
  order: OrderAnswer & { readonly jobId: string; readonly clientId: string; readonly owner: string },
): Promise<void> {
  await db
    .insertInto('order_answers')
    .values({
      job_id: order.jobId,
      client_id: order.clientId,
      fingerprint: order.fingerprint,
      created_at: dialect.now(),
      owner: order.owner,
      token: order.token,
      open_until: sql<number>`${dialect.now()} + ${order.holdMs}`,
    })
    .execute();
}

/** Gives up the answers that an owner owes; null = all, where only one process may own the database. */
export async function releaseAnswers(db: Queries, owner: string | null): Promise<void> {
  const update = db.updateTable('order_answers').set({ open_until: 0 }).where('answered_at', 'is', null);
  await (owner === null ? update : update.where('owner', '=', owner)).execute();
}

export function createOrderAnswers({ reader, dialect, write, writeOne }: Database): AnswerStore {
  function isUnanswered({ owner, liveTokens }: AnswerSearch) {
    const isLive = liveTokens.length > 0 ? sql<SqlBool>`token in (${sql.join(liveTokens)})` : sql`1 = 0`;
    return sql<SqlBool>`answered_at is null and not (${isLive})
      and (open_until <= ${dialect.now()} or owner = ${owner})`;
  }

  // Its client stopped asking before the end, or orders again between its last question and its next order.
  const isGivenUp = (afterMs: number) =>
    sql<SqlBool>`answered_at <= ${dialect.now()} - ${sql.lit(afterMs)} and (jobs.status in (${sql.join(RUNNING)})
      or (end_read_at is null and finished_at >= answered_at + ${sql.lit(afterMs)}
        and finished_at >= ${dialect.now()} - ${sql.lit(ENDED_UNREAD_MS)}))`;

  const isAskedAgain = sql<SqlBool>`answered_at >= ${dialect.now()} - ${sql.lit(RETRY_MS)}`;

  /** Orders like this one of the last hour that were, or may have been, bought. */
  const ordersLike = (db: Queries, { clientId, fingerprint }: AnswerSearch) =>
    db
      .selectFrom('order_answers')
      .innerJoin('jobs', 'jobs.id', 'order_answers.job_id')
      .select(['order_answers.job_id', 'token'])
      .where('order_answers.client_id', '=', clientId)
      .where('fingerprint', '=', fingerprint)
      .where('jobs.status', 'not in', NOT_BOUGHT);

  async function claim(db: Queries, search: AnswerSearch): Promise<AnswerClaim> {
    const isLate = sql<SqlBool>`order_answers.created_at >= ${dialect.now()} - ${sql.lit(LOOK_BACK_MS)}`;
    const wanted = sql<SqlBool>`(${isLate} and ${isUnanswered(search)})`;
    const { givenUpAfterMs, isRetry, holdMs, owner, token } = search;
    const alsoGivenUp =
      givenUpAfterMs === null ? wanted : sql<SqlBool>`(${wanted} or ${isGivenUp(givenUpAfterMs)})`;
    for (;;) {
      const found = await ordersLike(db, search)
        .where(isRetry ? sql<SqlBool>`(${alsoGivenUp} or ${isAskedAgain})` : alsoGivenUp)
        // The unanswered first, then the one that has waited longest: each of several retries gets its own.
        .orderBy(sql`coalesce(answered_at, 0)`)
        .orderBy('order_answers.created_at')
        .orderBy('order_answers.job_id')
        .limit(1)
        .executeTakeFirst();
      if (!found) break;
      const claimed = await db
        .updateTable('order_answers')
        .set({ owner, token, open_until: sql<number>`${dialect.now()} + ${holdMs}`, answered_at: null })
        .where('job_id', '=', found.job_id)
        // Another request may have claimed it since: each claim gives it another token.
        .where('token', '=', found.token)
        .returning('job_id')
        .execute();
      if (claimed.length === 0) continue;
      const row = await db
        .selectFrom('jobs')
        .select(JOB_COLUMNS)
        .where('id', '=', found.job_id)
        .executeTakeFirstOrThrow();
      return { kind: 'claimed', job: toJob(row) };
    }
    const elsewhere = await ordersLike(db, search)
      .where('answered_at', 'is', null)
      .where('owner', '<>', owner)
      .where('open_until', '>', dialect.now())
      .limit(1)
      .execute();
    return { kind: elsewhere.length > 0 ? 'elsewhere' : 'none' };
  }

  return {
    async claimUnanswered(search) {
      // Nearly every order is the first of its kind, and needs no write.
      const like = await ordersLike(reader, search).limit(1).execute();
      if (like.length === 0) return { kind: 'none' };
      return write(async (db) => ({ value: await claim(db, search), changed: [] }));
    },

    settleAnswer: (token, hasArrived) =>
      writeOne(async (db) => {
        const update = db.updateTable('order_answers').where('token', '=', token);
        await (hasArrived
          ? update.set({ answered_at: dialect.now() })
          : update.set({ open_until: 0 })
        ).execute();
        return { value: undefined, changed: [] };
      }),

    purgeAnswers: (limit) =>
      writeOne(async (db) => {
        const { numDeletedRows } = await db
          .with('dead', (cte) =>
            dialect.lockFreeRows(
              cte
                .selectFrom('order_answers')
                .select('job_id')
                .where('created_at', '<', sql<number>`${dialect.now()} - ${sql.lit(KEPT_MS)}`)
                .orderBy('created_at')
                .limit(limit),
            ),
          )
          .deleteFrom('order_answers')
          .where(sql<boolean>`job_id in (select job_id from dead)`)
          .executeTakeFirst();
        return { value: Number(numDeletedRows), changed: [] };
      }),
  };
}
