// Authority: each scope of routes declares once who may use it. A route outside of any such scope does not start.

import type { FastifyInstance, FastifyReply, FastifyRequest, RouteOptions } from 'fastify';
import { ClipgateError } from '../../core/errors.ts';
import type { Principal } from '../../core/principal.ts';
import { problems } from '../api/schemas/problem.ts';
import type { Authenticator } from './auth.ts';
import type { App } from './context.ts';

/** `public`: anyone, without a key. `client`: every key. `operator`: operators, and auditors as far as they read. */
export type Authority = 'public' | 'client' | 'operator';

declare module 'fastify' {
  interface FastifyContextConfig {
    readonly authority?: Authority;
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

/** @param authenticate runs before every request of a scope that is not public. */
export const createScope =
  (authenticate: Authenticator): Scope =>
  (authority, routes) =>
  async (app) => {
    app.addHook('onRoute', (route) => {
      route.config = { ...route.config, authority };
      if (authority !== 'public' && route.schema?.hide !== true) {
        const response = { ...problems(401, 403, 429), ...(route.schema?.response as object) };
        route.schema = { ...route.schema, response };
      }
    });
    if (authority !== 'public') {
      app.addHook('onRequest', authenticate);
      app.addHook('onRequest', (request: FastifyRequest, _reply: FastifyReply, done) =>
        done(findRefusal(authority, request.principal, request.method)),
      );
    }
    await routes(app);
  };

function findRefusal(authority: Authority, principal: Principal, method: string): ClipgateError | undefined {
  if (authority === 'operator' && principal.kind === 'client') return operatorRequired();
  const needed = method === 'GET' || method === 'HEAD' ? 'read' : 'write';
  if (principal.scopes.includes(needed)) return undefined;
  return new ClipgateError('scope_missing', 'This key may read and change nothing.');
}

export const operatorRequired = () =>
  new ClipgateError('operator_required', 'This route requires an operator key (OPERATOR_KEYS).');
