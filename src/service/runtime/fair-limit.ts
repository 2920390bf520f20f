// Limits the number of concurrent tasks, and takes turns between clients.

export interface FairLimit {
  /**
   * Runs a task in its client's next turn.
   * @throws the reason of `signal` where it aborts before the turn comes; whatever the task throws.
   */
  run<T>(client: string, signal: AbortSignal, task: () => Promise<T>): Promise<T>;
}

export interface FairLimitOptions {
  readonly total: number;
  readonly perClient: number;
}

interface Waiting {
  start(): void;
}

export function createFairLimit({ total, perClient }: FairLimitOptions): FairLimit {
  // In the order of their next turns: a client that got a place goes to the end.
  const queues = new Map<string, Set<Waiting>>();
  const runningOf = new Map<string, number>();
  let running = 0;

  function next(): void {
    while (running < total) {
      const turn = [...queues].find(([client]) => (runningOf.get(client) ?? 0) < perClient);
      if (!turn) return;
      const [client, queue] = turn;
      const [waiting] = queue;
      queues.delete(client);
      if (!waiting) continue;
      queue.delete(waiting);
      if (queue.size > 0) queues.set(client, queue);
      waiting.start();
    }
  }

  function count(client: string, change: 1 | -1): void {
    running += change;
    const own = (runningOf.get(client) ?? 0) + change;
    if (own > 0) runningOf.set(client, own);
    else runningOf.delete(client);
  }

  function turnOf(client: string, signal: AbortSignal): Promise<void> {
    signal.throwIfAborted();
    return new Promise((resolve, reject) => {
      const queue = queues.get(client) ?? new Set();
      queues.set(client, queue);
      const waiting: Waiting = {
        start() {
          signal.removeEventListener('abort', giveUp);
          count(client, 1);
          resolve();
        },
      };
      const giveUp = () => {
        queue.delete(waiting);
        if (queue.size === 0 && queues.get(client) === queue) queues.delete(client);
        reject(signal.reason as Error);
      };
      signal.addEventListener('abort', giveUp, { once: true });
      queue.add(waiting);
      next();
    });
  }

  return {
    async run(client, signal, task) {
      await turnOf(client, signal);
      try {
        return await task();
      } finally {
        count(client, -1);
        next();
      }
    },
  };
}
