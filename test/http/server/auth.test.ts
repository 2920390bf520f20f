// Who a key names: the same principal each time it comes, and nobody for any other key, however alike.

import { createHash } from 'node:crypto';
import Fastify from 'fastify';
import { describe, expect, it } from 'vitest';
import { clientPrincipal } from '../../../src/core/principal.ts';
import { createAuthenticator } from '../../../src/http/server/auth.ts';
import { createFailedKeys } from '../../../src/http/server/failed-keys.ts';
import { createEnvKeys } from '../../../src/service/accounts/env-keys.ts';
import { createKeySource } from '../../../src/service/accounts/key-source.ts';
import { createKeys, type KeySource } from '../../../src/service/accounts/keys.ts';
import { createSessions } from '../../../src/service/accounts/sessions.ts';
import { createRecordedLog } from '../../support/silent-log.ts';

const digest = (key: string) => createHash('sha256').update(key).digest('hex');
const NAMED = createEnvKeys({
  clients: new Map([
    [digest('ck-studio-old'), 'studio'],
    [digest('ck-studio-new'), 'studio'],
    [digest('ck-lab'), 'lab'],
  ]),
  operators: new Map([
    [digest('op-me'), { name: 'me', readOnly: false }],
    [digest('op-eye'), { name: 'eye', readOnly: true }],
  ]),
});

const ENV = createKeySource({
  env: NAMED,
  store: { findKey: async () => null, getClient: async () => null },
});

function createAsker(
  source: KeySource,
  { isOpen = false, clock = () => 0 }: { isOpen?: boolean; clock?: () => number } = {},
) {
  const app = Fastify();
  app.decorateRequest('principal');
  const keys = createKeys(source, { clock, maxAgeMs: 5_000, max: 10 });
  const used: string[] = [];
  const usage = { note: (keyId: string) => void used.push(keyId) };
  const failedKeys = createFailedKeys(clock);
  const sessions = createSessions(
    {
      keys: source,
      store: {
        createSession: async () => undefined,
        findSession: async () => null,
        noteSessionUse: async () => undefined,
        endSession: async () => undefined,
      },
      randomBytes: () => new Uint8Array(32),
      log: createRecordedLog(),
    },
    { clock, maxAgeMs: 5_000, max: 10, lifeMs: 1, idleMs: 1, noteMs: 1, maxPerKey: 1 },
  );
  const parts = { keys, sessions, usage, failedKeys, clock, isOpen, publicUrl: undefined };
  app.addHook('onRequest', createAuthenticator(parts));
  app.setErrorHandler((error: { code: string }, _request, reply) => reply.code(401).send(error.code));
  app.get('/', async ({ principal: { kind, name, client } }) => ({ kind, name, client }));
  const ask = async (authorization?: string) => {
    const answer = await app.inject({
      url: '/',
      headers: authorization === undefined ? {} : { authorization },
    });
    return answer.statusCode === 200 ? answer.json() : answer.body;
  };
  return { ask, keys, used };
}

describe('the authenticator', () => {
  it('names the principal of a key, the first time and every other', async () => {
    const { ask } = createAsker(ENV);
    const studio = { kind: 'client', name: 'studio', client: 'studio' };
    for (let time = 0; time < 3; time++) {
      expect(await ask('Bearer ck-studio-old')).toEqual(studio);
      expect(await ask('bearer  ck-studio-new')).toEqual(studio);
      expect(await ask('Bearer ck-lab')).toEqual({ kind: 'client', name: 'lab', client: 'lab' });
      expect(await ask('Bearer op-me')).toEqual({ kind: 'operator', name: 'me', client: 'operator:me' });
      expect(await ask('Bearer op-eye')).toEqual({ kind: 'auditor', name: 'eye', client: 'auditor:eye' });
    }
  });

  it('refuses every other key, also after one that passed', async () => {
    const { ask } = createAsker(ENV);
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
    const { ask } = createAsker(ENV, { isOpen: true });
    for (const key of [undefined, 'Bearer whatever', 'Bearer whatever'])
      expect(await ask(key)).toEqual({ kind: 'client', name: 'anonymous', client: 'anonymous' });
    expect(await ask('Bearer op-me')).toEqual({ kind: 'operator', name: 'me', client: 'operator:me' });
  });

  it('refuses a key from the moment it expires, although it was looked up before', async () => {
    let now = 0;
    const source: KeySource = {
      findKey: async () => ({
        principal: clientPrincipal('studio', 'key_1'),
        source: 'store',
        expiresAt: 1_000,
        revoked: false,
      }),
    };
    const { ask } = createAsker(source, { clock: () => now });
    now = 999;
    expect(await ask('Bearer x')).toMatchObject({ name: 'studio' });
    now = 1_000;
    expect(await ask('Bearer x')).toBe('key_expired');
  });

  it('refuses a revoked key once it is evicted, and after five seconds where no eviction came', async () => {
    let now = 0;
    let revoked = false;
    const source: KeySource = {
      findKey: async () => ({
        principal: clientPrincipal('studio', 'key_1'),
        source: 'store',
        expiresAt: null,
        revoked,
      }),
    };
    const { ask, keys } = createAsker(source, { clock: () => now });
    expect(await ask('Bearer x')).toMatchObject({ name: 'studio' });
    revoked = true;
    now = 4_999;
    expect(await ask('Bearer x')).toMatchObject({ name: 'studio' });
    now = 5_000;
    expect(await ask('Bearer x')).toBe('key_revoked');
    revoked = false;
    keys.evict();
    expect(await ask('Bearer x')).toMatchObject({ name: 'studio' });
    revoked = true;
    keys.evict(digest('x'));
    expect(await ask('Bearer x')).toBe('key_revoked');
  });

  it('answers ten wrong keys of an address, also of a hundred that come at once', async () => {
    let asked = 0;
    const source: KeySource = {
      async findKey() {
        asked += 1;
        await new Promise((resolve) => setImmediate(resolve));
        return null;
      },
    };
    const { ask } = createAsker(source);
    const answers = await Promise.all(Array.from({ length: 100 }, (_, nth) => ask(`Bearer guess-${nth}`)));
    expect(answers.filter((code) => code === 'unauthorized')).toHaveLength(10);
    expect(answers.filter((code) => code === 'rate_limited')).toHaveLength(90);
    expect(asked).toBe(10);
  });

  it('slows the guessing of operator keys where no key is asked for, and no placeholder that comes again', async () => {
    const { ask } = createAsker(ENV, { isOpen: true });
    const anonymous = { kind: 'client', name: 'anonymous', client: 'anonymous' };
    for (let time = 0; time < 30; time++) expect(await ask('Bearer placeholder')).toEqual(anonymous);
    const answers = await Promise.all(Array.from({ length: 100 }, (_, nth) => ask(`Bearer guess-${nth}`)));
    expect(answers.filter((answer) => typeof answer === 'object')).toHaveLength(9);
    expect(answers.filter((code) => code === 'rate_limited')).toHaveLength(91);
    // The right one is not found out any more; who sends no key, or the placeholder, goes on.
    expect(await ask('Bearer op-me')).toBe('rate_limited');
    for (const key of [undefined, 'Bearer placeholder']) expect(await ask(key)).toEqual(anonymous);
  });

  it('answers with an error where the keys cannot be looked up', async () => {
    const { ask } = createAsker({
      findKey: () => Promise.reject(Object.assign(new Error('x'), { code: 'down' })),
    });
    expect(await ask('Bearer x')).toBe('down');
  });
});
