// Keys at run time, over HTTP: made once, shown once, refused from the moment they are revoked; nothing half made.

import { createHash } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type ProblemAnswer, readAs } from '../../support/clips.ts';
import {
  AUDITOR_KEY,
  CLIENT_KEY,
  OPERATOR_KEY,
  startTestGateway,
  type TestGateway,
} from '../../support/gateway.ts';

interface KeyAnswer {
  readonly id: string;
  readonly [member: string]: unknown;
}
interface KeyPage {
  readonly data: readonly KeyAnswer[];
  readonly next_cursor: string | null;
}
interface MadeAnswer {
  readonly data: KeyAnswer;
  readonly key: string | null;
  readonly warnings: readonly { readonly code: string }[];
}

let gateway: TestGateway;
beforeAll(async () => {
  gateway = await startTestGateway({ background: false });
});
afterAll(() => gateway.close());

const as = (key: string) => ({ authorization: `Bearer ${key}` });
const send = (method: string, path: string, body?: unknown, headers: Record<string, string> = {}) =>
  gateway.request(path, {
    method,
    headers: {
      ...as(OPERATOR_KEY),
      ...(body === undefined ? {} : { 'content-type': 'application/json' }),
      ...headers,
    },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
const create = async (body: object = { client: 'studio' }, headers: Record<string, string> = {}) => {
  const answer = await send('POST', '/keys', body, headers);
  expect(answer.status).toBe(201);
  return { answer, made: await readAs<MadeAnswer>(answer) };
};
const statusWith = async (key: string | null, path = '/jobs') =>
  (await gateway.request(path, { headers: as(key ?? 'none') })).status;
const codeOf = async (answer: Response) => (await readAs<ProblemAnswer>(answer)).code;
const countKeys = async () =>
  (await readAs<{ data: KeyAnswer[] }>(await send('GET', '/keys?limit=100'))).data.length;

describe('a key', () => {
  it('is shown once, works at once, and is listed without itself', async () => {
    const { answer, made } = await create({ client: 'studio', name: 'render farm' });
    expect(made.key).toMatch(/^ck-[\w-]{43}$/);
    expect(answer.headers.get('location')).toBe(`/keys/${made.data.id}`);
    expect(made).toMatchObject({
      data: {
        client: 'studio',
        name: 'render farm',
        last4: made.key?.slice(-4),
        source: 'store',
        scopes: ['read', 'write'],
        created_by: 'alice',
        expires_at: null,
        revoked_at: null,
      },
      warnings: [],
    });
    expect(await statusWith(made.key)).toBe(200);
    await expect
      .poll(async () => (await readAs<KeyAnswer>(await send('GET', `/keys/${made.data.id}`)))['last_used_on'])
      .toBe(new Date().toISOString().slice(0, 10));
    const sha256 = createHash('sha256').update(String(made.key)).digest('hex');
    const texts = [
      await (await send('GET', '/keys?client=studio')).text(),
      await (await send('GET', `/keys/${made.data.id}`)).text(),
      await (await send('GET', '/audit?object=key')).text(),
      ...gateway.logLines,
    ];
    for (const text of texts) {
      expect(text).not.toContain(String(made.key));
      expect(text).not.toContain(sha256);
    }
  });

  it('is made once per Idempotency-Key, and not shown again', async () => {
    const before = await countKeys();
    const headers = { 'idempotency-key': 'make-1' };
    const { made } = await create({ client: 'studio' }, headers);
    const { answer, made: again } = await create({ client: 'studio' }, headers);
    expect(answer.headers.get('idempotent-replayed')).toBe('true');
    expect(again).toMatchObject({ data: { id: made.data.id }, key: null });
    expect(again.warnings.map(({ code }) => code)).toEqual(['key_shown_once']);
    const other = await send('POST', '/keys', { client: 'agency' }, headers);
    expect([other.status, await codeOf(other)]).toEqual([422, 'idempotency_key_reused']);
    expect(await countKeys()).toBe(before + 1);
  });

  it('may be brought as its hash', async () => {
    const key = 'a key of the holder';
    const { made } = await create({
      client: 'studio',
      sha256: createHash('sha256').update('a-key-of-the-holder').digest('hex'),
    });
    expect(made).toMatchObject({ key: null, data: { last4: null } });
    expect(await statusWith('a-key-of-the-holder')).toBe(200);
    expect(await statusWith(key.replaceAll(' ', '_'))).toBe(401);
  });

  it('that is revoked is refused from the next request on, by its id alone', async () => {
    const { made } = await create();
    expect(await statusWith(made.key)).toBe(200);
    expect((await send('DELETE', `/keys/${made.data.id}`)).status).toBe(204);
    const refused = await gateway.request('/jobs', { headers: as(String(made.key)) });
    expect(refused.status).toBe(401);
    const problem = await readAs<ProblemAnswer>(refused);
    expect(problem.code).toBe('key_revoked');
    expect(problem.detail).toContain(made.data.id);
    expect(JSON.stringify(problem)).not.toContain(made.key);
    expect((await send('DELETE', `/keys/${made.data.id}`)).status).toBe(204);
  });

  it('goes on for its grace after a rotation, and the new one works beside it', async () => {
    const { made: old } = await create({ client: 'studio', limits: { max_running_jobs: 4 } });
    const answer = await send('POST', `/keys/${old.data.id}/rotate`, { grace_s: 3600 });
    expect(answer.status).toBe(201);
    const made = await readAs<MadeAnswer>(answer);
    expect(made.data).toMatchObject({ client: 'studio', limits: { max_running_jobs: 4 } });
    expect([await statusWith(old.key), await statusWith(made.key)]).toEqual([200, 200]);
    const after = await readAs<KeyAnswer>(await send('GET', `/keys/${old.data.id}`));
    expect(after['replaced_by']).toBe(made.data.id);
    const twice = await send('POST', `/keys/${old.data.id}/rotate`, {});
    expect([twice.status, await codeOf(twice)]).toEqual([409, 'key_not_active']);

    const now = await send('POST', `/keys/${made.data.id}/rotate`, { grace_s: 0 });
    expect(now.status).toBe(201);
    const expired = await gateway.request('/jobs', { headers: as(String(made.key)) });
    expect([expired.status, await codeOf(expired)]).toEqual([401, 'key_expired']);
  });

  it('without write may look and not buy, and says so', async () => {
    const { made } = await create({ client: 'studio', scopes: ['read'] });
    expect(await statusWith(made.key)).toBe(200);
    const bought = await gateway.post('/jobs', { prompt: 'x' }, as(String(made.key)));
    expect([bought.status, await codeOf(bought)]).toEqual([403, 'scope_missing']);
    const widened = await send('PATCH', `/keys/${made.data.id}`, { scopes: ['read', 'write'] });
    expect(widened.status).toBe(200);
    expect((await gateway.post('/jobs', {}, as(String(made.key)))).status).toBe(400);
    expect(gateway.simulator.ledger()).toEqual([]);
  });

  it('of an operator or auditor acts for a person', async () => {
    const { made: operator } = await create({ client: 'bob', scopes: ['operator'] });
    const { made: auditor } = await create({ client: 'eve', scopes: ['auditor'] });
    expect(await statusWith(operator.key, '/keys')).toBe(200);
    expect(await statusWith(auditor.key, '/keys')).toBe(200);
    expect(await statusWith(auditor.key, '/audit')).toBe(200);
    const body = { client: 'studio' };
    const refused = await send('POST', '/keys', body, as(String(auditor.key)));
    expect([refused.status, await codeOf(refused)]).toEqual([403, 'scope_missing']);
    const made = await send('POST', '/keys', body, as(String(operator.key)));
    expect((await readAs<MadeAnswer>(made)).data['created_by']).toBe('bob');
    const turned = await send('PATCH', `/keys/${operator.data.id}`, { scopes: ['read'] });
    expect([turned.status, await codeOf(turned)]).toEqual([400, 'invalid_request']);
  });
});

describe('keys of variables', () => {
  it('are listed after the stored ones, and read-only', async () => {
    const ids: string[] = [];
    const listed: KeyAnswer[] = [];
    for (let path: string | null = '/keys?limit=3'; path !== null; ) {
      const page: KeyPage = await readAs<KeyPage>(await send('GET', path));
      listed.push(...page.data);
      path = page.next_cursor && `/keys?limit=3&cursor=${page.next_cursor}`;
    }
    ids.push(...listed.map(({ id }) => id));
    expect(new Set(ids).size).toBe(ids.length);
    const named = listed.filter((key) => key['source'] === 'env');
    expect(named.map((key) => key['client'])).toEqual(['studio', 'agency', 'alice', 'eve']);
    expect(ids.slice(-4)).toEqual(named.map(({ id }) => id));
    const [first] = named;
    for (const [method, path, body] of [
      ['PATCH', '', { name: 'x' }],
      ['DELETE', '', undefined],
      ['POST', '/rotate', {}],
    ] as const) {
      const answer = await send(method, `/keys/${first?.id}${path}`, body);
      expect([answer.status, await codeOf(answer)]).toEqual([409, 'key_read_only']);
    }
    const taken = { client: 'studio', sha256: createHash('sha256').update(CLIENT_KEY).digest('hex') };
    const answer = await send('POST', '/keys', taken);
    expect([answer.status, await codeOf(answer)]).toEqual([409, 'sha256_taken']);
  });
});

describe('nothing is made of', () => {
  const HASH = 'a'.repeat(64);
  it.each<[name: string, body: unknown, pointer: string]>([
    ['no client', {}, '/client'],
    ['an empty client', { client: '' }, '/client'],
    ['a client with a colon', { client: 'operator:x' }, '/client'],
    ['an overlong client', { client: 'a'.repeat(65) }, '/client'],
    ['an unknown field', { client: 'studio', budget: 1 }, '/budget'],
    ['no scope', { client: 'studio', scopes: [] }, '/scopes'],
    ['an unknown scope', { client: 'studio', scopes: ['admin'] }, '/scopes/0'],
    ['a scope twice', { client: 'studio', scopes: ['read', 'read'] }, '/scopes'],
    ['an operator who buys', { client: 'studio', scopes: ['operator', 'write'] }, '/scopes'],
    ['a past expiry', { client: 'studio', expires_at: '2020-01-01T00:00:00Z' }, '/expires_at'],
    ['an expiry without a zone', { client: 'studio', expires_at: '2030-01-01T00:00:00' }, '/expires_at'],
    ['an expiry in numbers', { client: 'studio', expires_at: 1_900_000_000 }, '/expires_at'],
    ['a short hash', { client: 'studio', sha256: HASH.slice(1) }, '/sha256'],
    ['an upper-case hash', { client: 'studio', sha256: HASH.toUpperCase() }, '/sha256'],
    ['a key in place of its hash', { client: 'studio', sha256: 'ck-secret' }, '/sha256'],
    ['no limit', { client: 'studio', limits: { max_running_jobs: 0 } }, '/limits/max_running_jobs'],
    ['half a job', { client: 'studio', limits: { max_running_jobs: 1.5 } }, '/limits/max_running_jobs'],
    ['an unknown limit', { client: 'studio', limits: { tokens: 1 } }, '/limits/tokens'],
    ['limits as a number', { client: 'studio', limits: 5 }, '/limits'],
    ['models as a list', { client: 'studio', models: ['a/b'] }, '/models'],
    ['a bad model', { client: 'studio', models: { allow: ['everything'] } }, '/models/allow/0'],
    ['an empty allow list', { client: 'studio', models: { allow: [] } }, '/models/allow'],
    ['a name with a line break', { client: 'studio', name: 'a\nb' }, '/name'],
  ])('%s', async (_name, body, pointer) => {
    const before = await countKeys();
    const answer = await send('POST', '/keys', body);
    expect(answer.status).toBe(400);
    const problem = await readAs<ProblemAnswer & { errors: { pointer: string }[] }>(answer);
    expect(problem.code).toBe('invalid_request');
    expect(problem.errors.map((error) => error.pointer)).toContain(pointer);
    expect(await countKeys()).toBe(before);
  });

  it.each([
    ['GET', '/keys/key_none'],
    ['GET', `/keys/key_${'0'.repeat(26)}`],
    ['PATCH', `/keys/key_${'0'.repeat(26)}`],
    ['DELETE', `/keys/key_${'0'.repeat(26)}`],
    ['POST', `/keys/key_${'0'.repeat(26)}/rotate`],
  ])('%s %s', async (method, path) => {
    const answer = await send(method, path, method === 'GET' || method === 'DELETE' ? undefined : {});
    expect([answer.status, await codeOf(answer)]).toEqual([404, 'not_found']);
  });

  it('anything a client asks for', async () => {
    const answers = await Promise.all([
      send('POST', '/keys', { client: 'studio' }, as(CLIENT_KEY)),
      send('GET', '/keys', undefined, as(CLIENT_KEY)),
      send('GET', '/audit', undefined, as(CLIENT_KEY)),
    ]);
    for (const answer of answers)
      expect([answer.status, await codeOf(answer)]).toEqual([403, 'operator_required']);
    expect((await send('GET', '/keys', undefined, as(AUDITOR_KEY))).status).toBe(200);
  });
});

describe('guessing', () => {
  it('is slowed after ten wrong keys, and keys that were right before go on', async () => {
    const guessed = await startTestGateway({ background: false });
    try {
      const ask = async (key: string) => (await guessed.request('/jobs', { headers: as(key) })).status;
      expect(await ask(CLIENT_KEY)).toBe(200);
      const statuses: number[] = [];
      for (let nth = 0; nth < 12; nth += 1) statuses.push(await ask(`guess-${nth}`));
      expect(statuses.slice(0, 10)).toEqual(Array.from({ length: 10 }, () => 401));
      expect(statuses.slice(10)).toEqual([429, 429]);
      // The right key is not found out either while the address waits.
      expect(await ask(OPERATOR_KEY)).toBe(429);
      expect(await ask(CLIENT_KEY)).toBe(200);
      const line = guessed.logLines.find((text) => text.includes('"status":429'));
      expect(line).toContain('"client.address":"127.0.0.1"');
      expect(guessed.logLines.join('')).not.toContain('guess-');
    } finally {
      await guessed.close();
    }
  });
});
