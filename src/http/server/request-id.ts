// The request id, shared by the response, the log lines and the problem document.

import { randomBytes } from 'node:crypto';
import type { IncomingMessage } from 'node:http';

const REQUEST_ID = /^[\w.:-]{1,100}$/;

/** Creates request ids: a valid X-Request-Id is kept; otherwise an id that is unique across processes. */
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
