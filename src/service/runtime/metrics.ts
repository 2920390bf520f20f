// What the gateway counts and measures, whatever exposes it: events as they happen, and readings taken when asked.

import type { JobStatus } from '../../core/job/job.ts';
import type { BreakerScope } from '../../core/job/submit-breaker.ts';

export type SubmitResult = 'accepted' | 'rejected' | 'not_sent' | 'unknown';
/** `gone`: the receiver answered 410; `dead`: the last attempt failed. */
export type CallbackResult = 'delivered' | 'failed' | 'gone' | 'dead';

/** Events. Durations are seconds, money dollars; null is unknown and counted nowhere. No call throws. */
export interface Metrics {
  /** @param request `route` is a route's pattern, null where none matched. */
  requestEnded(request: {
    readonly method: string;
    readonly route: string | null;
    readonly status: number;
    readonly seconds: number;
  }): void;
  submitEnded(submit: {
    readonly model: string;
    readonly outcome: SubmitResult;
    readonly seconds: number;
  }): void;
  jobEnded(job: {
    readonly model: string;
    readonly status: JobStatus;
    readonly seconds: number | null;
    readonly estimatedUsd: number | null;
    readonly billedUsd: number | null;
  }): void;
  /** A bill that became known. */
  spent(bill: { readonly client: string; readonly model: string; readonly usd: number }): void;
  callbackEnded(outcome: CallbackResult): void;
  alarmRaised(alarm: string): void;
}

/** A budget's present window, in dollars. */
export interface BudgetReading {
  readonly id: string;
  /** Adjustments of the window included. */
  readonly limitUsd: number;
  readonly spentUsd: number;
  readonly heldUsd: number;
  /** Epoch seconds; null = the window never ends. */
  readonly endsAtS: number | null;
}

/** Current readings. Null = unknown at the moment. */
export interface Readings {
  readonly storeReady: boolean;
  /** Jobs that have not ended, every such status included. */
  readonly openJobs: ReadonlyMap<JobStatus, number> | null;
  readonly budgets: readonly BudgetReading[] | null;
  /** Sum over all budgets of what their windows hold beside their holds. */
  readonly budgetDriftUsd: number | null;
  readonly archive: { readonly bytes: number; readonly backlog: number } | null;
  readonly catalog: { readonly ageS: number; readonly models: number; readonly unreadable: number } | null;
  /** Work that no process has taken up. */
  readonly backlog: { readonly pollLagS: number; readonly callbacks: number } | null;
  readonly inFlight: Readonly<Record<string, number>>;
  /** Circuits that are not closed, by their scope. */
  readonly openBreakers: Readonly<Record<BreakerScope, number>>;
}

/** An exposition for a scraper. */
export interface Exposition {
  readonly contentType: string;
  readonly text: string;
}
