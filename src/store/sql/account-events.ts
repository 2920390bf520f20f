// Tells this process what remembers keys and clients that they changed.

export interface AccountEvents {
  /** Calls the listeners before it returns: what they forget is forgotten before the change is answered. */
  announce(): void;
  /** Returns what ends the subscription. */
  subscribe(listener: () => void): () => void;
}

export function createAccountEvents(): AccountEvents {
  const subscriptions = new Set<{ readonly listener: () => void }>();
  return {
    announce() {
      for (const { listener } of subscriptions) listener();
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
