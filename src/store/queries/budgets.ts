// Budgets as operators define them and callers read them: with the window that contains the present.

import { sql } from 'kysely';
import {
  type Budget,
  type BudgetAdjustment,
  type BudgetScope,
  type BudgetState,
  MAX_ADJUSTMENT_MICRO_USD,
} from '../../core/accounts/budget.ts';
import type { Calendar } from '../../core/accounts/calendar.ts';
import { ClipgateError } from '../../core/errors.ts';
import { isTerminal, JOB_STATUSES } from '../../core/job/job.ts';
import type { Act } from '../ports/audit.ts';
import type { AdjustResult, BudgetStore } from '../ports/budgets.ts';
import type { Database, Queries } from '../sql/database.ts';
import type { BudgetTable } from '../sql/tables.ts';
import { writeAudit } from './audit.ts';
import { applies, BUDGET_COLUMNS, type BudgetRow, lineOf, selectBudgets, toBudget } from './budget-row.ts';
import { noticeThresholds, openWindow } from './budget-windows.ts';
import { claimAct } from './idempotent-acts.ts';

/** Jobs in these states may have been charged; whether and how much is unknown while their hold is open. */
const SETTLED_LATE = JOB_STATUSES.filter((status) => isTerminal(status) || status === 'submission_unknown');

function scopeIdOf(scope: BudgetScope) {
  if (scope.kind === 'all') return null;
  return scope.kind === 'key' ? lineOf(scope.id) : scope.id;
}

/** Thrown, not answered: what the transaction wrote before must be undone. */
function tooMuchAdjusted(): ClipgateError {
  const message = 'would bring the adjustments of this window above a billion dollars';
  return new ClipgateError('invalid_request', `/usd ${message}.`, {
    errors: [{ in: 'body', pointer: '/usd', message }],
  });
}

type Changed = Partial<
  Pick<BudgetTable, 'limit_micro_usd' | 'hard' | 'thresholds' | 'unpriced_hold_micro_usd' | 'include_byok'>
>;

export function createBudgets(
  { reader, dialect, write }: Database,
  calendarOf: (timeZone: string) => Calendar,
): BudgetStore {
  const now = sql<number>`${dialect.now()}`;

  /** The window of a budget that contains `at`. */
  const windowOf = ({ timeZone, period }: Budget, at: number) => calendarOf(timeZone).windowAt(period, at);

  async function stateOf(db: Queries, budget: Budget, at: number): Promise<BudgetState> {
    const { startsAt, endsAt } = windowOf(budget, at);
    const row = await db
      .selectFrom('budget_windows')
      .selectAll()
      .where('budget_id', '=', budget.id)
      .where('starts_at', '=', startsAt)
      .executeTakeFirst();
    // Without anything held no job of the window can be unknown.
    const unknownJobs = row && row.held_micro_usd !== 0 ? await countUnknown(db, budget.id, startsAt) : 0;
    return {
      budget,
      use: {
        startsAt,
        settledMicroUsd: row?.settled_micro_usd ?? 0,
        heldMicroUsd: row?.held_micro_usd ?? 0,
        adjustmentMicroUsd: row?.adjustment_micro_usd ?? 0,
      },
      resetsAt: endsAt,
      unknownJobs,
    };
  }

  async function countUnknown(db: Queries, budgetId: string, startsAt: number): Promise<number> {
    const { unknown } = await db
      .selectFrom('budget_holds')
      .innerJoin('jobs', 'jobs.id', 'budget_holds.job_id')
      .select(sql<number>`count(distinct jobs.id)`.as('unknown'))
      .where('budget_holds.budget_id', '=', budgetId)
      .where('budget_holds.starts_at', '=', startsAt)
      .where('budget_holds.state', '=', 'held')
      .where((where) =>
        where.or([
          where('jobs.status', 'in', SETTLED_LATE),
          // An attempt before the present one, whose bill never came.
          where('budget_holds.attempt', '<', where.ref('jobs.attempt')),
        ]),
      )
      .executeTakeFirstOrThrow();
    return unknown;
  }

  async function lockBudget(db: Queries, id: string): Promise<Budget | null> {
    const row = await dialect
      .lockRows(selectBudgets(db).where('id', '=', id).where('deleted_at', 'is', null))
      .executeTakeFirst();
    return row ? toBudget(row) : null;
  }

  const writeAct = (
    db: Queries,
    by: Act,
    action: string,
    id: string,
    change: { readonly before: Budget | null; readonly after: Budget | null },
  ): Promise<void> =>
    writeAudit(db, dialect, {
      ...by,
      action,
      object: { kind: 'budget', id },
      before: change.before && { ...change.before },
      after: change.after && { ...change.after },
    });

  async function findAdjustment(db: Queries, id: string): Promise<BudgetAdjustment> {
    const row = await db.selectFrom('budget_adjustments').selectAll().where('id', '=', id).executeTakeFirst();
    if (!row) throw new Error(`There is no adjustment ${id}`);
    return {
      id: row.id,
      budgetId: row.budget_id,
      startsAt: row.starts_at,
      at: row.at,
      microUsd: row.micro_usd,
      reason: row.reason,
      actor: row.actor,
    };
  }

  async function statesOf(rows: readonly (BudgetRow & { readonly now: number })[]): Promise<BudgetState[]> {
    const states: BudgetState[] = [];
    for (const { now: at, ...row } of rows) states.push(await stateOf(reader, toBudget(row), at));
    return states;
  }

  return {
    createBudget: (budget, by) =>
      write(async (db) => {
        const row = await db
          .insertInto('budgets')
          .values({
            id: budget.id,
            scope_kind: budget.scope.kind,
            scope_id: scopeIdOf(budget.scope),
            limit_micro_usd: budget.limitMicroUsd,
            period: budget.period,
            time_zone: budget.timeZone,
            hard: Number(budget.hard),
            thresholds: JSON.stringify(budget.thresholds),
            unpriced_hold_micro_usd: budget.unpricedHoldMicroUsd,
            include_byok: Number(budget.includeByok),
            created_at: now,
            deleted_at: null,
          })
          .returning(BUDGET_COLUMNS)
          .executeTakeFirstOrThrow();
        const made = toBudget(row);
        await writeAct(db, by, 'create', budget.id, { before: null, after: made });
        return { value: made, changed: [] };
      }),

    updateBudget: (id, change, by) =>
      write(async (db) => {
        const before = await lockBudget(db, id);
        if (!before) return { value: null, changed: [] };
        const columns: Changed = {
          ...(change.limitMicroUsd !== undefined && { limit_micro_usd: change.limitMicroUsd }),
          ...(change.hard !== undefined && { hard: Number(change.hard) }),
          ...(change.thresholds !== undefined && { thresholds: JSON.stringify(change.thresholds) }),
          ...(change.unpricedHoldMicroUsd !== undefined && {
            unpriced_hold_micro_usd: change.unpricedHoldMicroUsd,
          }),
          ...(change.includeByok !== undefined && { include_byok: Number(change.includeByok) }),
        };
        const row = await db
          .updateTable('budgets')
          // An empty change answers with the budget as it is.
          .set({ ...columns, id })
          .where('id', '=', id)
          .returning(BUDGET_COLUMNS)
          .executeTakeFirstOrThrow();
        const after = toBudget(row);
        await writeAct(db, by, 'update', id, { before, after });
        return { value: after, changed: [] };
      }),

    deleteBudget: (id, by) =>
      write(async (db) => {
        const before = await lockBudget(db, id);
        if (!before) return { value: false, changed: [] };
        await db.updateTable('budgets').set({ deleted_at: now }).where('id', '=', id).execute();
        await writeAct(db, by, 'delete', id, { before, after: null });
        return { value: true, changed: [] };
      }),

    async getBudget(id) {
      const rows = await selectBudgets(reader)
        .select(now.as('now'))
        .where('id', '=', id)
        .where('deleted_at', 'is', null)
        .execute();
      return (await statesOf(rows))[0] ?? null;
    },

    async listBudgets({ scope, after, limit }) {
      let query = selectBudgets(reader)
        .select(now.as('now'))
        .where('deleted_at', 'is', null)
        .orderBy('id')
        .limit(limit);
      if (after !== null) query = query.where('id', '>', after);
      if (scope !== null) {
        query = query.where('scope_kind', '=', scope.kind);
        const id = scopeIdOf(scope);
        if (id !== null) query = query.where('scope_id', '=', id);
      }
      return statesOf(await query.execute());
    },

    async budgetsOf(clientId, keyId) {
      const rows = await selectBudgets(reader)
        .select(now.as('now'))
        .where(applies(clientId, keyId))
        .orderBy('id')
        .execute();
      return statesOf(rows);
    },

    adjustBudget: (adjustment, by, idempotency) =>
      write<AdjustResult>(async (db) => {
        const earlier = idempotency && (await claimAct(db, dialect, by, idempotency, adjustment.id));
        if (earlier)
          return { value: { adjustment: await findAdjustment(db, earlier), replayed: true }, changed: [] };
        const row = await selectBudgets(db)
          .select(now.as('now'))
          .where('id', '=', adjustment.budgetId)
          .where('deleted_at', 'is', null)
          .executeTakeFirst();
        // Thrown, not answered: the key that was claimed must be undone.
        if (!row) throw new ClipgateError('not_found', 'Not found.');
        const { now: at, ...columns } = row;
        const budget = toBudget(columns);
        const { startsAt } = windowOf(budget, at);
        const key = { budgetId: budget.id, startsAt };
        await openWindow(db, key);
        const window = await db
          .updateTable('budget_windows')
          .set({ adjustment_micro_usd: sql<number>`adjustment_micro_usd + ${adjustment.microUsd}` })
          .where('budget_id', '=', budget.id)
          .where('starts_at', '=', startsAt)
          .returningAll()
          .executeTakeFirstOrThrow();
        if (Math.abs(window.adjustment_micro_usd) > MAX_ADJUSTMENT_MICRO_USD) throw tooMuchAdjusted();
        await db
          .insertInto('budget_adjustments')
          .values({
            id: adjustment.id,
            budget_id: budget.id,
            starts_at: startsAt,
            at,
            micro_usd: adjustment.microUsd,
            reason: by.reason,
            actor: by.actor,
          })
          .execute();
        await noticeThresholds(db, dialect, budget, window);
        await writeAudit(db, dialect, {
          ...by,
          action: 'adjust',
          object: { kind: 'budget', id: budget.id },
          before: { adjustmentMicroUsd: window.adjustment_micro_usd - adjustment.microUsd },
          after: { adjustmentMicroUsd: window.adjustment_micro_usd },
        });
        return {
          value: {
            adjustment: { ...adjustment, startsAt, at, reason: by.reason, actor: by.actor },
            replayed: false,
          },
          changed: [],
        };
      }),

    claimBudgetEvents: (limit) =>
      write(async (db) => {
        const open = await dialect
          .lockFreeRows(
            db
              .selectFrom('budget_events')
              .select(['budget_id', 'starts_at', 'kind', 'subject', 'at'])
              .where('reported_at', 'is', null)
              .orderBy('at')
              .limit(limit),
          )
          .execute();
        for (const row of open) {
          await db
            .updateTable('budget_events')
            .set({ reported_at: now })
            .where('budget_id', '=', row.budget_id)
            .where('starts_at', '=', row.starts_at)
            .where('kind', '=', row.kind)
            .where('subject', '=', row.subject)
            .execute();
        }
        const events = open.map((row) => ({
          budgetId: row.budget_id,
          startsAt: row.starts_at,
          kind: row.kind,
          subject: row.subject,
          at: row.at,
        }));
        return { value: events, changed: [] };
      }),

    async findBudgetDrift() {
      const { rows } = await sql<{ budget_id: string; starts_at: number; drift: number }>`
        select w.budget_id, w.starts_at, w.held_micro_usd - coalesce(h.held, 0) as drift
        from budget_windows as w
        left join (
          select budget_id, starts_at, cast(sum(held_micro_usd) as bigint) as held
          from budget_holds where state = 'held' group by budget_id, starts_at
        ) as h on h.budget_id = w.budget_id and h.starts_at = w.starts_at
        where w.held_micro_usd <> coalesce(h.held, 0)`.execute(reader);
      return rows.map(({ budget_id, starts_at, drift }) => ({
        budgetId: budget_id,
        startsAt: starts_at,
        driftMicroUsd: drift,
      }));
    },
  };
}
