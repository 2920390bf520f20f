// Authentication: turns the bearer key of a request into the principal it acts for.

import { hash } from 'node:crypto';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { ANONYMOUS } from '../../core/client.ts';
import { ClipgateError } from '../../core/errors.ts';
import { clientPrincipal, type Principal } from '../../core/principal.ts';
import type { Keys, KnownKey } from '../../service/clients/keys.ts';

declare module 'fastify' {
  interface FastifyRequest {
    /** Who a request acts for; set before any handler of a scope that authenticates. */
    principal: Principal;
  }
}

export interface AuthenticatorParts {
  readonly keys: Pick<Keys, 'findKey' | 'peekKey'>;
  /** Epoch milliseconds. */
  readonly clock: () => number;
  /** Where true, a request without a known key acts for the one anonymous client. */
  readonly isOpen: boolean;
}

export type Authenticator = (
  request: FastifyRequest,
  reply: FastifyReply,
  done: (error?: Error) => void,
) => void;

const ANYBODY = clientPrincipal(ANONYMOUS, null);

/** An onRequest hook that sets `request.principal` or refuses: unauthorized, key_expired, key_revoked. */
export function createAuthenticator({ keys, clock, isOpen }: AuthenticatorParts): Authenticator {
  /** What is wrong with the request, if anything. */
  function identify(request: FastifyRequest, key: KnownKey | null): ClipgateError | undefined {
    if (key === null) {
      if (!isOpen) return unauthorized('The key in the Authorization header is unknown to this gateway.');
      request.principal = ANYBODY;
      return undefined;
    }
    const { keyId } = key.principal;
    if (key.revoked) return new ClipgateError('key_revoked', `The key ${keyId} was revoked.`);
    // Compared at every request: a key that was looked up in time may have expired since.
    if (key.expiresAt !== null && clock() >= key.expiresAt) {
      return new ClipgateError('key_expired', `The key ${keyId} has expired.`);
    }
    request.principal = key.principal;
    return undefined;
  }

  return (request, _reply, done) => {
    const { authorization } = request.headers;
    const key = /^Bearer +(\S+)$/i.exec(authorization ?? '')?.[1];
    if (key === undefined)
      return done(isOpen ? identify(request, null) : unauthorized(faultOf(authorization)));
    const digest = hash('sha256', key, 'hex');
    // A promise would cost a short answer more than all else it does.
    const known = keys.peekKey(digest);
    if (known) return done(identify(request, known));
    keys.findKey(digest).then((found) => done(identify(request, found)), done);
  };
}

const unauthorized = (message: string) => new ClipgateError('unauthorized', message);

/** What is wrong with an Authorization header without a key, and nothing of what stands in it. */
const faultOf = (header: string | undefined): string =>
  header
    ? 'The Authorization header is malformed: send "Bearer <key>" with a client key of this gateway.'
    : 'The Authorization header is missing: send "Authorization: Bearer <key>" with a client key of this gateway.';
