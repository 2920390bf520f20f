// Between a row and a Budget, and the order in which every transaction locks the windows of several.

import { type RawBuilder, sql } from 'kysely';
import type { Budget, BudgetScope } from '../../core/accounts/budget.ts';
import type { Queries } from '../sql/database.ts';
import type { BudgetTable } from '../sql/tables.ts';

export const BUDGET_COLUMNS = [
  'budgets.id',
  'budgets.scope_kind',
  'budgets.scope_id',
  'budgets.limit_micro_usd',
  'budgets.period',
  'budgets.time_zone',
  'budgets.hard',
  'budgets.thresholds',
  'budgets.unpriced_hold_micro_usd',
  'budgets.include_byok',
  'budgets.created_at',
] as const;

export type BudgetRow = Omit<BudgetTable, 'deleted_at'>;

export const toBudget = (row: BudgetRow): Budget => ({
  id: row.id,
  scope: toScope(row),
  limitMicroUsd: row.limit_micro_usd,
  period: row.period,
  timeZone: row.time_zone,
  hard: row.hard === 1,
  thresholds: JSON.parse(row.thresholds),
  unpricedHoldMicroUsd: row.unpriced_hold_micro_usd,
  includeByok: row.include_byok === 1,
  createdAt: row.created_at,
});

function toScope({ scope_kind: kind, scope_id: id }: BudgetRow): BudgetScope {
  if (kind === 'all') return { kind };
  if (id === null) throw new Error(`A budget of scope ${kind} names no ${kind}`);
  return { kind, id };
}

/** What a budget of a key is kept under: the first of the keys that replaced one another up to this one. */
export const lineOf = (keyId: string | null | RawBuilder<unknown>) =>
  sql<string>`coalesce((select keys.line from keys where keys.id = ${keyId}), ${keyId})`;

/** Which budgets an order asks: one for everything, its client's, its key's and those of keys before it. */
export const applies = (
  clientId: string | RawBuilder<unknown>,
  keyId: string | null | RawBuilder<unknown>,
) => sql<boolean>`budgets.deleted_at is null and (
  budgets.scope_kind = 'all'
  or (budgets.scope_kind = 'client' and budgets.scope_id = ${clientId})
  or (budgets.scope_kind = 'key' and budgets.scope_id = ${lineOf(keyId)}))`;

/**
 * Every transaction locks windows in this order: the whole first, then the client's, then the key's, each by id. Two
 * transactions that lock the same windows then cannot wait for each other.
 */
export const LOCK_ORDER = sql`case budgets.scope_kind when 'all' then 0 when 'client' then 1 else 2 end, budgets.id`;

export const selectBudgets = (db: Queries) => db.selectFrom('budgets').select(BUDGET_COLUMNS);
