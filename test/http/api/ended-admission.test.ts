// Streams that go on for hours end with the key or session that opened them: nothing of what comes later is sent.

import { afterEach, beforeEach, expect, it } from 'vitest';
import { CLIP, type JobAnswer, readAs } from '../../support/clips.ts';
import { CLIENT_KEY, OPERATOR_KEY, startTestGateway, type TestGateway } from '../../support/gateway.ts';

let gateway: TestGateway;
let now = 0;
beforeEach(async () => {
  now = Date.now();
  gateway = await startTestGateway({ background: false, clock: () => now });
});
afterEach(() => gateway.close());

const asOperator = { authorization: `Bearer ${OPERATOR_KEY}`, 'content-type': 'application/json' };
const operate = (method: string, path: string, body: object | null = {}) =>
  gateway.request(path, {
    method,
    headers: asOperator,
    ...(body === null ? {} : { body: JSON.stringify(body) }),
  });

interface Made {
  readonly data: { readonly id: string };
  readonly key: string;
}
const makeKey = async (more: object = {}) =>
  readAs<Made>(await operate('POST', '/keys', { client: 'studio', ...more }));
const revoke = (id: string) =>
  gateway.request(`/keys/${id}`, { method: 'DELETE', headers: { authorization: asOperator.authorization } });

/** As a client that waits for the stream to be there. */
async function open(path: string, headers: Record<string, string>) {
  const answer = await fetch(`${gateway.url}${path}`, { headers });
  expect(answer.status).toBe(200);
  let text = '';
  const ended = (async () => {
    for await (const chunk of answer.body ?? []) text += Buffer.from(chunk).toString();
  })();
  await expect.poll(() => text).toContain('retry:');
  return { text: () => text, ended };
}
const bearer = (key: string) => ({ authorization: `Bearer ${key}` });
const order = async () => readAs<JobAnswer>(await gateway.post('/jobs', CLIP));

async function signIn(key: string): Promise<string> {
  const answer = await fetch(`${gateway.url}/console/session`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', origin: gateway.url },
    body: JSON.stringify({ key }),
  });
  return /^[^;]+/.exec(answer.headers.get('set-cookie') ?? '')?.[0] ?? '';
}

it.each<[string, () => Promise<{ headers: Record<string, string>; end: () => Promise<unknown> }>]>([
  [
    'a key that is revoked',
    async () => {
      const { key, data } = await makeKey();
      return { headers: bearer(key), end: () => revoke(data.id) };
    },
  ],
  [
    'a key that expires',
    async () => {
      const { key } = await makeKey({ expires_at: new Date(now + 60_000).toISOString() });
      return { headers: bearer(key), end: async () => (now += 60_000) };
    },
  ],
  [
    'a key that may no longer read',
    async () => {
      const { key, data } = await makeKey();
      return { headers: bearer(key), end: () => operate('PATCH', `/keys/${data.id}`, { scopes: ['write'] }) };
    },
  ],
  [
    "an operator's key that is revoked",
    async () => {
      const { key, data } = await makeKey({ client: 'mallory', scopes: ['operator'] });
      return { headers: bearer(key), end: () => revoke(data.id) };
    },
  ],
  [
    'a session that is signed out',
    async () => {
      const cookie = await signIn(CLIENT_KEY);
      const signOut = () =>
        fetch(`${gateway.url}/console/session`, {
          method: 'DELETE',
          headers: { cookie, origin: gateway.url },
        });
      return { headers: { cookie }, end: signOut };
    },
  ],
  [
    'a session whose key is revoked',
    async () => {
      const { key, data } = await makeKey();
      return { headers: { cookie: await signIn(key) }, end: () => revoke(data.id) };
    },
  ],
  [
    'a session that is too old',
    async () => ({
      headers: { cookie: await signIn(CLIENT_KEY) },
      end: async () => (now += 13 * 3_600_000),
    }),
  ],
])('%s ends its streams before the next event', async (_name, prepare) => {
  const { headers, end } = await prepare();
  const { id } = await order();
  const feed = await open('/jobs/events', headers);
  const job = await open(`/jobs/${id}/events`, headers);
  const control = await open('/jobs/events', bearer(CLIENT_KEY));
  await expect.poll(job.text).toContain('"status":"pending"');
  await end();
  // Seen by who may: both streams had something to tell.
  now += 1_000;
  await gateway.tick();
  await expect.poll(control.text).toContain('"status":"completed"');
  await Promise.all([feed.ended, job.ended]);
  expect(feed.text()).not.toContain('event: job');
  expect(job.text()).not.toContain('completed');
});
