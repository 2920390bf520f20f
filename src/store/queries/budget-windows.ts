// One row per budget and window: the only place where held and settled amounts change, and thresholds are noticed.

import { sql } from 'kysely';
import { type Budget, reachedThresholds } from '../../core/accounts/budget.ts';
import { type Calendar, createCalendar } from '../../core/accounts/calendar.ts';
import type { MicroUsd } from '../../core/money.ts';
import type { Dialect, Queries } from '../sql/database.ts';
import { prepare } from '../sql/prepared-query.ts';
import type { BudgetEventTable, BudgetWindowTable } from '../sql/tables.ts';

export type WindowRow = BudgetWindowTable;

interface WindowKey {
  readonly budgetId: string;
  readonly startsAt: number;
}

export interface WindowChange {
  readonly heldMicroUsd: MicroUsd;
  readonly settledMicroUsd: MicroUsd;
}

/** Calendars by zone. There are some 600 zones, and making one takes longer than asking it a thousand times. */
export function createCalendars(): (timeZone: string) => Calendar {
  const calendars = new Map<string, Calendar>();
  return (timeZone) => {
    const known = calendars.get(timeZone);
    if (known) return known;
    const calendar = createCalendar(timeZone);
    calendars.set(timeZone, calendar);
    return calendar;
  };
}

const inWindow = (db: Queries, { budgetId, startsAt }: WindowKey) =>
  db.updateTable('budget_windows').where('budget_id', '=', budgetId).where('starts_at', '=', startsAt);

/** Makes the window's row where it is missing. A window that nothing was held in has none. */
export async function openWindow(db: Queries, { budgetId, startsAt }: WindowKey): Promise<void> {
  await db
    .insertInto('budget_windows')
    .values({
      budget_id: budgetId,
      starts_at: startsAt,
      settled_micro_usd: 0,
      held_micro_usd: 0,
      adjustment_micro_usd: 0,
    })
    .onConflict((conflict) => conflict.columns(['budget_id', 'starts_at']).doNothing())
    .execute();
}

export type HoldInWindow = (
  db: Queries,
  budget: Budget,
  startsAt: number,
  microUsd: MicroUsd,
) => Promise<WindowRow | null>;

/**
 * Holds an amount in a window, where it fits: the condition stands in the UPDATE itself, and reads the limit there, so
 * that no race passes it and a lowered limit is true at once. A soft budget holds whatever is asked. Resolves to the
 * window after it; null where it does not fit.
 */
export function prepareHold(reader: Queries): HoldInWindow {
  const hold = prepare((order: { budgetId: string; startsAt: number; microUsd: MicroUsd; isSoft: 0 | 1 }) =>
    inWindow(reader, order)
      .set({ held_micro_usd: sql<number>`held_micro_usd + ${order.microUsd}` })
      .where(
        sql<boolean>`(${order.isSoft} = 1 or settled_micro_usd + held_micro_usd + ${order.microUsd} <= adjustment_micro_usd
          + (select limit_micro_usd from budgets where budgets.id = ${order.budgetId}))`,
      )
      .returningAll(),
  );

  return async (db, budget, startsAt, microUsd) => {
    const order = { budgetId: budget.id, startsAt, microUsd, isSoft: budget.hard ? 0 : 1 } as const;
    const [held] = await hold(db, order);
    if (held) return held;
    // Refused, or the window's first: its row is made, and the question asked again.
    await openWindow(db, order);
    return (await hold(db, order))[0] ?? null;
  };
}

/** Adds to what a window holds and has settled; amounts may be negative. */
export async function changeWindow(db: Queries, key: WindowKey, change: WindowChange): Promise<WindowRow> {
  return inWindow(db, key)
    .set({
      held_micro_usd: sql<number>`held_micro_usd + ${change.heldMicroUsd}`,
      settled_micro_usd: sql<number>`settled_micro_usd + ${change.settledMicroUsd}`,
    })
    .returningAll()
    .executeTakeFirstOrThrow();
}

/** Writes down which thresholds a window has reached, each once; `claimBudgetEvents` reports them. */
export async function noticeThresholds(
  db: Queries,
  dialect: Dialect,
  budget: Pick<Budget, 'id' | 'thresholds' | 'limitMicroUsd'>,
  window: WindowRow,
): Promise<void> {
  const limit = budget.limitMicroUsd + window.adjustment_micro_usd;
  const used = window.settled_micro_usd + window.held_micro_usd;
  const reached = reachedThresholds(budget.thresholds, limit, used);
  await writeEvents(
    db,
    reached.map((share) => ({
      budget_id: budget.id,
      starts_at: window.starts_at,
      kind: 'threshold',
      subject: String(share),
      at: dialect.now(),
      reported_at: null,
    })),
  );
}

/** Writes down that the bill of a job came out above its hold. */
export const noticeOverrun = (db: Queries, dialect: Dialect, key: WindowKey, jobId: string): Promise<void> =>
  writeEvents(db, [
    {
      budget_id: key.budgetId,
      starts_at: key.startsAt,
      kind: 'overrun',
      subject: jobId,
      at: dialect.now(),
      reported_at: null,
    },
  ]);

type NewEvent = Omit<BudgetEventTable, 'at'> & { readonly at: ReturnType<Dialect['now']> };

async function writeEvents(db: Queries, events: readonly NewEvent[]): Promise<void> {
  if (events.length === 0) return;
  await db
    .insertInto('budget_events')
    .values(events)
    .onConflict((conflict) => conflict.columns(['budget_id', 'starts_at', 'kind', 'subject']).doNothing())
    .execute();
}
