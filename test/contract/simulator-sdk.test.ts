// OpenRouter's own client, unmodified but for its base URL: it cannot tell the simulator from the service.
import { OpenRouter } from '@openrouter/sdk';
import * as errors from '@openrouter/sdk/models/errors';
import { ALL_FORMATS, BufferSource, Input } from 'mediabunny';
import { expect, test } from 'vitest';
import type { Simulator, SimulatorOptions } from '../../src/simulator/index.ts';
import { openSimulator } from '../support/simulator.ts';

const clip = {
  model: 'google/veo-3.1-lite',
  prompt: 'a paper boat',
  duration: 4,
  resolution: '720p',
} as const;

async function openClient(options: SimulatorOptions = {}) {
  const simulator = await openSimulator(options);
  const client = new OpenRouter({
    apiKey: 'sk-or-sdk',
    serverURL: simulator.apiUrl,
    retryConfig: { strategy: 'none' },
  });
  return { simulator, client, videos: client.videoGeneration };
}

const generate = (client: OpenRouter, change: object = {}) =>
  client.videoGeneration.generate({ videoGenerationRequest: { ...clip, ...change } });

test('from the catalog to the film', async () => {
  const { client, videos, simulator } = await openClient();
  const { data: models } = await videos.listVideosModels();
  expect(models).toHaveLength(30);

  const submitted = await generate(client, {
    aspectRatio: '9:16',
    generateAudio: false,
    seed: 3,
    frameImages: [
      { type: 'image_url', imageUrl: { url: 'https://example.com/a.png' }, frameType: 'first_frame' },
    ],
    sessionId: 'session',
  });
  expect(submitted.status).toBe('pending');
  const polled = await videos.getGeneration({ jobId: submitted.id });
  expect(polled).toMatchObject({ status: 'completed', usage: { cost: 0.12, isByok: false } });
  expect(polled.unsignedUrls).toHaveLength(1);

  const stream = await videos.getVideoContent({ jobId: submitted.id, index: 0 });
  const film = await new Response(stream).arrayBuffer();
  const input = new Input({ source: new BufferSource(film), formats: ALL_FORMATS });
  const track = await input.getPrimaryVideoTrack();
  expect([await track?.getDisplayWidth(), await track?.getDisplayHeight()]).toEqual([720, 1280]);
  expect(await input.computeDuration()).toBe(4);
  expect(simulator.ledger()[0]).toMatchObject({ polls: 1, downloads: 1, billed_usd: 0.12 });
});

test.each(['fail', 'cancel', 'expire', 'dead', 'stuck'])('a job that ends by %s parses', async (fault) => {
  const { client, videos } = await openClient();
  const { id } = await generate(client, { prompt: `x [sim:${fault}]` });
  const polled = await videos.getGeneration({ jobId: id });
  expect(polled.status).not.toBe('completed');
});

test.each([
  [400, errors.BadRequestResponseError],
  [401, errors.UnauthorizedResponseError],
  [402, errors.PaymentRequiredResponseError],
  [403, errors.ForbiddenResponseError],
  [404, errors.NotFoundResponseError],
  [413, errors.PayloadTooLargeResponseError],
  [429, errors.TooManyRequestsResponseError],
  [500, errors.InternalServerResponseError],
  [503, errors.OpenRouterDefaultError],
  [529, errors.OpenRouterDefaultError],
])('a submit refused with %i raises its class', async (status, kind) => {
  const { client, simulator } = await openClient();
  const refused = generate(client, { prompt: `x [sim:error status=${status}]` });
  await expect(refused).rejects.toBeInstanceOf(kind);
  await expect(refused).rejects.toMatchObject({ statusCode: status });
  expect(simulator.ledger()).toEqual([]);
});

test.each([
  [401, errors.UnauthorizedResponseError],
  [403, errors.ForbiddenResponseError],
  [404, errors.NotFoundResponseError],
  [500, errors.InternalServerResponseError],
  [502, errors.OpenRouterDefaultError],
])('a poll refused with %i raises its class', async (status, kind) => {
  const { client, videos } = await openClient();
  const { id } = await generate(client, { prompt: `x [sim:error on=poll status=${status}]` });
  await expect(videos.getGeneration({ jobId: id })).rejects.toBeInstanceOf(kind);
});

test.each([
  [400, errors.BadRequestResponseError],
  [401, errors.UnauthorizedResponseError],
  [403, errors.ForbiddenResponseError],
  [404, errors.NotFoundResponseError],
  [409, errors.ConflictResponseError],
  [410, errors.GoneResponseError],
  [500, errors.InternalServerResponseError],
  [502, errors.BadGatewayResponseError],
])('content refused with %i raises its class', async (status, kind) => {
  const { client, videos } = await openClient();
  const { id } = await generate(client, { prompt: `x [sim:error on=content status=${status}]` });
  await expect(videos.getVideoContent({ jobId: id })).rejects.toBeInstanceOf(kind);
});

test.each([
  [400, errors.BadRequestResponseError],
  [500, errors.InternalServerResponseError],
])('the catalog refused with %i raises its class', async (status, kind) => {
  const { simulator, videos } = await openClient();
  simulator.addFault({ fault: 'error', on: 'catalog', status });
  await expect(videos.listVideosModels()).rejects.toBeInstanceOf(kind);
});

test('what cannot be parsed raises the validation error, what breaks the connection its own', async () => {
  const { client, simulator } = await openClient();
  await expect(generate(client, { prompt: '[sim:no_id]' })).rejects.toBeInstanceOf(
    errors.ResponseValidationError,
  );
  await expect(generate(client, { prompt: '[sim:error status=400 envelope=zod]' })).rejects.toBeInstanceOf(
    errors.ResponseValidationError,
  );
  await expect(generate(client, { prompt: '[sim:html]' })).rejects.toBeInstanceOf(errors.OpenRouterError);
  await expect(generate(client, { prompt: '[sim:reset when=after]' })).rejects.toBeInstanceOf(
    errors.ConnectionError,
  );
  simulator.refuseConnections();
  await expect(generate(client)).rejects.toBeInstanceOf(errors.ConnectionError);
});

test('no key, and a bad one', async () => {
  const { simulator } = await openClient();
  const ask = (apiKey: string) =>
    new OpenRouter({
      apiKey,
      serverURL: simulator.apiUrl,
      retryConfig: { strategy: 'none' },
    }).credits.getCredits();
  await expect(ask('sk-or-bad-key')).rejects.toMatchObject({ statusCode: 401, message: 'User not found.' });
});

test('with its default to retry, the SDK buys twice what was accepted behind a 503', async () => {
  const { simulator } = await openClient();
  simulator.addFault({ fault: 'error', status: 503, when: 'after', count: 1 });
  const retrying = new OpenRouter({
    apiKey: 'k',
    serverURL: simulator.apiUrl,
    retryConfig: {
      strategy: 'backoff',
      backoff: { initialInterval: 1, maxInterval: 2, exponent: 1, maxElapsedTime: 60_000 },
      retryConnectionErrors: true,
    },
  });
  await generate(retrying);
  expect(simulator.ledger()).toHaveLength(2);
});

async function completed(client: OpenRouter, simulator: Simulator) {
  const { id } = await generate(client);
  return { id, price: simulator.ledger()[0]?.price_usd };
}

test('the books and the lists beside the videos parse as well', async () => {
  const { client, simulator } = await openClient({ settings: { key_limit_usd: 100 } });
  const { id, price } = await completed(client, simulator);
  const record = await client.generations.getGeneration({ id });
  expect(record.data).toMatchObject({ id, totalCost: price, providerName: 'Google', apiType: 'video' });
  expect((await client.credits.getCredits()).data).toEqual({ totalCredits: 10_000, totalUsage: price });
  const key = await client.apiKeys.getCurrentKeyMetadata();
  expect(key.data).toMatchObject({ limit: 100, usage: price, limitRemaining: 100 - (price ?? 0) });
  const endpoints = await client.endpoints.list({ author: 'google', slug: 'veo-3.1-lite' });
  expect(endpoints.data.endpoints.map((endpoint) => endpoint.tag)).toEqual(['google-vertex']);
  const general = await client.models.list({ outputModalities: 'video' });
  expect(general.result.data).toHaveLength(30);
  const arena = await client.benchmarks.getBenchmarks({
    source: 'design-arena',
    arena: 'models',
    category: 'video',
  });
  expect(arena.data.length).toBeGreaterThan(20);
});
