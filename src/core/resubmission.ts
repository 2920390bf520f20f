// Whether an intent may be sent again as a new job, and whether that can buy the same clip twice.

import { isResubmitSafe, isTerminal, type Job } from './job.ts';

export type ResubmitRisk =
  /** Nothing was bought: sending it again is the first purchase. */
  | 'none'
  /** It was bought, or may have been: sending it again may be the second. */
  | 'double_charge'
  /** It is still going, or has its clip: there is nothing to send again. */
  | 'nothing_to_resubmit';

/** Only upstream's own word counts as proof: a refusal, or a failure billed with exactly 0 on upstream's account. */
export function judgeResubmit(job: Job): ResubmitRisk {
  if (isResubmitSafe(job.status)) return 'none';
  if (job.status === 'failed' && job.actualMicroUsd === 0 && job.isByok !== true) return 'none';
  if (job.status === 'submission_unknown') return 'double_charge';
  return isTerminal(job.status) && job.status !== 'completed' ? 'double_charge' : 'nothing_to_resubmit';
}
