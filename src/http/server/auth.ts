// Who is calling: a bearer key known by its whole SHA-256, or nobody at all.

import { hash } from 'node:crypto';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { ANONYMOUS } from '../../core/client.ts';
import { ClipgateError } from '../../core/errors.ts';
import { clientPrincipal, operatorPrincipal, type Principal } from '../../core/principal.ts';

declare module 'fastify' {
  interface FastifyRequest {
    /** Who a request acts for; set before any handler of a scope that authenticates. */
    principal: Principal;
  }
}

/** The operator's name. @throws ClipgateError operator_required for everybody else. */
export function requireOperator({ principal }: FastifyRequest): string {
  if (principal.kind === 'operator') return principal.name;
  throw new ClipgateError('operator_required', 'This route requires an operator key (OPERATOR_KEYS).');
}

/**
 * An onRequest hook that names the client or refuses.
 * @param clients name by SHA-256 (hex) of the key; null = everybody is the same client.
 * @param operators name by SHA-256 (hex) of the key of those who may repair any client's jobs.
 */
export function createAuthenticator(
  clients: ReadonlyMap<string, string> | null,
  operators: ReadonlyMap<string, string> = new Map(),
) {
  // Hashing takes longer than everything else there is to a short answer. Only keys that have passed are kept, so never
  // more than are configured; and a map finds a key by a seeded hash of all of it, so how long a look takes tells
  // nothing of how much of a wrong one is right.
  const passed = new Map<string, Principal>();

  function callerOf(key: string): Principal | undefined {
    const before = passed.get(key);
    if (before) return before;
    const digest = hash('sha256', key, 'hex');
    const operator = operators.get(digest);
    const client = clients?.get(digest);
    const keyId = `env_${digest.slice(0, 12)}`;
    const caller =
      operator !== undefined
        ? operatorPrincipal(operator, keyId)
        : client !== undefined
          ? clientPrincipal(client, keyId)
          : undefined;
    if (caller) passed.set(key, caller);
    return caller;
  }

  function identify(request: FastifyRequest): ClipgateError | undefined {
    const { authorization } = request.headers;
    const key = /^Bearer +(\S+)$/i.exec(authorization ?? '')?.[1];
    const caller = key === undefined ? undefined : callerOf(key);
    if (!caller && clients) return new ClipgateError('unauthorized', faultOf(authorization, key));
    request.principal = caller ?? clientPrincipal(ANONYMOUS, null);
    return undefined;
  }

  // A promise would cost every request more than all it does.
  return (request: FastifyRequest, _reply: FastifyReply, done: (error?: Error) => void): void =>
    done(identify(request));
}

/** What is wrong with an Authorization header, and nothing of what stands in it. */
function faultOf(header: string | undefined, key: string | undefined): string {
  if (!header)
    return 'The Authorization header is missing: send "Authorization: Bearer <key>" with a client key of this gateway.';
  if (key === undefined)
    return 'The Authorization header is malformed: send "Bearer <key>" with a client key of this gateway.';
  return 'The key in the Authorization header is unknown to this gateway.';
}
