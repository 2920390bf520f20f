// Each scope of routes says once who may use it, and a route outside of any keeps the application from starting.

import Fastify, { type FastifyRequest } from 'fastify';
import { describe, expect, it } from 'vitest';
import {
  auditorPrincipal,
  clientPrincipal,
  operatorPrincipal,
  type Principal,
} from '../../../src/core/principal.ts';
import { type Authority, createScope, requireAuthority } from '../../../src/http/server/authority.ts';
import type { App } from '../../../src/http/server/context.ts';

const CALLERS: Readonly<Record<string, Principal>> = {
  client: clientPrincipal('studio', 'k1'),
  operator: operatorPrincipal('alice', 'k2'),
  auditor: auditorPrincipal('eve', 'k3'),
};

/** One link is good, one was. */
const LINKS = {
  verify: (_id: string, _index: number, { signature }: { readonly signature: string }) =>
    signature === 'good'
      ? ('valid' as const)
      : signature === 'old'
        ? ('expired' as const)
        : ('invalid' as const),
};

function createApp() {
  const app = Fastify() as unknown as App;
  app.decorateRequest('principal');
  app.setSerializerCompiler(() => (data) => JSON.stringify(data));
  app.decorateRequest('hasLink', false);
  requireAuthority(app);
  const scope = createScope(
    (request: FastifyRequest, _reply, done) => {
      const caller = CALLERS[String(request.headers['x-caller'])];
      if (!caller) return done(Object.assign(new Error('who?'), { statusCode: 401 }));
      request.principal = caller;
      done();
    },
    LINKS,
    { admit: () => undefined, giveBack: () => undefined },
    {},
  );
  app.setErrorHandler((error: { code?: string; statusCode?: number }, _request, reply) =>
    reply.code(error.statusCode ?? 403).send(error.code),
  );
  return { app, scope };
}

const withRoutes = async (api: App): Promise<void> => {
  api.get('/thing', async () => 'read');
  api.post('/thing', async () => 'written');
};

describe('a scope', () => {
  it.each<[Authority, caller: string, get: number, post: number]>([
    ['public', 'nobody', 200, 200],
    ['client', 'nobody', 401, 401],
    ['client', 'client', 200, 200],
    ['client', 'operator', 200, 200],
    ['client', 'auditor', 200, 403],
    ['operator', 'nobody', 401, 401],
    ['operator', 'client', 403, 403],
    ['operator', 'operator', 200, 200],
    ['operator', 'auditor', 200, 403],
  ])('of authority %s answers a %s with %i and %i', async (authority, caller, get, post) => {
    const { app, scope } = createApp();
    await app.register(scope(authority, withRoutes));
    const headers = { 'x-caller': caller };
    expect((await app.inject({ url: '/thing', headers })).statusCode).toBe(get);
    expect((await app.inject({ method: 'POST', url: '/thing', headers })).statusCode).toBe(post);
  });

  it('says whether an operator is needed or a key that may write', async () => {
    const { app, scope } = createApp();
    await app.register(scope('operator', withRoutes));
    const post = (caller: string) =>
      app.inject({ method: 'POST', url: '/thing', headers: { 'x-caller': caller } });
    expect((await post('client')).body).toBe('operator_required');
    expect((await post('auditor')).body).toBe('scope_missing');
  });
});

describe('an application', () => {
  it('does not start with a route that declares no authority, and names it', async () => {
    const { app, scope } = createApp();
    await app.register(scope('client', withRoutes));
    app.get('/forgotten', async () => 'anyone');
    await expect(app.ready()).rejects.toThrow(/GET \/forgotten/);
  });

  it('does not start with such a route in a plugin either', async () => {
    const { app, scope } = createApp();
    await app.register(scope('public', async () => undefined));
    await app.register(async (api) => {
      api.delete('/hidden', async () => 'anyone');
    });
    await expect(app.ready()).rejects.toThrow(/DELETE \/hidden/);
  });
});

it('lets a signed link in to the content it was made for, and a key in whatever the link says', async () => {
  const { app, scope } = createApp();
  const played = async (request: FastifyRequest) => (request.hasLink ? 'by link' : request.principal.name);
  await app.register(scope('content', async (api) => void api.get('/clips/:id', played)));
  const get = async (query: string, caller?: string) => {
    const headers = caller === undefined ? {} : { 'x-caller': caller, authorization: 'Bearer k' };
    const answer = await app.inject({ url: `/clips/job_1${query}`, headers });
    return [answer.statusCode, answer.body];
  };
  expect(await get('?index=0&exp=1&sig=good')).toEqual([200, 'by link']);
  expect(await get('?index=0&exp=1&sig=old')).toEqual([403, 'unauthorized']);
  expect(await get('?index=0&exp=1&sig=bad')).toEqual([403, 'unauthorized']);
  expect(await get('?index=0&sig=good')).toEqual([403, 'unauthorized']);
  expect(await get('?index=-1&exp=1&sig=good')).toEqual([403, 'unauthorized']);
  expect((await get(''))[0]).toBe(401);
  expect(await get('?index=0&exp=1&sig=bad', 'client')).toEqual([200, 'studio']);
  await app.close();
});
