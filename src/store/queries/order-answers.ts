// Which orders were answered: written before their jobs, claimed by the process that removes the row first, removed after a day.

import { type SqlBool, sql } from 'kysely';
import { ClipgateError } from '../../core/errors.ts';
import { isNotPurchased, isTerminal, JOB_STATUSES } from '../../core/job/job.ts';
import type { AnswerClaim, AnswerStore, OrderAnswer, OrderSearch } from '../ports/answers.ts';
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

const givenUp = () =>
  new ClipgateError(
    'order_given_up',
    'The order was taken for given up before it was on record: its client had hung up, or this process stood still for so long that an identical order took its place. Nothing was bought.',
    { retryAfterS: 1 },
  );

/**
 * Notes which job comes of an order, in the transaction that writes the job.
 * @throws ClipgateError order_given_up where the order no longer stands.
 */
export async function answerByJob(
  db: Queries,
  dialect: Dialect,
  { token, holdMs }: OrderAnswer,
  jobId: string,
): Promise<void> {
  const standing = await db
    .updateTable('order_answers')
    .set({ job_id: jobId, open_until: sql<number>`${dialect.now()} + ${holdMs}` })
    .where('token', '=', token)
    .where('job_id', 'is', null)
    .returning('token')
    .execute();
  if (standing.length === 0) throw givenUp();
}

/** Gives up the answers that an owner owes; null = all, where only one process may own the database. */
export async function releaseAnswers(db: Queries, owner: string | null): Promise<void> {
  const deletion = db.deleteFrom('order_answers').where('job_id', 'is', null);
  await (owner === null ? deletion : deletion.where('owner', '=', owner)).execute();
  const update = db.updateTable('order_answers').set({ open_until: 0 }).where('answered_at', 'is', null);
  await (owner === null ? update : update.where('owner', '=', owner)).execute();
}

export function createOrderAnswers({ dialect, write, writeOne }: Database): AnswerStore {
  const from = (ms: number) => sql<number>`${dialect.now()} + ${ms}`;

  /** Rows that no process answers any more, as far as `owner` can tell: of later ones it may not have heard yet. */
  function isLeft({ owner, liveTokens, token }: OrderSearch, begunAt: number) {
    const live = sql.join([token, ...liveTokens()]);
    return sql<SqlBool>`token not in (${live}) and (open_until <= ${dialect.now()}
      or (owner = ${owner} and order_answers.created_at < ${begunAt}))`;
  }

  // Its client stopped asking before the end, or orders again between its last question and its next order.
  const isGivenUp = (afterMs: number) =>
    sql<SqlBool>`answered_at <= ${dialect.now()} - ${sql.lit(afterMs)} and (jobs.status in (${sql.join(RUNNING)})
      or (end_read_at is null and finished_at >= answered_at + ${sql.lit(afterMs)}
        and finished_at >= ${dialect.now()} - ${sql.lit(ENDED_UNREAD_MS)}))`;

  const isAskedAgain = sql<SqlBool>`answered_at >= ${dialect.now()} - ${sql.lit(RETRY_MS)}`;

  /** Later than every identical order that has begun, also where the clock has been set back since; resolves to when. */
  async function insertOrder(db: Queries, search: OrderSearch): Promise<number> {
    const { clientId, fingerprint, owner, token, recordMs } = search;
    const { latest } = await db
      .selectFrom('order_answers')
      .select(({ fn }) => fn.max<number | null>('created_at').as('latest'))
      .where('client_id', '=', clientId)
      .where('fingerprint', '=', fingerprint)
      .executeTakeFirstOrThrow();
    const next = (latest ?? 0) + 1;
    const { created_at } = await db
      .insertInto('order_answers')
      .values({
        token,
        client_id: clientId,
        fingerprint,
        created_at: sql<number>`case when ${dialect.now()} > ${sql.lit(next)} then ${dialect.now()} else ${sql.lit(next)} end`,
        owner,
        open_until: from(recordMs),
      })
      .returning('created_at')
      .executeTakeFirstOrThrow();
    return created_at;
  }

  /** Of orders without a job whose process or client has gone none comes any more. */
  async function removeLeft(db: Queries, search: OrderSearch, begunAt: number): Promise<void> {
    await db
      .deleteFrom('order_answers')
      .where('client_id', '=', search.clientId)
      .where('fingerprint', '=', search.fingerprint)
      .where('job_id', 'is', null)
      .where(isLeft(search, begunAt))
      .execute();
  }

  /** Orders like this one of the last hour that were, or may have been, bought, and whose answers are missing. */
  function findMissing(db: Queries, search: OrderSearch, begunAt: number) {
    const { clientId, fingerprint, givenUpAfterMs, isRetry } = search;
    const isLate = sql<SqlBool>`order_answers.created_at >= ${dialect.now()} - ${sql.lit(LOOK_BACK_MS)}`;
    const wanted = sql<SqlBool>`(${isLate} and answered_at is null and ${isLeft(search, begunAt)})`;
    const alsoGivenUp =
      givenUpAfterMs === null ? wanted : sql<SqlBool>`(${wanted} or ${isGivenUp(givenUpAfterMs)})`;
    return (
      db
        .selectFrom('order_answers')
        .innerJoin('jobs', 'jobs.id', 'order_answers.job_id')
        .select(['jobs.id', 'token', 'order_answers.created_at'])
        .where('order_answers.client_id', '=', clientId)
        .where('fingerprint', '=', fingerprint)
        .where('jobs.status', 'not in', NOT_BOUGHT)
        .where(isRetry ? sql<SqlBool>`(${alsoGivenUp} or ${isAskedAgain})` : alsoGivenUp)
        // The unanswered first, then the one that has waited longest: each of several retries gets its own.
        .orderBy(sql`coalesce(answered_at, 0)`)
        .orderBy('order_answers.created_at')
        .limit(1)
    );
  }

  /** Whether another process is answering an identical order that began before this one. */
  async function isElsewhere(db: Queries, search: OrderSearch, begunAt: number): Promise<boolean> {
    const { clientId, fingerprint, owner } = search;
    const ahead = await db
      .selectFrom('order_answers')
      .leftJoin('jobs', 'jobs.id', 'order_answers.job_id')
      .select('token')
      .where('order_answers.client_id', '=', clientId)
      .where('fingerprint', '=', fingerprint)
      .where('answered_at', 'is', null)
      .where('owner', '<>', owner)
      .where('open_until', '>', dialect.now())
      .where(sql<SqlBool>`coalesce(jobs.status, '') not in (${sql.join(NOT_BOUGHT)})`)
      .where('order_answers.created_at', '<', begunAt)
      .limit(1)
      .execute();
    return ahead.length > 0;
  }

  async function look(db: Queries, search: OrderSearch, begunAt: number): Promise<AnswerClaim> {
    // Waits for a job that is being written; what then has one is found below.
    await removeLeft(db, search, begunAt);
    for (;;) {
      const found = await findMissing(db, search, begunAt).executeTakeFirst();
      if (!found) return { kind: (await isElsewhere(db, search, begunAt)) ? 'elsewhere' : 'none' };
      const claimed = await db
        .deleteFrom('order_answers')
        .where('token', '=', found.token)
        .returning('token')
        .execute();
      // Another request has claimed it since: its job stands under that one's token now.
      if (claimed.length === 0) continue;
      await db
        .updateTable('order_answers')
        // As old as the order whose answer is missing.
        .set({ job_id: found.id, created_at: found.created_at, open_until: from(search.holdMs) })
        .where('token', '=', search.token)
        .execute();
      const row = await db
        .selectFrom('jobs')
        .select(JOB_COLUMNS)
        .where('id', '=', found.id)
        .executeTakeFirstOrThrow();
      return { kind: 'claimed', job: toJob(row) };
    }
  }

  return {
    beginOrder: (search) =>
      write(async (db) => {
        await dialect.lockName(db, `${search.clientId} ${search.fingerprint}`);
        const begunAt = await insertOrder(db, search);
        return { value: await look(db, search, begunAt), changed: [] };
      }),

    lookAgain: (search) =>
      write(async (db) => {
        const standing = await db
          .updateTable('order_answers')
          .set({ open_until: from(search.recordMs) })
          .where('token', '=', search.token)
          .returning('created_at')
          .executeTakeFirst();
        if (!standing) throw givenUp();
        return { value: await look(db, search, standing.created_at), changed: [] };
      }),

    settleAnswer: (token, hasArrived) =>
      write(async (db) => {
        const update = db.updateTable('order_answers').where('token', '=', token);
        if (hasArrived) await update.set({ answered_at: dialect.now() }).execute();
        else {
          // In this order: a job that is being written is waited for, and its answer is then still missing.
          await db
            .deleteFrom('order_answers')
            .where('token', '=', token)
            .where('job_id', 'is', null)
            .execute();
          await update.set({ open_until: 0 }).execute();
        }
        return { value: undefined, changed: [] };
      }),

    purgeAnswers: (limit) =>
      writeOne(async (db) => {
        const { numDeletedRows } = await db
          .with('dead', (cte) =>
            dialect.lockFreeRows(
              cte
                .selectFrom('order_answers')
                .select('token')
                .where('created_at', '<', sql<number>`${dialect.now()} - ${sql.lit(KEPT_MS)}`)
                .orderBy('created_at')
                .limit(limit),
            ),
          )
          .deleteFrom('order_answers')
          .where(sql<boolean>`token in (select token from dead)`)
          .executeTakeFirst();
        return { value: Number(numDeletedRows), changed: [] };
      }),
  };
}
