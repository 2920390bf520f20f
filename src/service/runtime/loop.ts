// A timer around a tick: waits as long as the last tick asked, wakes early on request, stops only between ticks.

export interface Loop {
  start(): void;
  /** Runs the next tick now, or right after the one that is running. */
  wake(): void;
  /** No tick starts after this; resolves when the running one has ended. */
  stop(): Promise<void>;
}

/**
 * @param tick does the work; resolves to the milliseconds to wait before the next.
 * @param onError receives the error of a tick that threw; the loop goes on after `retryMs`.
 */
export function createLoop(
  tick: () => Promise<number>,
  onError: (error: unknown) => void,
  retryMs: number,
): Loop {
  let timer: NodeJS.Timeout | undefined;
  let running: Promise<void> | undefined;
  let woken = false;
  let stopped = true;

  const schedule = (delayMs: number) => {
    if (stopped) return;
    clearTimeout(timer);
    // Beyond 2^31 ms Node fires at once.
    timer = setTimeout(run, Math.min(delayMs, 2_000_000_000));
  };

  const run = () => {
    woken = false;
    running = tick()
      .catch((error: unknown) => {
        onError(error);
        return retryMs;
      })
      .then((delayMs) => {
        running = undefined;
        schedule(woken ? 0 : delayMs);
      });
  };

  return {
    start() {
      if (!stopped) return;
      stopped = false;
      schedule(0);
    },
    wake() {
      if (running) woken = true;
      else schedule(0);
    },
    async stop() {
      stopped = true;
      clearTimeout(timer);
      await running;
    },
  };
}
