// Tells this process's watchers which jobs changed.

export interface JobEvents {
  /** Calls the watchers before anything that is resolved after it. Never throws. */
  announce(jobIds: readonly string[]): void;
  /** Returns what ends the subscription. */
  subscribe(listener: (jobId: string) => void): () => void;
}

export function createJobEvents(): JobEvents {
  const subscriptions = new Set<{ readonly listener: (jobId: string) => void }>();
  return {
    announce(jobIds) {
      for (const jobId of jobIds) {
        for (const subscription of subscriptions) {
          // In its own microtask: a watcher that throws must not pass for a failed write.
          queueMicrotask(() => {
            if (subscriptions.has(subscription)) subscription.listener(jobId);
          });
        }
      }
    },
    subscribe(listener) {
      // An object each, so that one function subscribed twice is two subscriptions.
      const subscription = { listener };
      subscriptions.add(subscription);
      return () => {
        subscriptions.delete(subscription);
      };
    },
  };
}
