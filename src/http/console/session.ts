// /console/session: a browser signs in with a key, asks who it is, and signs out.

import { hash } from 'node:crypto';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { z } from 'zod';
import { ClipgateError } from '../../core/errors.ts';
import type { Keys } from '../../service/accounts/keys.ts';
import type { Sessions } from '../../service/accounts/sessions.ts';
import { listOf } from '../api/schemas/list.ts';
import { problems } from '../api/schemas/problem.ts';
import { NoQuerySchema } from '../api/schemas/query.ts';
import { type Authenticator, findKeyProblem, findUnguessed } from '../server/auth.ts';
import type { App } from '../server/context.ts';
import type { FailedKeys } from '../server/failed-keys.ts';
import { findCrossOrigin } from '../server/same-origin.ts';
import { clearSessionCookie, readSessionToken, setSessionCookie } from '../server/session-cookie.ts';

export interface SessionRoutesParts {
  readonly authenticate: Authenticator;
  readonly keys: Pick<Keys, 'findKey' | 'hasSeen'>;
  readonly sessions: Pick<Sessions, 'open' | 'end'>;
  readonly failedKeys: FailedKeys;
  /** Epoch milliseconds. */
  readonly clock: () => number;
  readonly isOpen: boolean;
  readonly publicUrl: string | undefined;
  readonly version: string;
}

const SignInSchema = z
  .strictObject({
    key: z
      .string()
      .min(1)
      .max(512)
      .regex(/^\S+$/, 'must not contain spaces')
      .describe('A key of a client, an operator or an auditor.'),
  })
  .meta({ id: 'SignIn', examples: [{ key: 'ck-your-key' }] });

const WhoSchema = z
  .object({
    kind: z.enum(['client', 'operator', 'auditor']),
    name: z.string(),
    client: z.string().describe('The owner of the jobs that it orders.'),
    key_id: z.string().nullable().describe('null if this gateway requires no key.'),
    scopes: listOf(z.enum(['read', 'write'])),
  })
  .meta({ id: 'Who', description: 'The client, operator or auditor on whose behalf a request is made.' });

export const SessionSchema = z
  .object({
    who: WhoSchema.nullable().describe('null: not signed in; `reason` says why.'),
    reason: z
      .string()
      .nullable()
      .describe('The error code that other routes answer; null if `who` is not null.'),
    requires_key: z.boolean().describe('false: this gateway serves requests without a key.'),
    version: z.string().describe('The version of this gateway.'),
  })
  .meta({
    id: 'Session',
    description: 'The identity of a browser session or of a key.',
    examples: [
      {
        who: {
          kind: 'operator',
          name: 'alice',
          client: 'operator:alice',
          key_id: 'env_5f1c09ab77e2',
          scopes: ['read', 'write'],
        },
        reason: null,
        requires_key: true,
        version: '1.0.0',
      },
    ],
  });

/** Why a caller is not known, as far as that is no failure of the gateway. */
const UNKNOWN = new Set(['unauthorized', 'session_ended', 'key_revoked', 'key_expired']);

const digestOf = (secret: string) => hash('sha256', secret, 'hex');

/** For a scope that is public: each of these routes says itself who it answers. */
export function sessionRoutes(parts: SessionRoutesParts) {
  const { authenticate, keys, sessions, failedKeys, clock, isOpen, publicUrl, version } = parts;
  const lookups = { find: keys.findKey, hasSeen: keys.hasSeen };

  const recognize = (request: FastifyRequest, reply: FastifyReply): Promise<ClipgateError | null> =>
    new Promise((resolve, reject) => {
      authenticate(request, reply, (error) => {
        if (error === undefined) resolve(null);
        else if (error instanceof ClipgateError && UNKNOWN.has(error.code)) resolve(error);
        else reject(error);
      });
    });

  /** A page of another site must sign no browser in or out. Programs send neither header. */
  function refuseCrossOrigin(request: FastifyRequest): void {
    const { origin, 'sec-fetch-site': site } = request.headers;
    const problem = origin === undefined && site === undefined ? null : findCrossOrigin(request, publicUrl);
    if (problem) throw problem;
  }

  async function endPresent(request: FastifyRequest): Promise<void> {
    const token = readSessionToken(request);
    if (token !== null) await sessions.end(digestOf(token));
  }

  return async (app: App): Promise<void> => {
    app.post(
      '/console/session',
      {
        schema: {
          operationId: 'signIn',
          summary: 'Sign a browser in to the console with a key',
          description: `Answers a cookie (\`HttpOnly\`, \`SameSite=Strict\`) that every route accepts in place of the key, until
twelve hours have passed, two hours without a request, or the key is revoked or expires. With it, a request other than GET
needs an \`Origin\` of this gateway: 403 \`cross_origin\`. A session that the browser had before is ended.`,
          tags: ['accounts'],
          security: [],
          querystring: NoQuerySchema,
          body: SignInSchema,
          response: {
            204: z.null().describe('Signed in; the cookie is in `Set-Cookie`.'),
            ...problems(400, 401, 403, 405, 413, 415, 429, 500, 503),
          },
        },
      },
      async (request, reply) => {
        refuseCrossOrigin(request);
        const digest = digestOf(request.body.key);
        const found = await findUnguessed(lookups, digest, failedKeys, request.ip);
        if (!found) throw new ClipgateError('unauthorized', 'This gateway does not know this key.');
        const problem = findKeyProblem(found, clock());
        if (problem) throw problem;
        await endPresent(request);
        // Never a token that the browser brought, which prevents session fixation.
        const { token, expiresAt } = await sessions.open(digest);
        setSessionCookie(request, reply, token, Math.floor((expiresAt - clock()) / 1000));
        return reply.code(204).send(null);
      },
    );

    app.get(
      '/console/session',
      {
        schema: {
          operationId: 'getSession',
          summary: 'Who is signed in',
          description: 'Answers 200 with `who: null` and the reason if the caller is not signed in.',
          tags: ['accounts'],
          querystring: NoQuerySchema,
          response: { 200: SessionSchema, ...problems(400, 405, 429, 500, 503) },
        },
      },
      async (request, reply) => {
        const problem = await recognize(request, reply);
        const { principal } = request;
        return {
          who: problem
            ? null
            : {
                kind: principal.kind,
                name: principal.name,
                client: principal.client,
                key_id: principal.keyId,
                scopes: [...principal.scopes],
              },
          reason: problem?.code ?? null,
          requires_key: !isOpen,
          version,
        };
      },
    );

    app.delete(
      '/console/session',
      {
        schema: {
          operationId: 'signOut',
          summary: 'Sign a browser out',
          description: 'Ends the session of the cookie, on every replica, and clears the cookie.',
          tags: ['accounts'],
          security: [],
          querystring: NoQuerySchema,
          response: {
            204: z.null().describe('Signed out, or there was no session.'),
            ...problems(400, 403, 405, 500, 503),
          },
        },
      },
      async (request, reply) => {
        refuseCrossOrigin(request);
        await endPresent(request);
        clearSessionCookie(request, reply);
        return reply.code(204).send(null);
      },
    );
  };
}
