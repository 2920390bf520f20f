// What the service asks of a store about budgets: definitions, their windows, adjustments, and events to report.

import type {
  Budget,
  BudgetAdjustment,
  BudgetChange,
  BudgetScope,
  BudgetState,
} from '../../core/accounts/budget.ts';
import type { MicroUsd } from '../../core/money.ts';
import type { IdempotentAct } from './accounts.ts';
import type { Act } from './audit.ts';

/** A budget about to be made; the store sets the time. */
export type NewBudget = Omit<Budget, 'createdAt'>;

export interface BudgetQuery {
  readonly scope: BudgetScope | null;
  /** Only budgets after this id. */
  readonly after: string | null;
  readonly limit: number;
}

/** Found once per window: a threshold that was reached (`subject` is its share) or a bill above its hold (its job). */
export interface BudgetEvent {
  readonly budgetId: string;
  readonly startsAt: number;
  readonly kind: 'threshold' | 'overrun';
  readonly subject: string;
  readonly at: number;
}

/** A window whose held amount is not the sum of its holds. Never happens unless a row was written by hand. */
export interface BudgetDrift {
  readonly budgetId: string;
  readonly startsAt: number;
  readonly driftMicroUsd: MicroUsd;
}

/** What was entered, now or (`replayed`) under the same Idempotency-Key before. */
export interface AdjustResult {
  readonly adjustment: BudgetAdjustment;
  readonly replayed: boolean;
}

export interface BudgetStore {
  createBudget(budget: NewBudget, by: Act): Promise<Budget>;
  /** Null where there is no such budget, or it was deleted. */
  updateBudget(id: string, change: BudgetChange, by: Act): Promise<Budget | null>;
  /** Its windows and holds stay; orders no longer ask it. False where there is no such budget. */
  deleteBudget(id: string, by: Act): Promise<boolean>;
  getBudget(id: string): Promise<BudgetState | null>;
  /** By id, oldest first. */
  listBudgets(query: BudgetQuery): Promise<readonly BudgetState[]>;
  /** Every budget that an order of this client and key asks. */
  budgetsOf(clientId: string, keyId: string | null): Promise<readonly BudgetState[]>;
  /**
   * Enters an adjustment for the window that contains the present, once for each Idempotency-Key of the operator's.
   * @throws ClipgateError not_found, idempotency_key_reused.
   */
  adjustBudget(
    adjustment: Pick<BudgetAdjustment, 'id' | 'budgetId' | 'microUsd'>,
    by: Act & { readonly reason: string },
    idempotency: IdempotentAct | null,
  ): Promise<AdjustResult>;
  /** Events no replica has reported yet, oldest first, now reported by the caller. */
  claimBudgetEvents(limit: number): Promise<readonly BudgetEvent[]>;
  /** Windows that drifted; empty in a healthy store. */
  findBudgetDrift(): Promise<readonly BudgetDrift[]>;
}
