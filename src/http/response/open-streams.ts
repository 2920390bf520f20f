// Counts the connections that wait for news of jobs, so that one client leaves sockets for the others.

import { ClipgateError } from '../../core/errors.ts';

export interface OpenStreams {
  /**
   * Counts one of a client's. @returns what ends the count.
   * @throws ClipgateError too_many_streams.
   */
  open(client: string): () => void;
}

// A client that opens more than this has lost track of them.
export const MAX_STREAMS_PER_CLIENT = 2_500;
const RETRY_AFTER_S = 5;

export function createOpenStreams(maxPerClient: number): OpenStreams {
  const streams = new Map<string, number>();
  return {
    open(client) {
      const open = streams.get(client) ?? 0;
      if (open >= maxPerClient) {
        throw new ClipgateError(
          'too_many_streams',
          `${open} event streams and waits are open. Close some before you open another.`,
          { retryAfterS: RETRY_AFTER_S },
        );
      }
      streams.set(client, open + 1);
      let ended = false;
      return () => {
        if (ended) return;
        ended = true;
        const left = (streams.get(client) ?? 1) - 1;
        if (left > 0) streams.set(client, left);
        else streams.delete(client);
      };
    },
  };
}
