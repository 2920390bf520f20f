// Every change of every job of a client, or of all of them, for those who watch a list: read once, however many watch.

import type { Job } from '../../core/job/job.ts';
import type { JobStore } from '../../store/ports/job-store.ts';
import type { Log } from '../runtime/log.ts';

/** `missed`: more changed than a watcher took; what it shows has to be read again. `idle`: nothing changed. */
export type FeedItem = Job | 'missed' | 'idle';

export interface JobFeed {
  /**
   * The jobs that change from now on, each as it is when it is read; changes that come faster are seen as one. Ends
   * when `signal` aborts or the feed closes.
   * @param clientId null = of every client. @param idleMs yields `idle` after so long without a change.
   */
  follow(clientId: string | null, idleMs: number, signal: AbortSignal): AsyncGenerator<FeedItem>;
  /** Ends every watcher's feed. */
  close(): void;
}

export interface JobFeedParts {
  readonly store: Pick<JobStore, 'onJobChanged' | 'findJob'>;
  readonly log: Log;
}

/** Changes are collected for so long, so that a burst is one read for each job. */
const COLLECT_MS = 250;
/** More jobs than these in one collection are not read: the watchers read their lists again. */
const MAX_CHANGED = 500;
/** Changes that wait for one watcher. */
const MAX_WAITING = 200;

interface Watcher {
  readonly clientId: string | null;
  /** The newest state of each job that it has not taken. */
  readonly waiting: Map<string, Job>;
  hasMissed: boolean;
  wake: () => void;
}

export function createJobFeed({ store, log }: JobFeedParts): JobFeed {
  const watchers = new Set<Watcher>();
  const changed = new Set<string>();
  let timer: ReturnType<typeof setTimeout> | null = null;
  let isClosed = false;

  const unsubscribe = store.onJobChanged((jobId) => {
    if (watchers.size === 0) return;
    // One more than is read says that there were too many.
    if (changed.size <= MAX_CHANGED) changed.add(jobId);
    timer ??= setTimeout(() => void collect(), COLLECT_MS);
  });

  async function collect(): Promise<void> {
    const ids = [...changed];
    changed.clear();
    try {
      if (ids.length > MAX_CHANGED) return missAll();
      const jobs = await Promise.all(ids.map((id) => store.findJob(id)));
      for (const job of jobs) if (job) offer(job);
    } catch (error) {
      log.debug({ err: error }, 'jobs that changed could not be read for those who watch lists');
      missAll();
    } finally {
      timer = changed.size > 0 && !isClosed ? setTimeout(() => void collect(), COLLECT_MS) : null;
    }
  }

  function missAll(): void {
    for (const watcher of watchers) miss(watcher);
  }

  function miss(watcher: Watcher): void {
    watcher.waiting.clear();
    watcher.hasMissed = true;
    watcher.wake();
  }

  function offer(job: Job): void {
    for (const watcher of watchers) {
      if (watcher.clientId !== null && watcher.clientId !== job.clientId) continue;
      if (watcher.waiting.size >= MAX_WAITING && !watcher.waiting.has(job.id)) miss(watcher);
      else {
        watcher.waiting.set(job.id, job);
        watcher.wake();
      }
    }
  }

  /** Waits until `watcher` is woken, for `idleMs` at most. Resolves to false where nothing came. */
  function nextWake(watcher: Watcher, idleMs: number, signal: AbortSignal): Promise<boolean> {
    return new Promise((resolve) => {
      const settle = (isNews: boolean) => {
        clearTimeout(idle);
        signal.removeEventListener('abort', stop);
        watcher.wake = () => {};
        resolve(isNews);
      };
      const stop = () => settle(true);
      const idle = setTimeout(() => settle(false), idleMs);
      signal.addEventListener('abort', stop);
      watcher.wake = () => settle(true);
    });
  }

  async function* take(watcher: Watcher, idleMs: number, signal: AbortSignal): AsyncGenerator<FeedItem> {
    try {
      while (!signal.aborted && !isClosed) {
        const [next] = watcher.waiting.values();
        if (watcher.hasMissed) {
          watcher.hasMissed = false;
          yield 'missed';
        } else if (next) {
          watcher.waiting.delete(next.id);
          yield next;
        } else if (!(await nextWake(watcher, idleMs, signal))) yield 'idle';
      }
    } finally {
      watchers.delete(watcher);
    }
  }

  return {
    follow(clientId, idleMs, signal) {
      const watcher: Watcher = { clientId, waiting: new Map(), hasMissed: false, wake: () => {} };
      // At once, not at the first step: what changes in between is not missed.
      watchers.add(watcher);
      signal.addEventListener('abort', () => watchers.delete(watcher), { once: true });
      return take(watcher, idleMs, signal);
    },

    close() {
      isClosed = true;
      unsubscribe();
      if (timer !== null) clearTimeout(timer);
      for (const watcher of watchers) watcher.wake();
    },
  };
}
