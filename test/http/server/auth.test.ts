// Who a key names: the same caller each time it comes, and nobody for any other key, however alike.

import { createHash } from 'node:crypto';
import Fastify from 'fastify';
import { describe, expect, it } from 'vitest';
import { createAuthenticator } from '../../../src/http/server/auth.ts';

const digest = (key: string) => createHash('sha256').update(key).digest('hex');
const CLIENTS = new Map([
  [digest('ck-studio-old'), 'studio'],
  [digest('ck-studio-new'), 'studio'],
  [digest('ck-lab'), 'lab'],
]);
const OPERATORS = new Map([[digest('op-me'), 'me']]);

function createAsker(clients: typeof CLIENTS | null) {
  const app = Fastify();
  app.decorateRequest('principal');
  app.addHook('onRequest', createAuthenticator(clients, OPERATORS));
  app.setErrorHandler((error: { code: string }, _request, reply) => reply.code(401).send(error.code));
  app.get('/', async ({ principal: { kind, name, client } }) => ({ kind, name, client }));
  return async (authorization?: string) => {
    const answer = await app.inject({
      url: '/',
      headers: authorization === undefined ? {} : { authorization },
    });
    return answer.statusCode === 200 ? answer.json() : answer.body;
  };
}

describe('the authenticator', () => {
  it('names the caller of a key, the first time and every other', async () => {
    const ask = createAsker(CLIENTS);
    for (let time = 0; time < 3; time++) {
      expect(await ask('Bearer ck-studio-old')).toEqual({ kind: 'client', name: 'studio', client: 'studio' });
      expect(await ask('bearer  ck-studio-new')).toEqual({
        kind: 'client',
        name: 'studio',
        client: 'studio',
      });
      expect(await ask('Bearer ck-lab')).toEqual({ kind: 'client', name: 'lab', client: 'lab' });
      expect(await ask('Bearer op-me')).toEqual({ kind: 'operator', name: 'me', client: 'operator:me' });
    }
  });

  it('refuses every other key, also after one that passed', async () => {
    const ask = createAsker(CLIENTS);
    await ask('Bearer ck-lab');
    const others = [
      'Bearer ck-laB',
      'Bearer ck-la',
      'Bearer ck-lab2',
      `Bearer ${digest('ck-lab')}`,
      'ck-lab',
      'Basic ck-lab',
      '',
    ];
    for (const other of [...others, ...others, undefined]) expect(await ask(other)).toBe('unauthorized');
  });

  it('takes anybody for the one client there is without keys, and operators for themselves', async () => {
    const ask = createAsker(null);
    for (const key of [undefined, 'Bearer whatever', 'Bearer whatever'])
      expect(await ask(key)).toEqual({ kind: 'client', name: 'anonymous', client: 'anonymous' });
    expect(await ask('Bearer op-me')).toEqual({ kind: 'operator', name: 'me', client: 'operator:me' });
  });
});
