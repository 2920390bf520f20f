// Two gateways on one PostgreSQL: a key that one revokes, and a session that one ends, are refused by the other within
// five seconds.

import { createHash } from 'node:crypto';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { type PostgresServer, startPostgres } from '../store/postgres/postgres-server.ts';
import { createFolder, envOf, openUpstream, PATIENT, runGateway } from './gateway-process.ts';

const OPERATOR_KEY = 'op-of-two-replicas';

let server: PostgresServer;
beforeAll(async () => {
  server = await startPostgres();
});
afterAll(() => server.stop());

const send = (url: string, method: string, path: string, key: string, body?: object) =>
  fetch(`${url}${path}`, {
    method,
    headers: {
      authorization: `Bearer ${key}`,
      ...(body && { 'content-type': 'application/json' }),
    },
    ...(body && { body: JSON.stringify(body) }),
  });

/** The cookie of a new session. */
async function signIn(url: string, key: string): Promise<string> {
  const answer = await fetch(`${url}/console/session`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', origin: url },
    body: JSON.stringify({ key }),
  });
  expect(answer.status).toBe(204);
  return /^[^;]+/.exec(answer.headers.get('set-cookie') ?? '')?.[0] ?? '';
}

const statusIn = async (url: string, cookie: string) =>
  (await fetch(`${url}/jobs`, { headers: { cookie } })).status;

it('revoked on one, refused on both, also where the listening connection was cut', PATIENT, async () => {
  const upstream = await openUpstream();
  const DATABASE_URL = await server.createDatabase();
  const env = {
    ...envOf(createFolder(), upstream.apiUrl),
    CLIENT_AUTH: 'keys',
    OPERATOR_KEYS: `ops:${createHash('sha256').update(OPERATOR_KEY).digest('hex')}`,
    DATABASE_URL,
  };
  const [one, other] = await Promise.all([runGateway(env), runGateway(env)]);

  for (const isCut of [false, true]) {
    const made = await send(one.url, 'POST', '/keys', OPERATOR_KEY, { client: 'studio' });
    expect(made.status).toBe(201);
    const { data, key } = (await made.json()) as { data: { id: string }; key: string };
    const statusOn = async (url: string) => (await send(url, 'GET', '/jobs', key)).status;
    const [signedOut, bound] = [await signIn(one.url, key), await signIn(one.url, key)];
    // Both have them in memory.
    for (const url of [one.url, other.url]) {
      expect([await statusOn(url), await statusIn(url, signedOut), await statusIn(url, bound)]).toEqual([
        200, 200, 200,
      ]);
    }
    if (isCut) {
      await server.query(
        DATABASE_URL,
        "select pg_terminate_backend(pid) from pg_stat_activity where application_name = 'clipgate listener'",
      );
    }
    const headers = { cookie: signedOut, origin: one.url };
    const left = await fetch(`${one.url}/console/session`, { method: 'DELETE', headers });
    expect(left.status).toBe(204);
    const endedAt = performance.now();
    expect(await statusIn(one.url, signedOut)).toBe(401);
    await expect.poll(() => statusIn(other.url, signedOut), { timeout: 10_000, interval: 20 }).toBe(401);
    expect(performance.now() - endedAt).toBeLessThan(5_000);

    expect((await send(one.url, 'DELETE', `/keys/${data.id}`, OPERATOR_KEY)).status).toBe(204);
    const revokedAt = performance.now();
    expect(await statusOn(one.url)).toBe(401);
    await expect.poll(() => statusOn(other.url), { timeout: 10_000, interval: 20 }).toBe(401);
    expect(performance.now() - revokedAt).toBeLessThan(5_000);
    expect(await (await send(other.url, 'GET', '/jobs', key)).json()).toMatchObject({ code: 'key_revoked' });
    await expect.poll(() => statusIn(other.url, bound), { timeout: 10_000, interval: 20 }).toBe(401);
    expect(performance.now() - revokedAt).toBeLessThan(5_000);
    const refused = await fetch(`${other.url}/jobs`, { headers: { cookie: bound } });
    expect(await refused.json()).toMatchObject({ code: 'key_revoked' });
  }
});
