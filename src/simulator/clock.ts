// One clock for the whole simulator: it follows a source, can be frozen, and can be advanced, so that tests never sleep.

type Alarm = { readonly dueMs: number; readonly ring: () => void };

/** setTimeout's own bound: a longer delay would fire at once. */
const longestTimerMs = 2 ** 31 - 1;

export type SimClock = {
  /** Simulated time, Unix milliseconds. */
  nowMs(): number;
  /** Time at the source, whatever was stepped or frozen here: what the rest of the world sees. */
  sourceMs(): number;
  /** Moves time forward by `ms` and rings every alarm that came due, earliest first. */
  advance(ms: number): void;
  /** Stops following the source: time now moves only by `advance`. */
  freeze(): void;
  /** Follows the source again, from the time the clock shows now. */
  resume(): void;
  readonly frozen: boolean;
  /** Calls `ring` once simulated time has moved on by `delayMs`. The returned function cancels. */
  after(delayMs: number, ring: () => void): () => void;
  /** Resolves once simulated time has moved on by `ms`; at once, and without a timer, for 0. */
  sleep(ms: number): Promise<void>;
  /** Forgets every alarm without ringing it: a film that stalls must not look finished on shutdown. */
  stop(): void;
};

/**
 * Builds the clock.
 *
 * @param source where real time comes from, Unix milliseconds.
 */
export function createSimClock(source: () => number): SimClock {
  const alarms = new Set<Alarm>();
  let offsetMs = 0;
  let frozenAtMs: number | null = null;
  let timer: NodeJS.Timeout | undefined;

  const nowMs = () => (frozenAtMs ?? source()) + offsetMs;

  function ringDue() {
    const now = nowMs();
    const due = [...alarms].filter((alarm) => alarm.dueMs <= now).sort((a, b) => a.dueMs - b.dueMs);
    for (const alarm of due) {
      if (alarms.delete(alarm)) alarm.ring();
    }
    arm();
  }

  function arm() {
    clearTimeout(timer);
    if (frozenAtMs !== null || alarms.size === 0) return;
    let nextMs = Number.POSITIVE_INFINITY;
    for (const alarm of alarms) nextMs = Math.min(nextMs, alarm.dueMs);
    timer = setTimeout(ringDue, Math.min(Math.max(nextMs - nowMs(), 0), longestTimerMs));
    // An alarm must not keep the process alive: a job that ends in an hour is no reason to refuse SIGTERM.
    timer.unref();
  }

  function after(delayMs: number, ring: () => void): () => void {
    const alarm: Alarm = { dueMs: nowMs() + delayMs, ring };
    alarms.add(alarm);
    arm();
    return () => {
      if (alarms.delete(alarm)) arm();
    };
  }

  return {
    nowMs,
    sourceMs: source,
    after,
    get frozen() {
      return frozenAtMs !== null;
    },
    advance(ms) {
      offsetMs += ms;
      ringDue();
    },
    freeze() {
      frozenAtMs ??= source();
      arm();
    },
    resume() {
      if (frozenAtMs === null) return;
      offsetMs -= source() - frozenAtMs;
      frozenAtMs = null;
      ringDue();
    },
    sleep(ms) {
      if (ms <= 0) return Promise.resolve();
      return new Promise((resolve) => {
        after(ms, resolve);
      });
    },
    stop() {
      clearTimeout(timer);
      alarms.clear();
    },
  };
}
