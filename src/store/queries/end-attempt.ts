// The one place every end of an attempt passes, whichever statement ended it.

import { isTerminal, type JobChange } from '../../core/job/job.ts';
import type { Dialect, Queries } from '../sql/database.ts';
import type { AttemptEnd } from './attempt-end.ts';
import { settleHolds } from './budget-settlement.ts';
import { writeLedger } from './ledger.ts';

/** True where saving `change` may end an attempt, or tell the bill of one that has ended: a unit of several statements. */
export const mayEndAttempt = (change: JobChange): boolean =>
  change.status === undefined ? change.actualMicroUsd !== undefined : isTerminal(change.status);

/**
 * Records how an attempt ended. Called in the transaction that ends it, after its job's row was locked or written, by
 * everything that can end one: a saved step, an operator's decision, and the turn to the next candidate. Whatever has
 * to be true of a job's money once its attempt is over is written here, and so holds for every way of ending.
 *
 * `status` is terminal, or `rejected` or `failed` where another candidate follows. `submission_unknown` is no end: its
 * attempt ends when an operator decides or a webhook ties it to a paid video. The same end may come twice, when the
 * answer to a write was lost and it is written again, and once more with the bill where that became known later: the
 * result must be the same as of the last.
 */
export async function endAttempt(db: Queries, dialect: Dialect, end: AttemptEnd): Promise<void> {
  await settleHolds(db, dialect, end);
  await writeLedger(db, dialect, end);
  // A job that may have one attempt only is its own record of it.
  if (end.fallback === null) return;
  await db
    .updateTable('job_attempts')
    .set({
      status: end.status,
      upstream_id: end.upstreamId,
      error: end.error === null ? null : JSON.stringify(end.error),
      started_at: end.submittedAt,
      finished_at: end.finishedAt,
      actual_micro_usd: end.actualMicroUsd,
    })
    .where('job_id', '=', end.id)
    .where('number', '=', end.attempt)
    .execute();
}
