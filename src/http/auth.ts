// Who is calling: a bearer key looked up by its whole SHA-256, or nobody at all.

import { hash } from 'node:crypto';
import type { FastifyRequest } from 'fastify';
import { ClipgateError } from '../core/errors.ts';

declare module 'fastify' {
  interface FastifyRequest {
    /** The client a request acts for; set before any handler of a scope that asks for one. */
    clientId: string;
  }
}

/** The client every request belongs to where CLIENT_AUTH=none. */
const ANONYMOUS = 'anonymous';

/**
 * An onRequest hook that names the client or refuses.
 * @param clients name by SHA-256 (hex) of the key; null = everybody is the same client.
 */
export function createAuthenticator(clients: ReadonlyMap<string, string> | null) {
  return async (request: FastifyRequest): Promise<void> => {
    if (!clients) {
      request.clientId = ANONYMOUS;
      return;
    }
    const key = /^Bearer +(\S+)$/i.exec(request.headers.authorization ?? '')?.[1];
    // Looking up the digest takes the same time however much of a key is right.
    const name = key === undefined ? undefined : clients.get(hash('sha256', key, 'hex'));
    if (name === undefined) {
      throw new ClipgateError(
        'unauthorized',
        'Send a client key of this gateway as "Authorization: Bearer <key>".',
      );
    }
    request.clientId = name;
  };
}
