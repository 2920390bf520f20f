// Authentication: turns the bearer key of a request into the principal it acts for.

import { hash } from 'node:crypto';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { ClipgateError } from '../../core/errors.ts';
import type { Principal } from '../../core/principal.ts';
import { NO_KEY } from '../../service/accounts/key-source.ts';
import type { KeyUsage } from '../../service/accounts/key-usage.ts';
import type { Keys, KnownKey } from '../../service/accounts/keys.ts';
import type { FailedKeys } from './failed-keys.ts';

declare module 'fastify' {
  interface FastifyRequest {
    /** Who a request acts for; set before any handler of a scope that authenticates. */
    principal: Principal;
  }
}

export interface AuthenticatorParts {
  readonly keys: Pick<Keys, 'findKey' | 'peekKey' | 'hasSeen'>;
  readonly usage: Pick<KeyUsage, 'note'>;
  readonly failedKeys: FailedKeys;
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

/**
 * An onRequest hook that sets `request.principal` or refuses: unauthorized, key_expired, key_revoked; rate_limited after
 * too many wrong keys of one address.
 */
export function createAuthenticator(parts: AuthenticatorParts): Authenticator {
  const { keys, usage, failedKeys, clock, isOpen } = parts;

  /** What is wrong with a known key, if anything. */
  function identify(request: FastifyRequest, key: KnownKey): ClipgateError | undefined {
    const { keyId } = key.principal;
    if (key.revoked) return new ClipgateError('key_revoked', `The key ${keyId} was revoked.`);
    // Compared at every request: a key that was looked up in time may have expired since.
    if (key.expiresAt !== null && clock() >= key.expiresAt) {
      return new ClipgateError('key_expired', `The key ${keyId} has expired.`);
    }
    if (key.source === 'store' && keyId !== null) usage.note(keyId);
    request.principal = key.principal;
    return undefined;
  }

  async function lookUp(request: FastifyRequest, digest: string): Promise<ClipgateError | undefined> {
    // Keys that were right before go on.
    if (keys.hasSeen(digest)) {
      const known = await keys.findKey(digest);
      if (known) return identify(request, known);
    }
    return failedKeys.inTurn(request.ip, () => tryKey(request, digest));
  }

  async function tryKey(request: FastifyRequest, digest: string): Promise<ClipgateError | undefined> {
    // Before the look-up, so that the right key is not found out either.
    const retryAfterS = failedKeys.retryAfterS(request.ip);
    if (retryAfterS > 0) {
      return new ClipgateError('rate_limited', 'Too many wrong keys came from this address.', {
        retryAfterS,
      });
    }
    const found = await keys.findKey(digest);
    if (found) return identify(request, found);
    failedKeys.note(request.ip);
    return unauthorized('The key in the Authorization header is unknown to this gateway.');
  }

  async function lookUpAnonymous(request: FastifyRequest): Promise<ClipgateError | undefined> {
    const found = keys.peekKey(NO_KEY) ?? (await keys.findKey(NO_KEY));
    return found ? identify(request, found) : unauthorized('This gateway asks for a key.');
  }

  return (request, _reply, done) => {
    const { authorization } = request.headers;
    const key = /^Bearer +(\S+)$/i.exec(authorization ?? '')?.[1];
    const digest = key === undefined ? null : hash('sha256', key, 'hex');
    // A promise would cost a short answer more than all else it does.
    const known = keys.peekKey(digest ?? NO_KEY);
    if (known && (digest !== null || isOpen)) return done(identify(request, known));
    if (!isOpen) {
      if (digest === null) return done(unauthorized(faultOf(authorization)));
      lookUp(request, digest).then(done, done);
      return;
    }
    // Where no key is asked for, one that is unknown is as good as none.
    const finding = digest === null ? Promise.resolve(null) : keys.findKey(digest);
    finding.then((found) => (found ? identify(request, found) : lookUpAnonymous(request))).then(done, done);
  };
}

const unauthorized = (message: string) => new ClipgateError('unauthorized', message);

/** What is wrong with an Authorization header without a key, and nothing of what stands in it. */
const faultOf = (header: string | undefined): string =>
  header
    ? 'The Authorization header is malformed: send "Bearer <key>" with a client key of this gateway.'
    : 'The Authorization header is missing: send "Authorization: Bearer <key>" with a client key of this gateway.';
