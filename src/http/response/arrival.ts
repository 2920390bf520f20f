// Whether an answer reached the client that waits for it.

import type { FastifyReply } from 'fastify';

/**
 * Resolves once the connection is done with the answer: true where all of it was handed to the operating system.
 * @param status of an answer that counts: another one bought nothing.
 */
export function whetherArrived({ raw }: FastifyReply, status: number): Promise<boolean> {
  return new Promise((resolve) => {
    if (raw.closed) return resolve(false);
    // An answer to a connection that was reset a moment ago counts as written, and fails with its socket.
    raw.once('close', () =>
      resolve(raw.writableFinished && !raw.req.socket.errored && raw.statusCode === status),
    );
  });
}
