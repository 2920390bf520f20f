// Decides whether an order fits its budgets, and holds its ceiling in them, in the transaction that makes its job.

import { type Insertable, sql } from 'kysely';
import { holdFor, remainingOf } from '../../core/accounts/budget.ts';
import type { Calendar } from '../../core/accounts/calendar.ts';
import { ClipgateError } from '../../core/errors.ts';
import type { MicroUsd } from '../../core/money.ts';
import type { Dialect, Queries } from '../sql/database.ts';
import { prepare } from '../sql/prepared-query.ts';
import type { Tables } from '../sql/tables.ts';
import { applies, BUDGET_COLUMNS, LOCK_ORDER, toBudget } from './budget-row.ts';
import { noticeThresholds, prepareHold } from './budget-windows.ts';

/** What an order asks its budgets for. */
export interface AdmissionRequest {
  readonly jobId: string;
  readonly clientId: string;
  readonly keyId: string | null;
  /** The most the order may be charged, all its attempts together; null = unknown. */
  readonly ceilingMicroUsd: MicroUsd | null;
}

/** Resolves to how many budgets hold for the order. */
export type Admit = (db: Queries, request: AdmissionRequest) => Promise<number>;

/**
 * Holds the order's ceiling in every budget it asks, in the window that contains the database's present.
 * @throws ClipgateError budget_exceeded for the first budget it would exceed, unpriceable where a hard one cannot hold
 * an unknown amount: the transaction must be rolled back, and with it what other budgets held.
 */
export function prepareAdmission(
  reader: Queries,
  dialect: Dialect,
  calendarOf: (timeZone: string) => Calendar,
): Admit {
  const holdInWindow = prepareHold(reader);
  const selectAsked = prepare((caller: { readonly clientId: string; readonly keyId: string | null }) =>
    reader
      .selectFrom('budgets')
      .select(BUDGET_COLUMNS)
      .select(sql<number>`${dialect.now()}`.as('now'))
      .where(applies(sql`${caller.clientId}`, sql`${caller.keyId}`))
      .orderBy(LOCK_ORDER),
  );

  return async (db, { jobId, clientId, keyId, ceilingMicroUsd }) => {
    const holds: Insertable<Tables['budget_holds']>[] = [];
    const rows = await selectAsked(db, { clientId, keyId });
    for (const { now, ...row } of rows) {
      const budget = toBudget(row);
      const microUsd = holdFor(budget, ceilingMicroUsd);
      if (microUsd === null) {
        throw new ClipgateError(
          'unpriceable',
          `The price of this clip is unknown, and budget ${budget.id} is a hard limit without unpriced_hold_usd.`,
        );
      }
      const window = calendarOf(budget.timeZone).windowAt(budget.period, now);
      const held = await holdInWindow(db, budget, window.startsAt, microUsd);
      if (!held) {
        const use = await db
          .selectFrom('budget_windows')
          .selectAll()
          .where('budget_id', '=', budget.id)
          .where('starts_at', '=', window.startsAt)
          .executeTakeFirstOrThrow();
        throw new ClipgateError('budget_exceeded', 'The order would exceed its budget.', {
          details: {
            budget: {
              id: budget.id,
              scope: budget.scope,
              limitMicroUsd: budget.limitMicroUsd + use.adjustment_micro_usd,
              spentMicroUsd: use.settled_micro_usd,
              heldMicroUsd: use.held_micro_usd,
              remainingMicroUsd: remainingOf(budget.limitMicroUsd, {
                settledMicroUsd: use.settled_micro_usd,
                heldMicroUsd: use.held_micro_usd,
                adjustmentMicroUsd: use.adjustment_micro_usd,
              }),
              neededMicroUsd: microUsd,
              resetsAt: window.endsAt,
            },
          },
        });
      }
      holds.push({
        job_id: jobId,
        attempt: 1,
        budget_id: budget.id,
        starts_at: window.startsAt,
        held_micro_usd: microUsd,
        state: 'held',
        settled_micro_usd: null,
      });
      await noticeThresholds(db, dialect, budget, held);
    }
    if (holds.length > 0) await db.insertInto('budget_holds').values(holds).execute();
    return holds.length;
  };
}
