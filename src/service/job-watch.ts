// Waiting for a job to change, without asking the store again and again.

import type { JobStore } from '../store/port.ts';

export interface Watching {
  /** True at the job's next change; false where time ran out, the wait was cancelled or the gateway is closing. */
  readonly changed: Promise<boolean>;
  cancel(): void;
}

export interface JobWatch {
  /** Begins to wait, at once. @param signal ends the wait as well. */
  nextChange(jobId: string, timeoutMs: number, signal: AbortSignal): Watching;
  /** Ends every wait: for a shutdown that must not take a minute because somebody polls slowly. */
  close(): void;
}

/** One subscription to the store serves every waiter. */
export function createJobWatch(store: Pick<JobStore, 'onJobChanged'>): JobWatch {
  const waiters = new Map<string, Set<(changed: boolean) => void>>();
  let closed = false;

  const unsubscribe = store.onJobChanged((jobId) => {
    for (const settle of [...(waiters.get(jobId) ?? [])]) settle(true);
  });

  return {
    nextChange(jobId, timeoutMs, signal) {
      let cancel = () => {};
      const changed = new Promise<boolean>((resolve) => {
        if (closed || signal.aborted || timeoutMs <= 0) return resolve(false);
        const waiting = waiters.get(jobId) ?? new Set();
        waiters.set(jobId, waiting);
        const settle = (change: boolean) => {
          clearTimeout(timer);
          signal.removeEventListener('abort', cancel);
          waiting.delete(settle);
          if (waiting.size === 0) waiters.delete(jobId);
          resolve(change);
        };
        cancel = () => settle(false);
        const timer = setTimeout(cancel, timeoutMs);
        signal.addEventListener('abort', cancel);
        waiting.add(settle);
      });
      return { changed, cancel: () => cancel() };
    },
    close() {
      closed = true;
      unsubscribe();
      for (const waiting of [...waiters.values()]) for (const settle of [...waiting]) settle(false);
    },
  };
}
