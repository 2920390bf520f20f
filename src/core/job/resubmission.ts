// Whether an intent may be sent again as a new job, and whether that can buy the same clip twice.

import { type Attempt, isBilledNothing, isUnsoldAttempt } from './attempt.ts';
import { isNotPurchased, isTerminal, type Job } from './job.ts';

export type ResubmitRisk =
  /** Nothing was bought: sending it again is the first purchase. */
  | 'none'
  /** It was bought, or may have been: sending it again may be the second. */
  | 'double_charge'
  /** It is still going, or has its clip: there is nothing to send again. */
  | 'nothing_to_resubmit';

/** What else is known of a job's intent. */
export interface IntentHistory {
  /** Its attempts before the present one. */
  readonly earlier: readonly Attempt[];
  /** True where another job stands in its place: one made of the same intent since, that was or may yet be bought. */
  readonly resent: boolean;
}

/** True where sending the same intent again cannot buy a second video: no attempt of any job of it was bought. */
export const isResubmitSafe = (job: Pick<Job, 'status'>, { earlier, resent }: IntentHistory): boolean =>
  isNotPurchased(job.status) && earlier.every(isUnsoldAttempt) && !resent;

/** Only upstream's own word counts as proof: a refusal, or a failure billed with exactly 0 on upstream's account. */
export function judgeResubmit(job: Job, history: IntentHistory): ResubmitRisk {
  if (isResubmitSafe(job, history)) return 'none';
  const unbilled = job.status === 'failed' && isBilledNothing(job.actualMicroUsd, job.isByok);
  if (unbilled && history.earlier.every(isUnsoldAttempt) && !history.resent) return 'none';
  if (job.status === 'submission_unknown') return 'double_charge';
  return isTerminal(job.status) && job.status !== 'completed' ? 'double_charge' : 'nothing_to_resubmit';
}
