// What is kept of a job for those who look back: the plan it was bought by, and each attempt of its callback.

import { afterEach, describe, expect, it } from 'vitest';
import type { components } from '../../../openapi/clipgate.d.ts';
import { OTHER_CLIENT_KEY, startTestGateway, type TestGateway } from '../../support/gateway.ts';
import { answerWith, startReceiver } from '../../support/receiver.ts';

type Schemas = components['schemas'];

const closing: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close();
});

async function start(env: Record<string, string> = {}): Promise<TestGateway> {
  const gateway = await startTestGateway({ env });
  closing.push(gateway.close);
  return gateway;
}

const CLIP = { prompt: 'A paper boat', duration: 4, resolution: '720p' };

async function post<T>(gateway: TestGateway, path: string, body: object): Promise<T> {
  return (await (await gateway.post(path, body)).json()) as T;
}

async function read(gateway: TestGateway, id: string, query = '?include=plan&include=callback_attempts') {
  return (await (await gateway.request(`/jobs/${id}${query}`)).json()) as Schemas['Job'];
}

describe('the plan of a job', () => {
  it('is the ranking as it was when the router chose, with the working of its estimate', async () => {
    const gateway = await start();
    const asked = await post<Schemas['RouteResult']>(gateway, '/route', CLIP);
    const { id } = await post<Schemas['Job']>(gateway, '/jobs', CLIP);
    const { plan, cost, model } = await read(gateway, id);
    expect(plan).toMatchObject({ chosen_by: 'router', why: asked.why, weights: asked.weights, cut: 0 });
    expect(plan?.candidates.map(({ model: name, rank }) => [name, rank])).toEqual(
      asked.candidates.map(({ model: name, rank }) => [name, rank]),
    );
    expect(plan?.rejected.map(({ model: name }) => name).sort()).toEqual(
      asked.rejected.map(({ model: name }) => name).sort(),
    );
    expect(plan?.estimate.lines).toEqual(asked.candidates[0]?.estimate.lines);
    expect(plan?.candidates[0]?.model).toBe(model);
    expect(plan?.estimate.usd).toBeCloseTo(cost.estimated_usd ?? -1, 5);
  });

  it('has the ranking for an order by a quote too, and none where the order names the model', async () => {
    const gateway = await start();
    const { quote, selected } = await post<Schemas['RouteResult']>(gateway, '/route', CLIP);
    const quoted = await post<Schemas['Job']>(gateway, '/jobs', { ...CLIP, quote });
    const { plan } = await read(gateway, quoted.id);
    expect(plan).toMatchObject({ chosen_by: 'quote', why: null });
    expect(plan?.candidates[0]?.model).toBe(selected);
    const named = await post<Schemas['Job']>(gateway, '/jobs', { ...CLIP, model: 'google/veo-3.1-lite' });
    expect((await read(gateway, named.id)).plan).toMatchObject({
      chosen_by: 'order',
      candidates: [],
      weights: null,
    });
  });

  it('is shown where it is asked for, to whom the job is shown; a resubmission has none', async () => {
    const gateway = await start();
    const { id } = await post<Schemas['Job']>(gateway, '/jobs', CLIP);
    expect(await read(gateway, id, '')).not.toHaveProperty('plan');
    expect(await read(gateway, id, '?include=request')).not.toHaveProperty('plan');
    const foreign = await gateway.request(`/jobs/${id}?include=plan`, {
      headers: { authorization: `Bearer ${OTHER_CLIENT_KEY}` },
    });
    expect(foreign.status).toBe(404);
    expect((await gateway.request(`/jobs/${id}?include=all`)).status).toBe(400);
    gateway.simulator.addFault({ fault: 'fail', match: { prompt: 'sinks' } });
    const sinking = await post<Schemas['Job']>(gateway, '/jobs', { ...CLIP, prompt: 'A boat sinks' });
    await expect.poll(async () => (await read(gateway, sinking.id)).status).toBe('failed');
    const again = await post<Schemas['Job']>(gateway, `/jobs/${sinking.id}/resubmit`, {
      accept_double_charge: true,
    });
    expect(again.resubmit_of).toBe(sinking.id);
    expect((await read(gateway, again.id)).plan).toBeNull();
  });
});

describe('a search', () => {
  it('finds own jobs by reference, tag, upstream id and words of the prompt', async () => {
    const gateway = await start();
    const order = { ...CLIP, model: 'google/veo-3.1-lite', tags: ['campaign-7'], reference: 'order 4711' };
    const { id, upstream } = await post<Schemas['Job']>(gateway, '/jobs', order);
    const find = async (text: string, init = {}) => {
      const list = await gateway.request(`/jobs?q=${encodeURIComponent(text)}`, init);
      return ((await list.json()) as Schemas['JobList']).data.map((job) => job.id);
    };
    for (const text of ['campaign-7', 'order 4711', upstream.id ?? '', 'boat a']) {
      expect(await find(text)).toEqual([id]);
    }
    expect(await find('kite')).toEqual([]);
    expect(await find('boat', { headers: { authorization: `Bearer ${OTHER_CLIENT_KEY}` } })).toEqual([]);
    expect((await gateway.request(`/jobs?q=${'x'.repeat(201)}`)).status).toBe(400);
    expect((await gateway.request('/jobs?q=')).status).toBe(400);
  });
});

describe('the attempts of a callback', () => {
  it('are listed with what the receiver answered and when it is called next', async () => {
    const receiver = await startReceiver(answerWith(503));
    closing.push(receiver.close);
    const gateway = await start({
      CALLBACK_SECRETS: `studio:whsec_${Buffer.from('canary-secret'.padEnd(32, '.')).toString('base64')}`,
      CALLBACK_ALLOW: '127.0.0.0/8',
    });
    const order = { ...CLIP, model: 'google/veo-3.1-lite', callback_url: `${receiver.url}/clips` };
    const { id } = await post<Schemas['Job']>(gateway, '/jobs', order);
    const attempts = async () => (await read(gateway, id)).callback_attempts ?? [];
    await expect.poll(attempts, { timeout: 5_000 }).toHaveLength(1);
    const [first] = await attempts();
    expect(first).toMatchObject({
      number: 1,
      event: 'job.completed',
      http_status: 503,
      error: 'answered 503',
    });
    expect(Date.parse(first?.retry_at ?? '')).toBeGreaterThan(Date.parse(first?.at ?? ''));
    expect((await read(gateway, id)).callback?.next_at).toBe(first?.retry_at);
    expect(await read(gateway, id, '')).not.toHaveProperty('callback_attempts');
  });
});
