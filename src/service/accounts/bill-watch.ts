// Asks upstream for bills that came as unknown, before they are left to an operator.

import { parseUsageCost } from '../../core/money.ts';
import type { OpenRouter } from '../../outbound/openrouter/openrouter.ts';
import type { JobStore } from '../../store/ports/job-store.ts';
import { aboutJob, type Log } from '../runtime/log.ts';
import { createLoop } from '../runtime/loop.ts';

export interface BillWatch {
  /** Asks for what is due; resolves to the milliseconds to wait before the next look. */
  tick(): Promise<number>;
  start(): void;
  stop(): Promise<void>;
}

export interface BillWatchParts {
  readonly store: Pick<JobStore, 'claimUnknownBills' | 'enterBill'>;
  readonly upstream: Pick<OpenRouter, 'fetchBill'>;
  readonly log: Log;
}

const PAUSE_MS = 15_000;
const BATCH = 20;

/** Safe on any number of replicas: each bill is asked for by one of them. */
export function createBillWatch({ store, upstream, log }: BillWatchParts): BillWatch {
  async function tick(): Promise<number> {
    const bills = await store.claimUnknownBills(BATCH);
    for (const { jobId, attempt, generationId } of bills) {
      const bill = await upstream.fetchBill(generationId);
      const microUsd = parseUsageCost(bill?.costUsd);
      if (bill === null || microUsd === null) continue;
      const result = await store.enterBill(jobId, { attempt, microUsd, isByok: bill.isByok }, null);
      if (result?.kind === 'entered') {
        log.info({ ...aboutJob(result.job), attempt }, 'OpenRouter reported a bill that was unknown');
      }
    }
    return bills.length === BATCH ? 0 : PAUSE_MS;
  }

  const loop = createLoop(
    tick,
    (error) => log.warn({ err: error }, 'could not ask OpenRouter for unknown bills: retrying'),
    PAUSE_MS,
  );
  return { tick, start: () => loop.start(), stop: () => loop.stop() };
}
