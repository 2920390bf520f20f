// What becomes of a hold when the attempt it was for has ended: settled once, released, or kept while the bill is unknown.

import { sql } from 'kysely';
import { settledAmount } from '../../core/accounts/budget.ts';
import { billOf } from '../../core/job/bill.ts';
import type { MicroUsd } from '../../core/money.ts';
import type { Dialect, Queries } from '../sql/database.ts';
import type { BudgetHoldTable } from '../sql/tables.ts';
import type { AttemptEnd } from './attempt-end.ts';
import { BUDGET_COLUMNS, LOCK_ORDER, toBudget } from './budget-row.ts';
import { changeWindow, noticeOverrun, noticeThresholds } from './budget-windows.ts';

type HoldState = BudgetHoldTable['state'];

/** The holds of an attempt in these states, with their budgets, deleted ones too, in the order of locks. */
const holdsOf = (db: Queries, jobId: string, attempt: number, states: readonly HoldState[]) =>
  db
    .selectFrom('budget_holds')
    .innerJoin('budgets', 'budgets.id', 'budget_holds.budget_id')
    .select(['budget_holds.budget_id', 'budget_holds.starts_at', 'budget_holds.held_micro_usd'])
    .select(['budget_holds.state', 'budget_holds.settled_micro_usd'])
    .select(BUDGET_COLUMNS)
    .where('budget_holds.job_id', '=', jobId)
    .where('budget_holds.attempt', '=', attempt)
    .where('budget_holds.state', 'in', states)
    .orderBy(LOCK_ORDER)
    .execute();

const OPEN: readonly HoldState[] = ['held'];
const EVERY: readonly HoldState[] = ['held', 'settled', 'released'];

/**
 * Settles the holds of an attempt in the window they were made in, however late the bill is. Each is settled by the
 * write that finds it held: the same end again changes nothing. An unknown bill keeps the hold. Of an attempt that was
 * written off the most it may have cost is counted, until a bill that comes after all takes its place.
 */
export async function settleHolds(db: Queries, dialect: Dialect, end: AttemptEnd): Promise<void> {
  const billed = billOf(end);
  const isWrittenOff = end.status === 'written_off';
  const states = isWrittenOff && billed !== null ? EVERY : OPEN;
  // The provider's own bill is estimated for a clip that was made, and for no other.
  const estimatedMicroUsd = end.status === 'completed' ? end.estimatedMicroUsd : null;
  for (const hold of await holdsOf(db, end.id, end.attempt, states)) {
    const { budget_id, starts_at, held_micro_usd, state, settled_micro_usd, ...row } = hold;
    const budget = toBudget(row);
    const bill = { billedMicroUsd: billed, isByok: end.isByok, estimatedMicroUsd };
    // No attempt follows one that has ended for good: what it may have cost is its own ceiling, not the total of all.
    const most = Math.min(held_micro_usd, end.ceilingMicroUsd ?? held_micro_usd);
    const amount = settledAmount(budget, bill) ?? (isWrittenOff ? most : null);
    if (amount === null) {
      if (most < held_micro_usd) await keepOpen(db, end, { budget_id, starts_at }, held_micro_usd, most);
      continue;
    }
    const before = settled_micro_usd ?? 0;
    if (state !== 'held' && amount === before) continue;
    const settled = await db
      .updateTable('budget_holds')
      .set({ state: amount === 0 ? 'released' : 'settled', settled_micro_usd: amount })
      .where('job_id', '=', end.id)
      .where('attempt', '=', end.attempt)
      .where('budget_id', '=', budget_id)
      .where('state', '=', state)
      .where('settled_micro_usd', settled_micro_usd === null ? 'is' : '=', settled_micro_usd)
      .returning('budget_id')
      .executeTakeFirst();
    if (!settled) continue;
    const key = { budgetId: budget_id, startsAt: starts_at };
    const window = await changeWindow(db, key, {
      heldMicroUsd: state === 'held' ? -held_micro_usd : 0,
      settledMicroUsd: amount - before,
    });
    await noticeThresholds(db, dialect, budget, window);
    if (amount > held_micro_usd) await noticeOverrun(db, dialect, key, end.id);
  }
}

/** Lowers what is held for an attempt whose bill is unknown. */
async function keepOpen(
  db: Queries,
  { id, attempt }: AttemptEnd,
  { budget_id, starts_at }: { readonly budget_id: string; readonly starts_at: number },
  held: MicroUsd,
  kept: MicroUsd,
): Promise<void> {
  const lowered = await db
    .updateTable('budget_holds')
    .set({ held_micro_usd: kept })
    .where('job_id', '=', id)
    .where('attempt', '=', attempt)
    .where('budget_id', '=', budget_id)
    .where('state', '=', 'held')
    .where('held_micro_usd', '=', held)
    .returning('budget_id')
    .executeTakeFirst();
  if (!lowered) return;
  const key = { budgetId: budget_id, startsAt: starts_at };
  await changeWindow(db, key, { heldMicroUsd: kept - held, settledMicroUsd: 0 });
}

/**
 * Hands what an attempt leaves of a job's hold on to the next: called before the attempt that ended is settled. What
 * the caller allowed in all is held once, so an attempt whose bill is unknown keeps what it may have cost at most.
 */
export async function passHoldsOn(db: Queries, end: AttemptEnd, next: number): Promise<void> {
  const keep = billOf(end) ?? end.ceilingMicroUsd;
  const held = await holdsOf(db, end.id, end.attempt, OPEN);
  for (const { budget_id, starts_at, held_micro_usd } of held) {
    const kept = Math.min(held_micro_usd, keep ?? held_micro_usd);
    await db
      .updateTable('budget_holds')
      .set({ held_micro_usd: kept })
      .where('job_id', '=', end.id)
      .where('attempt', '=', end.attempt)
      .where('budget_id', '=', budget_id)
      .execute();
    await db
      .insertInto('budget_holds')
      .values({
        job_id: end.id,
        attempt: next,
        budget_id,
        starts_at,
        held_micro_usd: sql<number>`${held_micro_usd - kept}`,
        state: 'held',
        settled_micro_usd: null,
      })
      .execute();
  }
}
