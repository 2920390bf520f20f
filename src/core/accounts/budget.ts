// Budgets: their windows, the amount that an order holds, and the thresholds that an amount has passed.

import type { MicroUsd } from '../money.ts';
import type { Period } from './calendar.ts';

/** What a budget counts: everything Clipgate buys, one client's jobs, or the jobs made with one key. */
export type BudgetScope =
  | { readonly kind: 'all' }
  | { readonly kind: 'client'; readonly id: string }
  | { readonly kind: 'key'; readonly id: string };

/** A sum per window. Times are epoch milliseconds, money integer micro-dollars. */
export interface Budget {
  readonly id: string;
  readonly scope: BudgetScope;
  readonly limitMicroUsd: MicroUsd;
  readonly period: Period;
  /** IANA name: where the days, weeks and months of `period` begin. */
  readonly timeZone: string;
  /** True = an order that does not fit is refused; false = thresholds are reported, nothing is refused. */
  readonly hard: boolean;
  /** Shares of the limit, ascending, each reported once per window. */
  readonly thresholds: readonly number[];
  /** Held for a clip that has no ceiling; null = such a clip is refused under a hard budget. */
  readonly unpricedHoldMicroUsd: MicroUsd | null;
  /** True = a bill of the caller's own provider account (BYOK) counts with its estimate, else with its fee alone. */
  readonly includeByok: boolean;
  readonly createdAt: number;
}

/** What a budget's window has seen. */
export interface BudgetUse {
  /** Start of the window, epoch milliseconds. */
  readonly startsAt: number;
  readonly settledMicroUsd: MicroUsd;
  readonly heldMicroUsd: MicroUsd;
  /** Credits and temporary raises of this window, by operators; may be negative. */
  readonly adjustmentMicroUsd: MicroUsd;
}

/** A budget with the window that contains the present. */
export interface BudgetState {
  readonly budget: Budget;
  readonly use: BudgetUse;
  /** When the window ends, epoch milliseconds; null = never. */
  readonly resetsAt: number | null;
  /** Jobs that have ended, or may have, and whose bill is unknown: their holds stay until someone resolves them. */
  readonly unknownJobs: number;
}

/** A credit (positive) or a charge (negative) that an operator enters for one window. */
export interface BudgetAdjustment {
  readonly id: string;
  readonly budgetId: string;
  readonly startsAt: number;
  readonly at: number;
  readonly microUsd: MicroUsd;
  readonly reason: string;
  readonly actor: string;
}

/**
 * The most that the adjustments of one window may come to, up or down: a billion dollars, as a limit. Beyond nine the sums
 * would no longer be exact, and no order could be held against them.
 */
export const MAX_ADJUSTMENT_MICRO_USD: MicroUsd = 1e15;

/** What may change while a budget is in use; its scope and period stay. */
export type BudgetChange = Partial<
  Pick<Budget, 'limitMicroUsd' | 'hard' | 'thresholds' | 'unpricedHoldMicroUsd' | 'includeByok'>
>;

/** What is left to hold; negative where bills came out above their holds or the limit was lowered. */
export const remainingOf = (limitMicroUsd: MicroUsd, use: Omit<BudgetUse, 'startsAt'>): MicroUsd =>
  limitMicroUsd + use.adjustmentMicroUsd - use.settledMicroUsd - use.heldMicroUsd;

/** What an order holds of one budget: the most it may cost; null = unknown, and the budget has no hold for that. */
export function holdFor(
  budget: Pick<Budget, 'hard' | 'unpricedHoldMicroUsd'>,
  ceilingMicroUsd: MicroUsd | null,
): MicroUsd | null {
  if (ceilingMicroUsd !== null) return ceilingMicroUsd;
  // A soft budget refuses nothing: what it cannot know it counts once it is billed.
  return budget.unpricedHoldMicroUsd ?? (budget.hard ? null : 0);
}

/** What an ended attempt counts in a budget; null = unknown, and its hold stays until someone resolves it. */
export function settledAmount(
  budget: Pick<Budget, 'includeByok'>,
  bill: {
    readonly billedMicroUsd: MicroUsd | null;
    readonly isByok: boolean | null;
    readonly estimatedMicroUsd: MicroUsd | null;
  },
): MicroUsd | null {
  if (bill.isByok !== true || !budget.includeByok) return bill.billedMicroUsd;
  if (bill.estimatedMicroUsd === null) return bill.billedMicroUsd;
  return (bill.billedMicroUsd ?? 0) + bill.estimatedMicroUsd;
}

/**
 * The thresholds that a window has reached with `usedMicroUsd` (settled and held), ascending. A limit of zero is
 * reached by its first micro-dollar.
 */
export const reachedThresholds = (
  thresholds: readonly number[],
  limitMicroUsd: MicroUsd,
  usedMicroUsd: MicroUsd,
): number[] =>
  thresholds.filter((share) => usedMicroUsd > 0 && usedMicroUsd >= Math.ceil(share * limitMicroUsd));
