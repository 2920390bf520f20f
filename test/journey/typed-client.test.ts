// A client written against the generated types, as a team would write it: the compiler checks it, a real gateway answers it.

import createClient from 'openapi-fetch';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { components, paths } from '../../openapi/clipgate.d.ts';
import { CLIENT_KEY, startTestGateway, type TestGateway } from '../support/gateway.ts';

let gateway: TestGateway;
beforeAll(async () => {
  gateway = await startTestGateway();
});
afterAll(() => gateway.close());

const createApi = () =>
  createClient<paths>({ baseUrl: gateway.url, headers: { authorization: `Bearer ${CLIENT_KEY}` } });

const CLIP = {
  prompt: 'A paper boat sails down a rainy street at dusk',
  duration: 4,
  resolution: '720p',
  aspect_ratio: '16:9',
  generate_audio: false,
} satisfies components['schemas']['RouteRequest'];

it('routes a clip, buys it and fetches it', async () => {
  const api = createApi();
  const { data: route } = await api.POST('/route', { body: { ...CLIP, priority: 'fast_and_cheap' } });
  const cheapest: number | null | undefined = route?.candidates[0]?.estimate.usd;
  expect(cheapest).toBeGreaterThan(0);

  const { data: made } = await api.POST('/jobs', {
    body: { ...CLIP, model: 'google/veo-3.1-lite' },
    headers: { 'idempotency-key': 'typed-1' },
  });
  if (!made) throw new Error('no job was made');

  const readJob = async () => {
    const { data } = await api.GET('/jobs/{id}', { params: { path: { id: made.id } } });
    return data;
  };
  await expect.poll(async () => (await readJob())?.status, { timeout: 10_000 }).toBe('completed');

  const { data: clip } = await api.GET('/jobs/{id}/content', {
    params: { path: { id: made.id } },
    parseAs: 'arrayBuffer',
  });
  expect(Buffer.from(clip ?? new ArrayBuffer()).toString('latin1', 4, 8)).toBe('ftyp');
});

it('is told what is wrong in a shape it knows', async () => {
  const { data, error, response } = await createApi().POST('/route', {
    // @ts-expect-error a length is a number
    body: { ...CLIP, duration: '4' },
  });
  expect(data).toBeUndefined();
  expect(response.status).toBe(400);
  const problem: components['schemas']['Problem'] | undefined = error;
  expect(problem?.code).toBe('invalid_request');
  expect(problem?.errors?.[0]?.pointer).toBe('/duration');
});

it('is held to the document by the compiler', () => {
  const api = createApi();
  const wrong = () => [
    // @ts-expect-error no such address
    api.GET('/job'),
    // @ts-expect-error the id is missing
    api.GET('/jobs/{id}'),
  ];
  expect(wrong).toBeTypeOf('function');
});
