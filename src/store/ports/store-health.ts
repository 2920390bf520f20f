// What the service asks of a store about the store itself: whether it can keep an order, and when it could not.

/** `unavailable` may pass by itself: no connection, a full disk, read-only. `corrupt` does not. */
export type StoreFault = 'unavailable' | 'corrupt';

export interface StoreHealth {
  /**
   * Resolves once a small write is durable: a store that answers but cannot write is not ready. Rejects at once after
   * the database was found to be corrupt.
   */
  ping(): Promise<void>;
  /** Calls back when the store turns from working to a fault. Returns what ends it. */
  onFault(listener: (fault: StoreFault, cause: unknown) => void): () => void;
}
