// The ledger: one line for each attempt that ended, and the hourly sums of all lines, changed in the same transaction.

import { sql } from 'kysely';
import { billOf } from '../../core/job/bill.ts';
import type { Dialect, Queries } from '../sql/database.ts';
import type { LedgerTable, Tables } from '../sql/tables.ts';
import type { AttemptEnd } from './attempt-end.ts';

const HOUR_MS = 3_600_000;
/** Upstream is asked for a bill that came as unknown after a minute first. */
const FIRST_ASK_MS = 60_000;

const SUMS = ['jobs', 'billed_micro_usd', 'estimated_micro_usd', 'held_micro_usd', 'unknown_jobs'] as const;
const KEY = ['basis', 'part', 'hour', 'client_id', 'key_id', 'model', 'tag'] as const;

/** A total as an integer: PostgreSQL sums bigint as numeric. */
export const total = (column: (typeof SUMS)[number]) => sql<number>`cast(sum(${sql.ref(column)}) as bigint)`;

/** What `lines` add to the hours they are counted in, once for each hour and group. */
const countsOf = (db: Queries, sign: 1 | -1) =>
  db
    .selectFrom('ledger_counts')
    .select(({ ref }) => [
      ref('basis').as('basis'),
      ref('part').as('part'),
      sql<number>`at - at % ${sql.lit(HOUR_MS)}`.as('hour'),
      ref('client_id').as('client_id'),
      ref('key_id').as('key_id'),
      ref('model').as('model'),
      ref('tag').as('tag'),
      ...SUMS.map((column) => sql<number>`${sql.lit(sign)} * ${total(column)}`.as(column)),
    ])
    .groupBy(['basis', 'part', sql`at - at % ${sql.lit(HOUR_MS)}`, 'client_id', 'key_id', 'model', 'tag'])
    // Every transaction locks the rows it shares with others in one order.
    .orderBy('basis')
    .orderBy('part')
    .orderBy(sql`at - at % ${sql.lit(HOUR_MS)}`)
    .orderBy('tag');

async function countLine(db: Queries, { job_id, attempt }: LineKey, sign: 1 | -1): Promise<void> {
  await db
    .insertInto('spend_hours')
    .columns([...KEY, ...SUMS])
    .expression(countsOf(db, sign).where('job_id', '=', job_id).where('attempt', '=', attempt))
    .onConflict((conflict) =>
      conflict
        .columns([...KEY])
        .doUpdateSet(({ ref }) =>
          Object.fromEntries(
            SUMS.map((column) => [
              column,
              sql<number>`${ref(`spend_hours.${column}`)} + ${ref(`excluded.${column}`)}`,
            ]),
          ),
        ),
    )
    .execute();
}

type LineKey = Pick<LedgerTable, 'job_id' | 'attempt'>;

/**
 * Writes the line of an attempt that has ended, or changes it to what is known now: its sums change by the difference,
 * so that the same end again changes nothing. Called under the lock of the job's row.
 */
export async function writeLedger(db: Queries, dialect: Dialect, end: AttemptEnd): Promise<void> {
  const key = { job_id: end.id, attempt: end.attempt };
  const before = await db
    .selectFrom('ledger')
    .selectAll()
    .where('job_id', '=', key.job_id)
    .where('attempt', '=', key.attempt)
    .executeTakeFirst();
  const billed = billOf(end);
  const endedAt = before?.ended_at ?? end.finishedAt;
  if (endedAt === null) throw new Error(`Attempt ${end.attempt} of job ${end.id} has ended, and at no time`);
  const isSettled = billed !== null;
  const spentAt = before?.spent_at ?? end.submittedAt ?? end.createdAt;
  const known = {
    billed_micro_usd: billed,
    is_byok: end.isByok === null ? null : Number(end.isByok),
    state: end.status,
    submitted_at: end.submittedAt,
    // Older answers have the one id, newer ones say the same twice.
    generation_id: end.generationId ?? end.upstreamId,
  };
  if (before && (Object.keys(known) as (keyof typeof known)[]).every((name) => before[name] === known[name]))
    return;
  if (before) await countLine(db, key, -1);
  // A bill that comes with the end is settled then; one that comes later, when it comes: closed months stay closed.
  const isLate = before !== undefined && before.billed_micro_usd === null;
  const settledAt = isLate ? sql<number>`${dialect.now()}` : (before?.settled_at ?? endedAt);
  const asks = !isSettled && end.upstreamId !== null && before === undefined;
  const line = {
    ...known,
    settled_at: isSettled ? settledAt : null,
    closed_at: isSettled ? settledAt : endedAt,
    bill_due_at: asks ? sql<number>`${dialect.now()} + ${sql.lit(FIRST_ASK_MS)}` : null,
  };
  if (before) {
    // Still unknown: who asks upstream for it goes on.
    const { bill_due_at: _due, ...kept } = line;
    await db
      .updateTable('ledger')
      .set(isSettled ? line : kept)
      .where('job_id', '=', key.job_id)
      .where('attempt', '=', key.attempt)
      .execute();
  } else {
    await db
      .insertInto('ledger')
      .values({
        ...key,
        ...line,
        client_id: end.clientId,
        key_id: end.keyId,
        model: end.model,
        tags: end.tags.length > 0 ? JSON.stringify(end.tags) : null,
        reference: end.reference,
        ordered_at: end.createdAt,
        ended_at: endedAt,
        spent_at: spentAt,
        estimated_micro_usd: end.estimatedMicroUsd,
        ceiling_micro_usd: end.ceilingMicroUsd,
      })
      .execute();
  }
  await countLine(db, key, 1);
}

/** Lines of attempts that an older program ended, and all sums anew. Both tables must be locked. */
export async function rebuildLedger(
  db: Queries,
): Promise<{ readonly lines: number; readonly added: number }> {
  const columns = LEDGER_COLUMNS;
  const { numInsertedOrUpdatedRows: added } = await db
    .insertInto('ledger')
    .columns([...columns])
    .expression(
      db
        .selectFrom('ended_attempts')
        .select([...columns])
        .where(({ not, exists, selectFrom }) =>
          not(
            exists(
              selectFrom('ledger')
                .select('ledger.job_id')
                .whereRef('ledger.job_id', '=', 'ended_attempts.job_id')
                .whereRef('ledger.attempt', '=', 'ended_attempts.attempt'),
            ),
          ),
        ),
    )
    .executeTakeFirstOrThrow();
  await db.deleteFrom('spend_hours').execute();
  await db
    .insertInto('spend_hours')
    .columns([...KEY, ...SUMS])
    .expression(countsOf(db, 1))
    .execute();
  const { lines } = await db
    .selectFrom('ledger')
    .select(({ fn }) => fn.countAll<number>().as('lines'))
    .executeTakeFirstOrThrow();
  return { lines: Number(lines), added: Number(added ?? 0) };
}

const LEDGER_COLUMNS = [
  'job_id',
  'attempt',
  'client_id',
  'key_id',
  'model',
  'tags',
  'reference',
  'ordered_at',
  'submitted_at',
  'ended_at',
  'settled_at',
  'spent_at',
  'closed_at',
  'estimated_micro_usd',
  'ceiling_micro_usd',
  'billed_micro_usd',
  'is_byok',
  'state',
  'generation_id',
  'bill_due_at',
] as const satisfies readonly (keyof Tables['ledger'])[];
