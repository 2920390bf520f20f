// How many requests a minute a key and its client may make, reads and writes apart; counted by each replica for itself.

import type { FastifyReply, FastifyRequest } from 'fastify';
import { LRUCache } from 'lru-cache';
import { type TokenBucket, type TokenTaken, takeToken } from '../../core/accounts/token-bucket.ts';
import { ClipgateError } from '../../core/errors.ts';
import type { AppliedLimits } from '../../core/principal.ts';

export interface RateLimiter {
  /** Takes one request of each limit, or none. Writes the `RateLimit` headers. @returns rate_limited where one is used up. */
  admit(request: FastifyRequest, reply: FastifyReply): ClipgateError | undefined;
  /** Gives back what a request took that was refused for another limit. */
  giveBack(request: FastifyRequest): void;
}

const MAX_BUCKETS = 20_000;
const isRead = (request: FastifyRequest) => request.method === 'GET' || request.method === 'HEAD';

interface Policy {
  readonly name: string;
  readonly bucket: string;
  readonly perMinute: number;
}

function policiesOf(request: FastifyRequest): Policy[] {
  const kind = isRead(request) ? 'reads' : 'writes';
  return request.principal.limits.flatMap(({ scope, line, requestsPerMinute }: AppliedLimits) =>
    requestsPerMinute === null
      ? []
      : [{ name: `${scope}-${kind}`, bucket: `${scope} ${line} ${kind}`, perMinute: requestsPerMinute }],
  );
}

/** @param monotonic milliseconds of any origin that never go back. */
export function createRateLimiter(monotonic: () => number): RateLimiter {
  const buckets = new LRUCache<string, TokenBucket>({ max: MAX_BUCKETS });

  return {
    admit(request, reply) {
      if (request.principal.limits.length === 0) return undefined;
      const policies = policiesOf(request);
      if (policies.length === 0) return undefined;
      const now = monotonic();
      const taken = policies.map((policy) => ({
        policy,
        result: takeToken(buckets.get(policy.bucket) ?? null, policy.perMinute, now),
      }));
      const refused = taken.filter(({ result }) => !result.allowed);
      // All or none: a refusal costs nothing.
      if (refused.length === 0) {
        for (const { policy, result } of taken) buckets.set(policy.bucket, result.bucket);
      }
      reply.header(
        'ratelimit-policy',
        policies.map(({ name, perMinute }) => `"${name}";q=${perMinute};w=60`).join(', '),
      );
      reply.header('ratelimit', taken.map(({ policy, result }) => describe(policy, result)).join(', '));
      if (refused.length === 0) return undefined;
      const retryInMs = Math.max(...refused.map(({ result }) => result.retryInMs));
      const names = refused.map(({ policy }) => `${policy.name}: ${policy.perMinute} a minute`).join(', ');
      return new ClipgateError('rate_limited', `Too many requests (${names}).`, {
        retryAfterS: Math.max(1, Math.ceil(retryInMs / 1000)),
      });
    },

    giveBack(request) {
      for (const { bucket, perMinute } of policiesOf(request)) {
        const known = buckets.get(bucket);
        if (known) buckets.set(bucket, { ...known, tokens: Math.min(perMinute, known.tokens + 1) });
      }
    },
  };
}

/** IETF draft-ietf-httpapi-ratelimit-headers: `r` requests are left, and in `t` seconds there are more. */
const describe = ({ name }: Policy, { remaining, retryInMs, fullInMs }: TokenTaken): string =>
  `"${name}";r=${remaining};t=${Math.ceil((remaining > 0 ? fullInMs : retryInMs) / 1000)}`;
