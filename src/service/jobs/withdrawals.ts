// Takes back orders whose caller was answered with an error although the store may have kept them.

import type { JobStore } from '../../store/ports/job-store.ts';
import { aboutJob, type Log } from '../runtime/log.ts';

export interface Withdrawals {
  /** The order is withdrawn, if it was kept, as soon as the store answers again. */
  add(jobId: string): void;
  /** Tries no more. Resolves when the try under way has ended. */
  stop(): Promise<void>;
}

export interface WithdrawalsParts {
  readonly store: Pick<JobStore, 'withdrawJob'>;
  readonly sleep: (ms: number) => Promise<void>;
  readonly log: Log;
}

const PAUSE_MS = 1_000;
/** Ids of thirty bytes: more orders than a gateway is asked for in the longest outage. */
const MAX_WAITING = 100_000;

/**
 * A failed commit may have been one all the same: the connection can break between the commit and its answer. Such a
 * job would be claimed when its lease runs out, and bought minutes after its caller received an error.
 * @param owner that the jobs were made for.
 */
export function createWithdrawals({ store, sleep, log }: WithdrawalsParts, owner: string): Withdrawals {
  const waiting = new Set<string>();
  let running: Promise<void> | null = null;
  let stopped = false;

  async function run(): Promise<void> {
    while (!stopped && waiting.size > 0) {
      const [jobId] = waiting;
      if (jobId === undefined) break;
      try {
        const job = await store.withdrawJob(jobId, owner);
        waiting.delete(jobId);
        if (job) log.warn(aboutJob(job), 'withdrew an order whose caller received an error');
      } catch (error) {
        log.debug({ err: error, job_id: jobId }, 'an order could not be withdrawn yet');
        await sleep(PAUSE_MS);
      }
    }
    running = null;
  }

  return {
    add(jobId) {
      if (stopped || waiting.size >= MAX_WAITING) {
        log.error(
          { job_id: jobId },
          'an order whose caller received an error was not withdrawn and may be bought',
        );
        return;
      }
      waiting.add(jobId);
      running ??= run();
    },
    async stop() {
      stopped = true;
      await running;
    },
  };
}
