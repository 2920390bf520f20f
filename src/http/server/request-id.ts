// What a request is called in its answer, its log lines and its problems.

import { randomBytes } from 'node:crypto';
import type { IncomingMessage } from 'node:http';

const REQUEST_ID = /^[\w.:-]{1,100}$/;

/** Names requests: as their X-Request-Id says where it is fit to be repeated, else by a name no other process gives. */
export function createRequestIds() {
  const prefix = `req_${randomBytes(6).toString('base64url')}-`;
  let count = 0;
  const create = () => prefix + (++count).toString(36);
  return {
    create,
    of({ headers }: Pick<IncomingMessage, 'headers'>): string {
      const given = headers['x-request-id'];
      return typeof given === 'string' && REQUEST_ID.test(given) ? given : create();
    },
  };
}
