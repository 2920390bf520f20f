// Waiting for a job to change, without asking the store again and again.

import type { JobStore } from '../../store/ports/job-store.ts';

/** `ended`: the wait was cancelled, or the gateway is closing; there is no point in waiting again. */
export type WatchEnd = 'changed' | 'timeout' | 'ended';

export interface Watching {
  readonly end: Promise<WatchEnd>;
  cancel(): void;
}

export interface JobWatch {
  /** Begins to wait, at once. @param signal ends the wait as well. */
  nextChange(jobId: string, timeoutMs: number, signal: AbortSignal): Watching;
  /** Ends every wait: for a shutdown that must not take a minute because of a client's long poll. */
  close(): void;
}

/** One subscription to the store serves every waiter. */
export function createJobWatch(store: Pick<JobStore, 'onJobChanged'>): JobWatch {
  const waiters = new Map<string, Set<(end: WatchEnd) => void>>();
  let closed = false;

  const unsubscribe = store.onJobChanged((jobId) => {
    for (const settle of [...(waiters.get(jobId) ?? [])]) settle('changed');
  });

  return {
    nextChange(jobId, timeoutMs, signal) {
      let cancel = () => {};
      const end = new Promise<WatchEnd>((resolve) => {
        if (closed || signal.aborted) return resolve('ended');
        if (timeoutMs <= 0) return resolve('timeout');
        const waiting = waiters.get(jobId) ?? new Set();
        waiters.set(jobId, waiting);
        const settle = (how: WatchEnd) => {
          clearTimeout(timer);
          signal.removeEventListener('abort', cancel);
          waiting.delete(settle);
          if (waiting.size === 0) waiters.delete(jobId);
          resolve(how);
        };
        cancel = () => settle('ended');
        const timer = setTimeout(() => settle('timeout'), timeoutMs);
        signal.addEventListener('abort', cancel);
        waiting.add(settle);
      });
      return { end, cancel: () => cancel() };
    },
    close() {
      closed = true;
      unsubscribe();
      for (const waiting of [...waiters.values()]) for (const settle of [...waiting]) settle('ended');
    },
  };
}
