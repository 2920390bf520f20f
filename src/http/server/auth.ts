// Authentication: turns the bearer key of a request, or the session of a browser, into the principal it acts for.

import { hash } from 'node:crypto';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { LRUCache } from 'lru-cache';
import { ClipgateError } from '../../core/errors.ts';
import type { Principal } from '../../core/principal.ts';
import { NO_KEY } from '../../service/accounts/key-source.ts';
import type { KeyUsage } from '../../service/accounts/key-usage.ts';
import type { Keys, KnownKey } from '../../service/accounts/keys.ts';
import type { KnownSession, Sessions } from '../../service/accounts/sessions.ts';
import type { FailedKeys } from './failed-keys.ts';
import { findCrossOrigin, findForeignPage } from './same-origin.ts';
import { readSessionToken } from './session-cookie.ts';

declare module 'fastify' {
  interface FastifyRequest {
    /** Who a request acts for; set before any handler of a scope that authenticates. */
    principal: Principal;
  }
}

const MAX_PLACEHOLDERS = 10_000;

export interface AuthenticatorParts {
  readonly keys: Pick<Keys, 'findKey' | 'peekKey' | 'hasSeen'>;
  readonly sessions: Pick<Sessions, 'find' | 'peek' | 'hasSeen' | 'note'>;
  readonly usage: Pick<KeyUsage, 'note'>;
  readonly failedKeys: FailedKeys;
  /** Epoch milliseconds. */
  readonly clock: () => number;
  /** Where true, a request without a known key acts for the one anonymous client. */
  readonly isOpen: boolean;
  /** PUBLIC_URL: pages of this gateway may have its host. */
  readonly publicUrl: string | undefined;
}

export type Authenticator = (
  request: FastifyRequest,
  reply: FastifyReply,
  done: (error?: Error) => void,
) => void;

/** SHA-256 of the key in an Authorization header; null where none can be read in it. */
export function digestOfKey(authorization: string | undefined): string | null {
  const key = /^Bearer +(\S+)$/i.exec(authorization ?? '')?.[1];
  return key === undefined ? null : hash('sha256', key, 'hex');
}

/** What is wrong with a known key, if anything. */
export function findKeyProblem(
  { principal: { keyId }, revoked, expiresAt }: KnownKey,
  now: number,
): ClipgateError | undefined {
  if (revoked) return new ClipgateError('key_revoked', `The key ${keyId} was revoked.`);
  // Compared at every request: a key that was looked up in time may have expired since.
  if (expiresAt === null || now < expiresAt) return undefined;
  return new ClipgateError('key_expired', `The key ${keyId} has expired.`);
}

/**
 * Looks up what an address claims to know; null = it is unknown, and counted against the address. What was right before
 * goes on.
 * @throws ClipgateError rate_limited after too many such guesses.
 */
export async function findUnguessed<T>(
  { find, hasSeen }: { find(digest: string): Promise<T | null>; hasSeen(digest: string): boolean },
  digest: string,
  failed: FailedKeys,
  address: string,
): Promise<T | null> {
  const known = hasSeen(digest) ? await find(digest) : null;
  if (known) return known;
  return failed.inTurn(address, async () => {
    // Before the look-up, so that the right one is not found out either.
    const retryAfterS = failed.retryAfterS(address);
    if (retryAfterS > 0) {
      throw new ClipgateError(
        'rate_limited',
        'Too many requests with an invalid key came from this address.',
        { retryAfterS },
      );
    }
    const found = await find(digest);
    if (!found) failed.note(address);
    return found;
  });
}

/**
 * An onRequest hook that sets `request.principal` or refuses: unauthorized, key_expired, key_revoked, session_ended,
 * cross_origin; rate_limited after too many wrong keys of one address.
 */
export function createAuthenticator(parts: AuthenticatorParts): Authenticator {
  const { keys, sessions, usage, failedKeys, clock, isOpen, publicUrl } = parts;
  const lookups = { find: keys.findKey, hasSeen: keys.hasSeen };
  const placeholders = new LRUCache<string, true>({ max: MAX_PLACEHOLDERS });

  function identify(request: FastifyRequest, key: KnownKey): ClipgateError | undefined {
    const problem = findKeyProblem(key, clock());
    if (problem) return problem;
    const { keyId } = key.principal;
    if (key.source === 'store' && keyId !== null) usage.note(keyId);
    request.principal = key.principal;
    return undefined;
  }

  function resume(request: FastifyRequest, digest: string, session: KnownSession): ClipgateError | undefined {
    const { key, endsAt } = session;
    if (!key || clock() >= endsAt) return sessionEnded();
    const foreign = changesThings(request) ? findCrossOrigin(request, publicUrl) : undefined;
    const refusal = foreign ?? identify(request, key);
    if (!refusal) sessions.note(digest, session);
    return refusal;
  }

  async function lookUpKey(request: FastifyRequest, digest: string): Promise<ClipgateError | undefined> {
    const found = await findUnguessed(lookups, digest, failedKeys, request.ip);
    if (found) return identify(request, found);
    return unauthorized('The key in the Authorization header is unknown to this gateway.');
  }

  async function lookUpSession(request: FastifyRequest, digest: string): Promise<ClipgateError | undefined> {
    const found = await findUnguessed(sessions, digest, failedKeys, request.ip);
    return found ? resume(request, digest, found) : sessionEnded();
  }

  function admitAnonymous(request: FastifyRequest, anonymous: KnownKey): ClipgateError | undefined {
    const foreign = changesThings(request) ? findForeignPage(request, publicUrl) : undefined;
    return foreign ?? identify(request, anonymous);
  }

  async function lookUpAnonymous(request: FastifyRequest): Promise<ClipgateError | undefined> {
    const found = keys.peekKey(NO_KEY) ?? (await keys.findKey(NO_KEY));
    return found ? admitAnonymous(request, found) : unauthorized('This gateway asks for a key.');
  }

  /**
   * Where no key is asked for, one that is unknown is as good as none. It is a guess of an operator's all the same, but
   * for the placeholder that an SDK sends again and again.
   */
  async function lookUpOptionalKey(
    request: FastifyRequest,
    digest: string,
  ): Promise<ClipgateError | undefined> {
    const found = placeholders.has(digest)
      ? await keys.findKey(digest)
      : await findUnguessed(lookups, digest, failedKeys, request.ip);
    if (found) return identify(request, found);
    placeholders.set(digest, true);
    return lookUpAnonymous(request);
  }

  /** A browser without a session that holds is as good as one without any where no key is asked for. */
  async function useSession(request: FastifyRequest, digest: string): Promise<ClipgateError | undefined> {
    const refusal = await lookUpSession(request, digest);
    return isOpen && refusal?.code === 'session_ended' ? lookUpAnonymous(request) : refusal;
  }

  return (request, _reply, done) => {
    const { authorization } = request.headers;
    const token = authorization === undefined ? readSessionToken(request) : null;
    if (token !== null) {
      const digest = hash('sha256', token, 'hex');
      const known = sessions.peek(digest);
      const refusal = known ? resume(request, digest, known) : undefined;
      if (known && refusal?.code !== 'session_ended') return done(refusal);
      useSession(request, digest).then(done, done);
      return;
    }
    const digest = digestOfKey(authorization);
    // A promise would cost a short answer more than all else it does.
    const known = keys.peekKey(digest ?? NO_KEY);
    if (known && digest !== null) return done(identify(request, known));
    if (known && isOpen) return done(admitAnonymous(request, known));
    if (!isOpen) {
      if (digest === null) return done(unauthorized(faultOf(authorization)));
      lookUpKey(request, digest).then(done, done);
      return;
    }
    (digest === null ? lookUpAnonymous(request) : lookUpOptionalKey(request, digest)).then(done, done);
  };
}

const changesThings = ({ method }: FastifyRequest): boolean => method !== 'GET' && method !== 'HEAD';

const sessionEnded = () => new ClipgateError('session_ended', 'The session has ended. Sign in again.');

const unauthorized = (message: string) => new ClipgateError('unauthorized', message);

/** What is wrong with an Authorization header without a key, and nothing of what stands in it. */
const faultOf = (header: string | undefined): string =>
  header
    ? 'The Authorization header is malformed: send "Bearer <key>" with a client key of this gateway.'
    : 'The Authorization header is missing: send "Authorization: Bearer <key>" with a client key of this gateway.';
