// Whether the key or session that a request came with still holds: asked while an answer goes on for hours.

import { hash } from 'node:crypto';
import type { FastifyRequest } from 'fastify';
import type { KnownKey } from '../../service/accounts/keys.ts';
import { type AuthenticatorParts, digestOfKey, findKeyProblem } from './auth.ts';
import { readSessionToken } from './session-cookie.ts';

/** For requests that were authenticated, and may read. Counts as no use of the session. */
export type StillAdmitted = (request: FastifyRequest) => Promise<boolean>;

/** Knows of a key that was revoked as soon as the next request with it would. */
export function createStillAdmitted({
  keys,
  sessions,
  clock,
}: Pick<AuthenticatorParts, 'keys' | 'sessions' | 'clock'>): StillAdmitted {
  async function findPresentKey(request: FastifyRequest): Promise<KnownKey | null> {
    const { authorization } = request.headers;
    const token = authorization === undefined ? readSessionToken(request) : null;
    if (token !== null) {
      const digest = hash('sha256', token, 'hex');
      const session = sessions.peek(digest) ?? (await sessions.find(digest));
      return session && clock() < session.endsAt ? session.key : null;
    }
    const digest = digestOfKey(authorization);
    return digest === null ? null : (keys.peekKey(digest) ?? keys.findKey(digest));
  }

  return async (request) => {
    // The anonymous client has no key that could be revoked.
    if (request.principal.keyId === null) return true;
    const key = await findPresentKey(request);
    return key !== null && !findKeyProblem(key, clock()) && key.principal.scopes.includes('read');
  };
}
