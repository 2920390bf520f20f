// Authority: each scope of routes declares once who may use it. A route outside of any such scope does not start.

import type { FastifyInstance, FastifyReply, FastifyRequest, RouteOptions } from 'fastify';
import { ClipgateError, type ErrorCode } from '../../core/errors.ts';
import { visibleTo } from '../../core/principal.ts';
import type { ContentLinks } from '../../service/clips/content-links.ts';
import type { Authenticator } from './auth.ts';
import type { App } from './context.ts';
import type { RateLimiter } from './rate-limit.ts';
import { readSessionToken } from './session-cookie.ts';

/**
 * `public`: anyone, without a key. `client`: every key. `content`: every key, or a signed link to the one clip that the
 * route's `id` and the query's `index` name. `operator`: operators, and auditors as far as they read.
 */
export type Authority = 'public' | 'client' | 'content' | 'operator';

declare module 'fastify' {
  interface FastifyContextConfig {
    readonly authority?: Authority;
    /** True for a POST that only asks. */
    readonly changesNothing?: boolean;
  }
  interface FastifyRequest {
    /** True for a request that a signed link admits, and that acts for no principal. */
    hasLink: boolean;
  }
}

/** Makes `ready` reject where a route registered after this declares no authority. */
export function requireAuthority(app: FastifyInstance): void {
  const routes: RouteOptions[] = [];
  app.addHook('onRoute', (route) => {
    routes.push(route);
  });
  app.addHook('onReady', async () => {
    const open = routes.filter(({ config }) => config?.authority === undefined);
    if (open.length === 0) return;
    const names = open.map(({ method, url }) => `${[method].flat().join('/')} ${url}`).join(', ');
    throw new Error(`Routes without an authority: ${names}. Register them in a scope that declares one.`);
  });
}

/** A plugin whose routes all have one authority. Scopes are siblings: they do not nest. */
export type Scope = (
  authority: Authority,
  routes: (app: App) => Promise<void>,
) => (app: App) => Promise<void>;

/**
 * @param authenticate runs before every request of a scope that is not public.
 * @param links the signed links that admit to content without a key.
 * @param limiter counts the requests of such a scope.
 * @param refusals what such a scope may be refused with, as its routes declare answers.
 */
export const createScope =
  (
    authenticate: Authenticator,
    links: Pick<ContentLinks, 'verify'>,
    limiter: RateLimiter,
    refusals: object,
  ): Scope =>
  (authority, routes) =>
  async (app) => {
    app.addHook('onRoute', (route) => {
      route.config = { ...route.config, authority };
      if (authority !== 'public' && route.schema?.hide !== true) {
        const response = { ...refusals, ...(route.schema?.response as object) };
        route.schema = { ...route.schema, response };
      }
    });
    if (authority !== 'public') {
      // One hook, and no promise where a key is known: a short answer notices either.
      app.addHook('onRequest', (request: FastifyRequest, reply: FastifyReply, done) => {
        const admit = (error?: Error) =>
          done(error ?? findRefusal(authority, request) ?? limiter.admit(request, reply));
        if (authority !== 'content') return authenticate(request, reply, admit);
        const link = readLink(request, links);
        request.hasLink = link === 'valid';
        if (request.hasLink) return done();
        // A key or a session counts whatever stands in the query; without one the link is what is wrong.
        const isLinkAlone =
          link !== 'none' &&
          request.headers.authorization === undefined &&
          readSessionToken(request) === null;
        return isLinkAlone ? done(linkRefused(link)) : authenticate(request, reply, admit);
      });
      // What runs already is looked at where a job is made, and a refusal costs nothing.
      app.addHook('onError', (request: FastifyRequest, _reply: FastifyReply, error: Error, done) => {
        if (error instanceof ClipgateError && COST_NOTHING.has(error.code)) limiter.giveBack(request);
        done();
      });
    }
    await routes(app);
  };

/** Refusals that count as no request. */
export const COST_NOTHING: ReadonlySet<ErrorCode> = new Set([
  'too_many_running_jobs',
  'too_many_waiting_jobs',
]);

type Link = ReturnType<ContentLinks['verify']> | 'none';

/** Fastify has read path and query by now, and validated neither. */
function readLink({ params, query }: FastifyRequest, links: Pick<ContentLinks, 'verify'>): Link {
  const { sig, exp, index = '0' } = query as Readonly<Record<string, unknown>>;
  if (sig === undefined && exp === undefined) return 'none';
  const { id } = params as { readonly id: string };
  if (typeof sig !== 'string' || !isWhole(exp) || !isWhole(index)) return 'invalid';
  return links.verify(id, Number(index), { expiresAt: Number(exp), signature: sig });
}

const isWhole = (text: unknown): boolean => typeof text === 'string' && /^\d{1,12}$/.test(text);

const linkRefused = (link: Link) =>
  new ClipgateError(
    'unauthorized',
    link === 'expired'
      ? 'The link has expired. Request GET /jobs/{id}?links=signed for a new one, or send a key.'
      : 'The signature of the link is not valid for this clip. Request GET /jobs/{id}?links=signed for a new link, or send a key.',
  );

/** Whose job a request may name; null = any: what an operator, or a link to that very clip, may see. */
export const ownerOf = (request: FastifyRequest): string | null =>
  request.hasLink ? null : visibleTo(request.principal);

/** What keeps an authenticated request from a route of this authority, if anything. */
export function findRefusal(authority: Authority, request: FastifyRequest): ClipgateError | undefined {
  const { principal, method, routeOptions } = request;
  if (authority === 'operator' && principal.kind === 'client') return operatorRequired();
  const reads = method === 'GET' || method === 'HEAD' || routeOptions.config.changesNothing === true;
  const needed = reads ? 'read' : 'write';
  if (principal.scopes.includes(needed)) return undefined;
  return new ClipgateError('scope_missing', `This key lacks the scope "${needed}".`);
}

export const operatorRequired = () =>
  new ClipgateError('operator_required', 'This route requires an operator key (OPERATOR_KEYS).');
