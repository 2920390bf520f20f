// Budget management for operators: create, change, adjust, and read with the state of the current window.

import type { Budget, BudgetChange, BudgetScope, BudgetState } from '../../core/accounts/budget.ts';
import { type BurnPoint, burnIntervals, toBurnDown } from '../../core/accounts/burn-down.ts';
import { ClipgateError } from '../../core/errors.ts';
import type { Principal } from '../../core/principal.ts';
import type { IdempotentAct } from '../../store/ports/accounts.ts';
import type { Act } from '../../store/ports/audit.ts';
import type { AdjustResult } from '../../store/ports/budgets.ts';
import type { JobStore } from '../../store/ports/job-store.ts';
import { createAdjustmentId, createBudgetId } from '../orders/ids.ts';

export type BudgetTerms = Omit<Budget, 'id' | 'createdAt'>;

export interface Budgets {
  create(terms: BudgetTerms, by: Act): Promise<BudgetState>;
  list(query: {
    readonly scope: BudgetScope | null;
    readonly cursor: string | null;
    readonly limit: number;
  }): Promise<{ readonly budgets: readonly BudgetState[]; readonly nextCursor: string | null }>;
  /** @throws ClipgateError not_found. */
  get(id: string): Promise<BudgetState>;
  /** True at once: the next order reads the new limit. Nothing that is held is cancelled. @throws ClipgateError not_found. */
  update(id: string, change: BudgetChange, by: Act): Promise<BudgetState>;
  /** @throws ClipgateError not_found. */
  remove(id: string, by: Act): Promise<void>;
  /**
   * Credits (positive) or charges (negative) the present window, on record, and once for each Idempotency-Key.
   * @throws ClipgateError not_found, idempotency_key_reused, invalid_request where all of the window are too much.
   */
  adjust(
    id: string,
    microUsd: number,
    by: Act & { readonly reason: string },
    idempotency: IdempotentAct | null,
  ): Promise<AdjustResult>;
  /** How what is spent of each has grown since its window began, by the budget's id; those without an end are left out. */
  burnDown(states: readonly BudgetState[]): Promise<ReadonlyMap<string, readonly BurnPoint[]>>;
  /** Every budget that an order of this principal asks. */
  of(principal: Principal): Promise<readonly BudgetState[]>;
}

export interface BudgetsParts {
  readonly store: Pick<
    JobStore,
    | 'createBudget'
    | 'updateBudget'
    | 'deleteBudget'
    | 'getBudget'
    | 'listBudgets'
    | 'budgetsOf'
    | 'adjustBudget'
    | 'sumSpend'
  >;
  /** Epoch milliseconds. */
  readonly clock: () => number;
}

const notFound = () => new ClipgateError('not_found', 'Not found.');

export function createBudgets({ store, clock }: BudgetsParts): Budgets {
  async function get(id: string): Promise<BudgetState> {
    const state = await store.getBudget(id);
    if (!state) throw notFound();
    return state;
  }

  return {
    get,

    async create(terms, by) {
      const { id } = await store.createBudget({ ...terms, id: createBudgetId(clock()) }, by);
      return get(id);
    },

    async list({ scope, cursor, limit }) {
      const budgets = await store.listBudgets({ scope, after: cursor, limit: limit + 1 });
      const page = budgets.slice(0, limit);
      return { budgets: page, nextCursor: budgets.length > limit ? (page.at(-1)?.budget.id ?? null) : null };
    },

    async update(id, change, by) {
      if (!(await store.updateBudget(id, change, by))) throw notFound();
      return get(id);
    },

    async remove(id, by) {
      if (!(await store.deleteBudget(id, by))) throw notFound();
    },

    adjust: (id, microUsd, by, idempotency) =>
      store.adjustBudget({ id: createAdjustmentId(clock()), budgetId: id, microUsd }, by, idempotency),

    async burnDown(states) {
      const found = new Map<string, readonly BurnPoint[]>();
      // One after the other: together they would take every connection of the pool.
      for (const state of states) {
        const intervals = burnIntervals(state, clock());
        if (!intervals) continue;
        const { id, scope } = state.budget;
        const report = await store.sumSpend({
          clientId: scope.kind === 'client' ? scope.id : null,
          ...(scope.kind === 'key' && { keyLine: scope.id }),
          basis: 'submitted',
          groups: [],
          intervals,
          maxRows: intervals.length,
        });
        const billed = new Map(report?.rows.map((row) => [row.startsAt, row.billedMicroUsd]));
        found.set(id, toBurnDown(intervals, billed, state));
      }
      return found;
    },

    of: ({ client, keyId }) => store.budgetsOf(client, keyId),
  };
}
