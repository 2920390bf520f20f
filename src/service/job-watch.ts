// Waiting for a job to change, without asking the store again and again.

import type { JobStore } from '../store/port.ts';

export interface JobWatch {
  /** Resolves at the job's next change, after `timeoutMs`, or when `signal` aborts: whichever is first. */
  nextChange(jobId: string, timeoutMs: number, signal: AbortSignal): Promise<void>;
  /** Ends every wait: for a shutdown that must not take a minute because somebody polls slowly. */
  close(): void;
}

/** One subscription to the store serves every waiter. */
export function createJobWatch(store: Pick<JobStore, 'onJobChanged'>): JobWatch {
  const waiters = new Map<string, Set<() => void>>();
  let closed = false;

  const unsubscribe = store.onJobChanged((jobId) => {
    for (const wake of [...(waiters.get(jobId) ?? [])]) wake();
  });

  return {
    nextChange(jobId, timeoutMs, signal) {
      if (closed || signal.aborted) return Promise.resolve();
      return new Promise((resolve) => {
        const waiting = waiters.get(jobId) ?? new Set();
        waiters.set(jobId, waiting);
        const done = () => {
          clearTimeout(timer);
          signal.removeEventListener('abort', done);
          waiting.delete(done);
          if (waiting.size === 0) waiters.delete(jobId);
          resolve();
        };
        const timer = setTimeout(done, timeoutMs);
        signal.addEventListener('abort', done);
        waiting.add(done);
      });
    },
    close() {
      closed = true;
      unsubscribe();
      for (const waiting of [...waiters.values()]) for (const wake of [...waiting]) wake();
    },
  };
}
