// The account that pays: its spend, the reservations of running jobs, and the three limits that cause a 402.
import { ApiError } from './api-error.ts';
import type { SimClock } from './clock.ts';
import { billedUsd, type Job, statusOf } from './job.ts';
import type { JobBook } from './jobs.ts';
import type { Settings } from './settings.ts';

export type LimitSource = 'openrouter_credits' | 'openrouter_key_limit' | 'openrouter_in_flight_budget';

export type Account = {
  /** USD billed for completed jobs so far. */
  usageUsd(): number;
  /** USD that jobs under way are estimated at. */
  heldUsd(): number;
  /** @throws ApiError 402 when another job of this price must be refused. */
  requireFunds(priceUsd: number): void;
};

/** The 402 of a limit. Only the in-flight budget is worth waiting for, so only it says how long. */
export function insufficientCredits(source: LimitSource, retryAfterSeconds?: number): ApiError {
  return new ApiError(402, 'Insufficient credits. Add more using https://openrouter.ai/credits', {
    metadata: { limit_source: source },
    headers: retryAfterSeconds === undefined ? {} : { 'retry-after': String(retryAfterSeconds) },
  });
}

export function createAccount(clock: SimClock, jobs: JobBook, settings: () => Settings): Account {
  // Whole micro-dollars: exact, and quick enough to be counted anew for each of thousands of jobs.
  const sum = (amountOf: (job: Job, nowMs: number) => number | null) => {
    const nowMs = clock.nowMs();
    let micros = 0;
    for (const job of jobs.all()) micros += Math.round((amountOf(job, nowMs) ?? 0) * 1e6);
    return micros / 1e6;
  };
  const usageUsd = () => sum(billedUsd);
  const heldUsd = () => sum((job, nowMs) => (statusOf(job, nowMs) === 'pending' ? job.bill.costUsd : 0));

  return {
    usageUsd,
    heldUsd,
    requireFunds(priceUsd) {
      const { credits_usd: credits, key_limit_usd: keyLimit, in_flight_budget_usd: budget } = settings();
      const spent = usageUsd();
      if (spent + priceUsd > credits) throw insufficientCredits('openrouter_credits');
      if (keyLimit !== null && spent + priceUsd > keyLimit) throw insufficientCredits('openrouter_key_limit');
      if (budget !== null && heldUsd() + priceUsd > budget) {
        throw insufficientCredits('openrouter_in_flight_budget', 30);
      }
    },
  };
}
