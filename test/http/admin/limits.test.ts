// What keys and clients may do, over HTTP: models, requests a minute, jobs at once, and the secrets that sign callbacks.

import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { NO_LIMITS } from '../../../src/core/accounts/key.ts';
import { slotsOf } from '../../../src/service/orders/access.ts';
import { CLIP, type ProblemAnswer, readAs } from '../../support/clips.ts';
import {
  CLIENT_KEY,
  OPERATOR_KEY,
  OTHER_CLIENT_KEY,
  startTestGateway,
  type TestGateway,
} from '../../support/gateway.ts';

interface JobAnswer {
  readonly id: string;
  readonly status: string;
  readonly status_detail: string | null;
  readonly model: string;
}
interface RouteAnswer {
  readonly candidates: readonly { readonly model: string }[];
  readonly rejected: readonly {
    readonly model: string;
    readonly reasons: readonly { readonly code: string }[];
  }[];
}

let gateway: TestGateway;
beforeEach(async () => {
  gateway = await startTestGateway({
    background: false,
    env: { SECRETS_KEY: 'canary-secrets-key-of-32-characters!' },
  });
});
afterEach(() => gateway.close());

const as = (key: string) => ({ authorization: `Bearer ${key}` });
const send = (method: string, path: string, body: unknown, key = OPERATOR_KEY) =>
  gateway.request(path, {
    method,
    headers: { ...as(key), 'content-type': 'application/json' },
    body: JSON.stringify(body),
  });
const put = async (body: object, client = 'studio') => {
  const answer = await send('PUT', `/clients/${client}`, body);
  expect(answer.status).toBe(200);
  return answer;
};
const createKey = async (body: object): Promise<string> => {
  const answer = await send('POST', '/keys', { client: 'studio', ...body });
  expect(answer.status).toBe(201);
  return String((await readAs<{ key: string }>(answer)).key);
};
const problemOf = async (answer: Response) => {
  const { code } = await readAs<ProblemAnswer>(answer);
  return [answer.status, code];
};
const order = (key = CLIENT_KEY, headers: Record<string, string> = {}, body: object = CLIP) =>
  gateway.post('/jobs', body, { ...as(key), ...headers });
const ASYNC = { prefer: 'respond-async' };

describe('models', () => {
  it('of a client hold for keys of variables: others are refused by name, and never picked', async () => {
    await put({ models: { allow: ['google/*'], deny: ['google/veo-3.1'] } });
    const refused = await order(CLIENT_KEY, {}, { ...CLIP, model: 'bytedance/seedance-2.0' });
    expect(await problemOf(refused)).toEqual([403, 'model_not_allowed']);
    const denied = await order(CLIENT_KEY, {}, { ...CLIP, model: 'google/veo-3.1' });
    expect(await problemOf(denied)).toEqual([403, 'model_not_allowed']);
    expect(gateway.simulator.ledger()).toEqual([]);

    const route = await readAs<RouteAnswer>(await gateway.post('/route', { prompt: 'a fox' }));
    const models = route.candidates.map(({ model }) => model);
    expect(models.length).toBeGreaterThan(0);
    expect(models.filter((model) => !model.startsWith('google/') || model === 'google/veo-3.1')).toEqual([]);
    const codes = new Set(
      route.rejected
        .filter(({ model }) => !model.startsWith('google/'))
        .flatMap(({ reasons }) => reasons.map(({ code }) => code)),
    );
    expect(codes).toContain('not_allowed');
    const bought = await readAs<JobAnswer>(await order(CLIENT_KEY, {}, { prompt: 'a fox' }));
    expect(bought.model).toMatch(/^google\//);
    // The list of models names those that may be used, and no other.
    const list = await readAs<{ data: { id: string }[] }>(await gateway.request('/models'));
    const listed = list.data.map(({ id }) => id);
    expect(listed).toEqual(expect.arrayContaining(models));
    expect(listed.filter((id) => !id.startsWith('google/') || id === 'google/veo-3.1')).toEqual([]);
    expect((await gateway.request(`/models/${bought.model}`)).status).toBe(200);
    const hidden = await gateway.request('/models/google/veo-3.1');
    expect(await problemOf(hidden)).toEqual([403, 'model_not_allowed']);
    const whole = await readAs<{ data: { id: string }[] }>(
      await gateway.request('/models', { headers: as(OTHER_CLIENT_KEY) }),
    );
    expect(whole.data.map(({ id }) => id)).toContain('google/veo-3.1');

    // The other client may still choose freely.
    const free = await order(OTHER_CLIENT_KEY, {}, { ...CLIP, model: 'bytedance/seedance-2.0', duration: 5 });
    expect([202, 422]).toContain(free.status);
  });

  it('of a key narrow those of its client', async () => {
    await put({ models: { allow: ['google/*', 'bytedance/*'] } });
    const key = await createKey({ models: { deny: ['google/*'] } });
    const answer = await gateway.post('/route', { prompt: 'a fox' }, as(key));
    const route = await readAs<RouteAnswer>(answer);
    expect(route.candidates.filter(({ model }) => !model.startsWith('bytedance/'))).toEqual([]);
  });
});

describe('requests a minute', () => {
  it('are counted for reads and writes apart, told in headers, and cost nothing once refused', async () => {
    const key = await createKey({ limits: { requests_per_minute: 2 } });
    const read = () => gateway.request('/models', { headers: as(key) });
    const first = await read();
    expect(first.headers.get('ratelimit-policy')).toBe('"key-reads";q=2;w=60');
    expect(first.headers.get('ratelimit')).toMatch(/^"key-reads";r=1;t=\d+$/);
    expect((await read()).status).toBe(200);
    const refused = await read();
    expect(await problemOf(refused)).toEqual([429, 'rate_limited']);
    expect(refused.headers.get('ratelimit')).toMatch(/;r=0;t=\d+$/);
    const retryAfter = Number(refused.headers.get('retry-after'));
    expect(retryAfter).toBeGreaterThan(0);
    expect(retryAfter).toBeLessThanOrEqual(30);
    // Writes have a budget of their own, and other keys theirs.
    expect((await order(key, {}, {})).status).toBe(400);
    expect((await gateway.request('/models')).headers.has('ratelimit')).toBe(false);
  });

  it('of a key are shared by the keys that a rotation put in its place', async () => {
    const made = await send('POST', '/keys', { client: 'studio', limits: { requests_per_minute: 2 } });
    const old = await readAs<{ key: string; data: { id: string } }>(made);
    const rotated = await send('POST', `/keys/${old.data.id}/rotate`, {});
    const { key } = await readAs<{ key: string }>(rotated);
    const read = async (which: string) => (await gateway.request('/models', { headers: as(which) })).status;
    expect([await read(old.key), await read(key), await read(old.key), await read(key)]).toEqual([
      200, 200, 429, 429,
    ]);
  });

  it('of a client are shared by its keys', async () => {
    await put({ limits: { requests_per_minute: 3 } });
    const other = await createKey({});
    const statuses: number[] = [];
    for (const key of [CLIENT_KEY, other, CLIENT_KEY, other, CLIENT_KEY]) {
      statuses.push((await gateway.request('/models', { headers: as(key) })).status);
    }
    expect(statuses).toEqual([200, 200, 200, 429, 429]);
    expect((await gateway.request('/models', { headers: as(OTHER_CLIENT_KEY) })).status).toBe(200);
  });
});

describe('jobs at once', () => {
  it('of a key are shared by the keys that a rotation put in its place', async () => {
    const made = await send('POST', '/keys', { client: 'studio', limits: { max_running_jobs: 1 } });
    const old = await readAs<{ key: string; data: { id: string } }>(made);
    const waiting = await readAs<JobAnswer>(await order(old.key));
    const rotated = await send('POST', `/keys/${old.data.id}/rotate`, {});
    const { key } = await readAs<{ key: string }>(rotated);
    expect(await problemOf(await order(key))).toEqual([429, 'too_many_running_jobs']);
    const queued = await readAs<JobAnswer>(await order(key, ASYNC));
    const older = await readAs<JobAnswer>(await order(old.key, ASYNC));
    await gateway.gateway.waiting.tick();
    expect(gateway.simulator.ledger()).toHaveLength(1);
    const statusOf = async (id: string) =>
      (await readAs<JobAnswer>(await gateway.request(`/jobs/${id}`))).status;
    await expect
      .poll(async () => {
        await gateway.tick();
        return statusOf(waiting.id);
      })
      .toBe('completed');
    await gateway.gateway.waiting.tick();
    // One of the two, whichever key it came with.
    expect([await statusOf(queued.id), await statusOf(older.id)]).toEqual(['queued', 'queued']);
    await gateway.tick();
    expect(gateway.simulator.ledger()).toHaveLength(2);
  });

  it('above the limit are refused, and the refusal costs neither a request nor money', async () => {
    await put({ limits: { max_running_jobs: 1, requests_per_minute: 2 } });
    expect((await order()).status).toBe(202);
    for (let nth = 0; nth < 4; nth += 1) {
      const refused = await order();
      expect(await problemOf(refused)).toEqual([429, 'too_many_running_jobs']);
      expect(Number(refused.headers.get('retry-after'))).toBeGreaterThan(0);
    }
    expect(gateway.simulator.ledger()).toHaveLength(1);
    expect((await order(OTHER_CLIENT_KEY)).status).toBe(202);
  });

  it('wait up to max_waiting_jobs, and no further: the refusal costs neither a request nor money', async () => {
    await put({ limits: { max_running_jobs: 1, max_waiting_jobs: 2, requests_per_minute: 4 } });
    for (let nth = 0; nth < 3; nth += 1) expect((await order(CLIENT_KEY, ASYNC)).status).toBe(202);
    for (let nth = 0; nth < 4; nth += 1) {
      const refused = await order(CLIENT_KEY, ASYNC);
      expect(Number(refused.headers.get('retry-after'))).toBeGreaterThan(0);
      expect(await readAs<ProblemAnswer>(refused)).toMatchObject({
        status: 429,
        code: 'too_many_waiting_jobs',
        detail:
          'The limit of 2 waiting jobs of the client studio is reached (max_waiting_jobs). Nothing was bought.',
      });
    }
    expect(gateway.simulator.ledger()).toHaveLength(1);
    expect((await order(OTHER_CLIENT_KEY, ASYNC)).status).toBe(202);
  });

  it('have a limit on waiting where none is set', async () => {
    const answer = await put({ limits: { max_running_jobs: 1 } });
    expect(await readAs(answer)).toMatchObject({
      data: { limits: { max_running_jobs: 1, max_waiting_jobs: null } },
    });
    const slots = slotsOf({
      limits: [{ ...NO_LIMITS, maxRunningJobs: 1, scope: 'client', id: 's', line: 's' }],
    });
    expect(slots).toEqual([{ scope: 'client', id: 's', max: 1, maxWaiting: 1_000 }]);
  });

  it('are shared by a key and the one that replaced it, requests too', async () => {
    const made = await send('POST', '/keys', {
      client: 'studio',
      limits: { max_running_jobs: 1, requests_per_minute: 3 },
    });
    const { key: first, data } = await readAs<{ key: string; data: { id: string } }>(made);
    const rotated = await send('POST', `/keys/${data.id}/rotate`, {});
    const { key: second } = await readAs<{ key: string }>(rotated);
    expect((await order(first)).status).toBe(202);
    expect(await problemOf(await order(second))).toEqual([429, 'too_many_running_jobs']);
    const statuses: number[] = [];
    for (const key of [first, second, first, second]) {
      statuses.push((await gateway.request('/models', { headers: as(key) })).status);
    }
    expect(statuses).toEqual([200, 200, 200, 429]);
  });

  it('wait as queued with respond-async, and are sent oldest first as others end', async () => {
    await put({ limits: { max_running_jobs: 1 } });
    const first = await readAs<JobAnswer>(await order());
    const ids: string[] = [];
    for (let nth = 0; nth < 3; nth += 1) {
      const answer = await order(CLIENT_KEY, ASYNC);
      expect(answer.status).toBe(202);
      const job = await readAs<JobAnswer>(answer);
      expect(job.status).toBe('queued');
      expect(job.status_detail).toContain('max_running_jobs');
      ids.push(job.id);
    }
    const jobOf = async (id: string) => readAs<JobAnswer>(await gateway.request(`/jobs/${id}`));
    const { waiting } = gateway.gateway;
    expect(await waiting.tick()).toBe(0);
    expect(gateway.simulator.ledger()).toHaveLength(1);
    for (const [nth, id] of [first.id, ...ids].entries()) {
      await expect
        .poll(async () => {
          await gateway.tick();
          return (await jobOf(id)).status;
        })
        .toBe('completed');
      expect(gateway.simulator.ledger()).toHaveLength(nth + 1);
      expect((await jobOf(id)).status_detail).toBeNull();
      expect(await waiting.tick()).toBe(nth < ids.length ? 1 : 0);
    }
  });
});

describe('a client', () => {
  it('has its secrets shown once, sealed in the store, and kept by id', async () => {
    const made = await readAs<{ data: object; callback_secrets: { id: string; secret: string }[] }>(
      await put({ callback_secrets: [{}] }),
    );
    const [secret] = made.callback_secrets;
    expect(secret?.secret).toMatch(/^whsec_[A-Za-z0-9+/]{43}=$/);
    const kept = await readAs<typeof made>(await put({ callback_secrets: [{ id: secret?.id }, {}] }));
    expect(kept.callback_secrets).toHaveLength(1);
    expect(kept.data).toMatchObject({ callback_secrets: [{ id: secret?.id }, {}] });
    const texts = [
      await (await gateway.request('/clients/studio', { headers: as(OPERATOR_KEY) })).text(),
      await (await gateway.request('/clients', { headers: as(OPERATOR_KEY) })).text(),
      await (await gateway.request('/audit', { headers: as(OPERATOR_KEY) })).text(),
      ...gateway.logLines,
    ];
    for (const text of texts) expect(text).not.toContain(secret?.secret);
    // Who has a secret may be called back.
    const called = await order(CLIENT_KEY, {}, { ...CLIP, callback_url: 'https://hooks.example.com/x' });
    expect(called.status).toBe(202);
    const none = await order(OTHER_CLIENT_KEY, {}, { ...CLIP, callback_url: 'https://hooks.example.com/x' });
    expect(await problemOf(none)).toEqual([422, 'callback_secret_missing']);
  });

  it('keeps what a request leaves out, and loses what it sets to null', async () => {
    await put({ models: { allow: ['google/*'] }, limits: { max_running_jobs: 3 } });
    await put({ limits: { requests_per_minute: 5 } });
    const read = async () =>
      readAs<object>(await gateway.request('/clients/studio', { headers: as(OPERATOR_KEY) }));
    expect(await read()).toMatchObject({
      models: { allow: ['google/*'], deny: null },
      limits: { requests_per_minute: 5, max_running_jobs: null },
    });
    await put({ models: null, limits: null });
    expect(await read()).toMatchObject({
      models: null,
      limits: { requests_per_minute: null, max_running_jobs: null },
    });
  });

  it.each<[name: string, path: string, body: object, pointer: string]>([
    ['an unknown field', 'studio', { budget: 1 }, '/budget'],
    [
      'a short secret',
      'studio',
      { callback_secrets: [{ secret: 'whsec_AAAA' }] },
      '/callback_secrets/0/secret',
    ],
    [
      'an unknown secret',
      'studio',
      { callback_secrets: [{ id: `secret_${'0'.repeat(24)}` }] },
      '/callback_secrets/0/id',
    ],
    [
      'an id and a secret',
      'studio',
      { callback_secrets: [{ id: `secret_${'0'.repeat(24)}`, secret: `whsec_${'A'.repeat(44)}` }] },
      '/callback_secrets/0',
    ],
    ['six secrets', 'studio', { callback_secrets: [{}, {}, {}, {}, {}, {}] }, '/callback_secrets'],
    ['a negative limit', 'studio', { limits: { requests_per_minute: -1 } }, '/limits/requests_per_minute'],
    ['a bad model', 'studio', { models: { deny: ['*'] } }, '/models/deny/0'],
  ])('is not changed by %s', async (_name, client, body, pointer) => {
    const answer = await send('PUT', `/clients/${client}`, body);
    const problem = await readAs<ProblemAnswer & { errors: { pointer: string }[] }>(answer);
    expect([answer.status, problem.code]).toEqual([400, 'invalid_request']);
    expect(problem.errors.map((error) => error.pointer)).toContain(pointer);
    const { data } = await readAs<{ data: { created_at: string | null }[] }>(
      await gateway.request('/clients', { headers: as(OPERATOR_KEY) }),
    );
    expect(data.map((one) => one.created_at)).toEqual([null, null]);
  });
});
