// Signing in to the console, over HTTP: one cookie for one key, useless to other sites, gone with the session or the key.

import { hash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { CLIP, type ProblemAnswer, readAs } from '../../support/clips.ts';
import {
  AUDITOR_KEY,
  CLIENT_KEY,
  OPERATOR_KEY,
  startTestGateway,
  type TestGateway,
  type TestGatewayOptions,
} from '../../support/gateway.ts';

interface SessionAnswer {
  readonly who: { readonly kind: string; readonly name: string } | null;
  readonly reason: string | null;
  readonly requires_key: boolean;
}

const HOUR_MS = 3_600_000;

let gateway: TestGateway;
let now = Date.now();
const start = async (options: TestGatewayOptions = {}) => {
  now = Date.now();
  gateway = await startTestGateway({ background: false, clock: () => now, ...options });
};
beforeEach(() => start());
afterEach(() => gateway.close());

/** As a browser without a key: fetch of its own, because the support's sends one. */
const browse = (
  path: string,
  { cookie = '', method = 'GET', body, ...headers }: Record<string, string> = {},
) =>
  fetch(`${gateway.url}${path}`, {
    method,
    headers: {
      ...(cookie === '' ? {} : { cookie }),
      ...(body === undefined ? {} : { 'content-type': 'application/json' }),
      ...headers,
    },
    ...(body === undefined ? {} : { body }),
  });
const own = () => ({ origin: gateway.url, 'sec-fetch-site': 'same-origin' });
const signInWith = (key: string, more: Record<string, string> = own()) =>
  browse('/console/session', { method: 'POST', body: JSON.stringify({ key }), ...more });
const cookieOf = (answer: Response) => /^[^;]+/.exec(answer.headers.get('set-cookie') ?? '')?.[0] ?? '';
async function signIn(key: string): Promise<string> {
  const answer = await signInWith(key);
  expect(answer.status).toBe(204);
  return cookieOf(answer);
}
const codeOf = async (answer: Response) => [answer.status, (await readAs<ProblemAnswer>(answer)).code];
const sessionOf = async (cookie: string) =>
  readAs<SessionAnswer>(await browse('/console/session', { cookie }));
const order = (cookie: string, more: Record<string, string> = own()) =>
  browse('/jobs', { cookie, method: 'POST', body: JSON.stringify(CLIP), ...more });

describe('a session', () => {
  it.each([
    ['client', 'studio', CLIENT_KEY, 202, 403],
    ['operator', 'alice', OPERATOR_KEY, 202, 200],
    ['auditor', 'eve', AUDITOR_KEY, 403, 200],
  ])('of a %s may what the key may, and no more', async (kind, name, key, bought, audited) => {
    const cookie = await signIn(key);
    expect(await sessionOf(cookie)).toMatchObject({ who: { kind, name }, reason: null, requires_key: true });
    expect((await browse('/models', { cookie })).status).toBe(200);
    expect((await browse('/audit', { cookie })).status).toBe(audited);
    expect((await order(cookie)).status).toBe(bought);
    expect(gateway.simulator.ledger()).toHaveLength(bought === 202 ? 1 : 0);
  });

  it('is in a cookie that no script and no other site gets, over https for this host alone', async () => {
    const plain = (await signInWith(CLIENT_KEY)).headers.get('set-cookie') ?? '';
    expect(plain).toMatch(/^clipgate_session=[\w-]{43}; Path=\/; HttpOnly; SameSite=Strict; Max-Age=43200$/);
    const origin = gateway.url.replace('http:', 'https:');
    const secure = (await signInWith(CLIENT_KEY, { origin })).headers.get('set-cookie') ?? '';
    expect(secure).toMatch(
      /^__Host-clipgate_session=[\w-]{43}; Path=\/; HttpOnly; SameSite=Strict; Max-Age=43200; Secure$/,
    );
    expect(
      (await browse('/jobs', { cookie: `a=b; ${cookieOf(await signInWith(CLIENT_KEY, { origin }))}` }))
        .status,
    ).toBe(200);
  });

  it('never takes a token that the browser brought, and ends the session before it', async () => {
    const planted = `clipgate_session=${'A'.repeat(43)}`;
    const fresh = cookieOf(await signInWith(CLIENT_KEY, { ...own(), cookie: planted }));
    expect(fresh).not.toBe(planted);
    expect((await browse('/jobs', { cookie: planted })).status).toBe(401);
    const next = cookieOf(await signInWith(OPERATOR_KEY, { ...own(), cookie: fresh }));
    expect(await codeOf(await browse('/jobs', { cookie: fresh }))).toEqual([401, 'session_ended']);
    expect(await sessionOf(next)).toMatchObject({ who: { kind: 'operator' } });
  });

  it('yields to a key that is sent beside it', async () => {
    const cookie = await signIn(OPERATOR_KEY);
    const headers = { cookie, authorization: `Bearer ${CLIENT_KEY}` };
    expect(await readAs(await browse('/account', headers))).toMatchObject({ kind: 'client' });
    const wrong = { cookie, authorization: 'Bearer ck-unknown' };
    expect(await codeOf(await browse('/account', wrong))).toEqual([401, 'unauthorized']);
  });

  it('is not a key: its token opens nothing as a bearer', async () => {
    const token = (await signIn(OPERATOR_KEY)).split('=')[1] ?? '';
    const answer = await browse('/account', { authorization: `Bearer ${token}` });
    expect(await codeOf(answer)).toEqual([401, 'unauthorized']);
  });

  it('ends when it is signed out, and takes its cookie with it', async () => {
    const cookie = await signIn(CLIENT_KEY);
    const other = await signIn(CLIENT_KEY);
    expect((await browse('/jobs', { cookie })).status).toBe(200);
    const left = await browse('/console/session', { method: 'DELETE', cookie, ...own() });
    expect(left.status).toBe(204);
    expect(left.headers.get('set-cookie')).toMatch(/^clipgate_session=; .*Max-Age=0$/);
    expect(await codeOf(await browse('/jobs', { cookie }))).toEqual([401, 'session_ended']);
    expect(await sessionOf(cookie)).toMatchObject({ who: null, reason: 'session_ended' });
    expect((await browse('/jobs', { cookie: other })).status).toBe(200);
    expect((await browse('/console/session', { method: 'DELETE', cookie, ...own() })).status).toBe(204);
  });

  it('ends twelve hours after it began however much it is used, and two hours after its last use', async () => {
    const [used, idle] = [await signIn(CLIENT_KEY), await signIn(CLIENT_KEY)];
    for (let hour = 1; hour < 12; hour++) {
      now += HOUR_MS;
      expect((await browse('/jobs', { cookie: used })).status).toBe(200);
      // What was written down is read when the memory of it is too old.
      now += 5_000;
      await expect.poll(async () => (await browse('/jobs', { cookie: used })).status).toBe(200);
      if (hour >= 2) expect((await browse('/jobs', { cookie: idle })).status).toBe(401);
    }
    now += HOUR_MS;
    expect(await codeOf(await browse('/jobs', { cookie: used }))).toEqual([401, 'session_ended']);
  });

  it('ends with its key: revoked or expired, on the next request', async () => {
    const make = async (expiresAt?: string) => {
      const answer = await gateway.post(
        '/keys',
        { client: 'studio', ...(expiresAt && { expires_at: expiresAt }) },
        { authorization: `Bearer ${OPERATOR_KEY}` },
      );
      return readAs<{ data: { id: string }; key: string }>(answer);
    };
    const revoked = await make();
    const expiring = await make(new Date(now + HOUR_MS).toISOString());
    const cookies = [await signIn(revoked.key), await signIn(expiring.key)] as const;
    for (const cookie of cookies) expect((await browse('/jobs', { cookie })).status).toBe(200);
    await gateway.request(`/keys/${revoked.data.id}`, {
      method: 'DELETE',
      headers: { authorization: `Bearer ${OPERATOR_KEY}` },
    });
    now += HOUR_MS;
    expect(await codeOf(await browse('/jobs', { cookie: cookies[0] }))).toEqual([401, 'key_revoked']);
    expect(await codeOf(await browse('/jobs', { cookie: cookies[1] }))).toEqual([401, 'key_expired']);
    expect(await sessionOf(cookies[0])).toMatchObject({ who: null, reason: 'key_revoked' });
    expect(await codeOf(await signInWith(revoked.key))).toEqual([401, 'key_revoked']);
  });
});

describe('another site', () => {
  const foreign: readonly Record<string, string>[] = [
    { origin: 'https://evil.example' },
    { origin: 'null' },
    { 'sec-fetch-site': 'cross-site' },
    { 'sec-fetch-site': 'same-site', origin: 'http://127.0.0.1:1' },
    {},
  ];

  it.each(foreign)('with %j changes nothing, even where the cookie came along', async (headers) => {
    const cookie = await signIn(OPERATOR_KEY);
    expect(await codeOf(await order(cookie, headers))).toEqual([403, 'cross_origin']);
    expect(
      await codeOf(
        await browse('/operations/pause', { cookie, method: 'POST', body: '{"reason":"x"}', ...headers }),
      ),
    ).toEqual([403, 'cross_origin']);
    expect(gateway.simulator.ledger()).toEqual([]);
    expect(await readAs(await browse('/readyz'))).toMatchObject({ checks: { submissions: { ok: true } } });
    expect((await browse('/jobs', { cookie, ...headers })).status).toBe(200);
  });

  it('signs no browser in or out', async () => {
    const cookie = await signIn(CLIENT_KEY);
    for (const headers of foreign.slice(0, 4)) {
      const inward = await signInWith(OPERATOR_KEY, headers);
      expect(inward.headers.get('set-cookie')).toBeNull();
      expect(await codeOf(inward)).toEqual([403, 'cross_origin']);
      const outward = await browse('/console/session', { method: 'DELETE', cookie, ...headers });
      expect(await codeOf(outward)).toEqual([403, 'cross_origin']);
    }
    expect((await browse('/jobs', { cookie })).status).toBe(200);
  });

  it('is not the public address of this gateway', async () => {
    await gateway.close();
    await start({ env: { PUBLIC_URL: 'https://clips.example' } });
    const cookie = await signIn(CLIENT_KEY);
    expect((await order(cookie, { origin: 'https://clips.example' })).status).toBe(202);
    expect((await order(cookie, { origin: 'https://clips.example.evil' })).status).toBe(403);
  });
});

describe('guessing', () => {
  it('at keys is slowed on the sign-in page as everywhere', async () => {
    for (let attempt = 0; attempt < 10; attempt++) {
      expect(await codeOf(await signInWith(`ck-guess-${attempt}`))).toEqual([401, 'unauthorized']);
    }
    const refused = await signInWith(CLIENT_KEY);
    expect(await codeOf(refused)).toEqual([429, 'rate_limited']);
    expect(Number(refused.headers.get('retry-after'))).toBeGreaterThan(0);
  });

  it('at sessions is slowed, and one that was right goes on', async () => {
    const cookie = await signIn(CLIENT_KEY);
    expect((await browse('/jobs', { cookie })).status).toBe(200);
    const guess = (n: number) =>
      browse('/jobs', { cookie: `clipgate_session=${String(n).padStart(43, 'x')}` });
    for (let attempt = 0; attempt < 10; attempt++)
      expect(await codeOf(await guess(attempt))).toEqual([401, 'session_ended']);
    expect(await codeOf(await guess(10))).toEqual([429, 'rate_limited']);
    expect((await browse('/jobs', { cookie })).status).toBe(200);
  });
});

it('says who nobody is, and takes only a key for a sign-in', async () => {
  expect(await sessionOf('')).toMatchObject({ who: null, reason: 'unauthorized', requires_key: true });
  for (const body of ['{}', '{"key":""}', '{"key":"a b"}', '{"key":"x","more":1}', '[]'])
    expect((await browse('/console/session', { method: 'POST', body, ...own() })).status).toBe(400);
  const form = await browse('/console/session', {
    method: 'POST',
    body: `key=${CLIENT_KEY}`,
    ...own(),
    'content-type': 'application/x-www-form-urlencoded',
  });
  expect(form.status).toBe(415);
});

it('where no key is asked for, everybody is the anonymous client, also with a session that has ended', async () => {
  await gateway.close();
  await start({ env: { CLIENT_AUTH: 'none', CLIENT_KEYS: '' } });
  expect(await sessionOf('')).toMatchObject({ who: { name: 'anonymous' }, requires_key: false });
  const cookie = await signIn(OPERATOR_KEY);
  expect(await sessionOf(cookie)).toMatchObject({ who: { name: 'alice' } });
  now += 13 * HOUR_MS;
  expect(await sessionOf(cookie)).toMatchObject({ who: { name: 'anonymous' } });
  expect((await browse('/jobs', { cookie })).status).toBe(200);
});

it('leaves neither key nor token in the log or in the database', async () => {
  const cookie = await signIn(CLIENT_KEY);
  const token = cookie.split('=')[1] ?? '';
  await order(cookie);
  await order(cookie, { origin: 'https://evil.example' });
  await signInWith('ck-canary-wrong-99aa');
  await browse('/console/session', { method: 'DELETE', cookie, ...own() });
  const second = (await signIn(CLIENT_KEY)).split('=')[1] ?? '';
  const folder = dirname(gateway.config.DATABASE_URL.slice('sqlite:'.length));
  const files = readdirSync(folder).filter((name) => name.startsWith('jobs.db'));
  const places = [...gateway.logLines, ...files.map((name) => readFileSync(`${folder}/${name}`, 'latin1'))];
  expect(gateway.logLines.length).toBeGreaterThan(4);
  expect(places.join('')).toContain(hash('sha256', second, 'hex'));
  for (const secret of [CLIENT_KEY, token, second, 'ck-canary-wrong-99aa']) {
    expect(places.filter((text) => text.includes(secret))).toEqual([]);
    expect(cookie).not.toContain(CLIENT_KEY);
  }
});
