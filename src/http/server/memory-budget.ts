// Limits the memory that large values use at the same time, and shares it between clients.

export interface MemoryGrant {
  /** Takes so many bytes more. False, and nothing taken, where they are not to be had now. */
  grow(bytes: number): boolean;
  /** Gives back all of it. May be called more than once. */
  readonly release: () => void;
}

export interface MemoryBudget {
  /** @param client whose share is used. */
  open(client: string): MemoryGrant;
}

/**
 * A client may use half of what the others leave: one alone half of everything, and the next half of the rest. So no
 * number of requests of one client takes the last byte from another.
 */
export function createMemoryBudget(totalBytes: number): MemoryBudget {
  const usedBy = new Map<string, number>();
  let used = 0;

  function add(client: string, bytes: number): void {
    used += bytes;
    const own = (usedBy.get(client) ?? 0) + bytes;
    if (own > 0) usedBy.set(client, own);
    else usedBy.delete(client);
  }

  return {
    open(client) {
      let held = 0;
      let released = false;
      return {
        grow(bytes) {
          const own = usedBy.get(client) ?? 0;
          if (released || own + bytes > (totalBytes - (used - own)) / 2) return false;
          held += bytes;
          add(client, bytes);
          return true;
        },
        release() {
          released = true;
          add(client, -held);
          held = 0;
        },
      };
    },
  };
}
