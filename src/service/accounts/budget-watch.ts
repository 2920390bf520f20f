// Raises the alarms of budgets: thresholds, bills above their holds (once each), and drift of held amounts.

import { fromMicroUsd } from '../../core/money.ts';
import type { BudgetEvent } from '../../store/ports/budgets.ts';
import type { JobStore } from '../../store/ports/job-store.ts';
import type { Alarms } from '../runtime/alarms.ts';
import type { Log } from '../runtime/log.ts';
import { createLoop } from '../runtime/loop.ts';

export interface BudgetWatch {
  /** Reports what is new; resolves to the milliseconds to wait before the next look. */
  tick(): Promise<number>;
  start(): void;
  stop(): Promise<void>;
}

export interface BudgetWatchParts {
  readonly store: Pick<JobStore, 'claimBudgetEvents' | 'findBudgetDrift' | 'getBudget'>;
  /** Milliseconds of any origin that never go back. */
  readonly monotonic: () => number;
  readonly alarms: Alarms;
  readonly log: Log;
}

const PAUSE_MS = 5_000;
const BATCH = 100;
// Sums every open hold: minutes are soon enough for what must never happen.
const DRIFT_PAUSE_MS = 60_000;

/** Safe on any number of replicas: each event is claimed by one of them. */
export function createBudgetWatch({ store, monotonic, alarms, log }: BudgetWatchParts): BudgetWatch {
  let driftCheckedAt = Number.NEGATIVE_INFINITY;

  /** What an alarm says of its budget; of one that was deleted since, or of a window that is over, less. */
  async function describe({ budgetId, startsAt }: BudgetEvent): Promise<object> {
    const named = { budget_id: budgetId, window_starts_at: new Date(startsAt).toISOString() };
    // The event is claimed: it is reported with what is known of it, and by no other.
    const state = await store.getBudget(budgetId).catch((error: unknown) => {
      log.warn({ err: error, budget_id: budgetId }, 'could not read a budget for its alarm');
      return null;
    });
    if (!state) return named;
    const { budget, use } = state;
    return {
      ...named,
      budget_scope: budget.scope,
      limit_usd: fromMicroUsd(budget.limitMicroUsd),
      ...(use.startsAt === startsAt && {
        spent_usd: fromMicroUsd(use.settledMicroUsd),
        held_usd: fromMicroUsd(use.heldMicroUsd),
      }),
    };
  }

  async function report(event: BudgetEvent): Promise<void> {
    const fields = await describe(event);
    if (event.kind === 'threshold') {
      const share = Number(event.subject);
      alarms.raise('budget_threshold', { ...fields, threshold: share }, 'a budget has reached a threshold');
    } else {
      alarms.raise(
        'budget_overrun',
        { ...fields, job_id: event.subject },
        'a bill is higher than the amount held for it',
      );
    }
  }

  async function tick(): Promise<number> {
    const events = await store.claimBudgetEvents(BATCH);
    for (const event of events) await report(event);
    if (monotonic() - driftCheckedAt >= DRIFT_PAUSE_MS) {
      for (const { budgetId, startsAt, driftMicroUsd } of await store.findBudgetDrift()) {
        alarms.raise(
          'budget_drift',
          {
            budget_id: budgetId,
            window_starts_at: new Date(startsAt).toISOString(),
            drift_usd: fromMicroUsd(driftMicroUsd),
          },
          'a budget does not hold the sum of its holds',
        );
      }
      driftCheckedAt = monotonic();
    }
    return events.length === BATCH ? 0 : PAUSE_MS;
  }

  const loop = createLoop(
    tick,
    (error) => log.warn({ err: error }, 'could not check budgets for alarms: retrying'),
    PAUSE_MS,
  );
  return { tick, start: () => loop.start(), stop: () => loop.stop() };
}
