// Sends the jobs that wait for others of their client or key to end, as those end.

import type { JobStore } from '../../store/ports/job-store.ts';
import type { Log } from '../runtime/log.ts';
import { createLoop } from '../runtime/loop.ts';

export interface WaitingJobs {
  /** To be called when a job begins to wait. */
  wake(): void;
  /** To be called for every job that changed: its slot may be free. */
  notice(): void;
  /** Starts what may be started now. Resolves to how many jobs that were. */
  tick(): Promise<number>;
  start(): void;
  stop(): Promise<void>;
}

/** Jobs of other replicas end unheard where a notification is lost, and submits with an unknown outcome age. */
const SWEEP_MS = 5_000;

export function createWaitingJobs({
  store,
  log,
}: {
  readonly store: Pick<JobStore, 'startWaiting'>;
  readonly log: Log;
}): WaitingJobs {
  /** Where no job waits, jobs that end are none of ours. */
  let isWaiting = true;

  async function tick(): Promise<number> {
    // Before it is asked, so that a job that begins to wait meanwhile is not forgotten.
    isWaiting = false;
    const result = await store.startWaiting().catch((error: unknown) => {
      isWaiting = true;
      throw error;
    });
    isWaiting ||= result.isWaiting;
    if (result.started > 0)
      log.info({ jobs: result.started }, 'sending jobs that waited for max_running_jobs');
    return result.started;
  }

  const loop = createLoop(
    async () => ((await tick()) > 0 && isWaiting ? 0 : SWEEP_MS),
    (error) => log.error({ err: error }, 'could not read the jobs that wait for max_running_jobs'),
    SWEEP_MS,
  );

  return {
    wake() {
      isWaiting = true;
      loop.wake();
    },
    notice() {
      if (isWaiting) loop.wake();
    },
    tick,
    start: loop.start,
    stop: loop.stop,
  };
}
