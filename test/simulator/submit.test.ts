// Submitting to the simulator: what is accepted, what is refused, and in which words.
import { expect, test } from 'vitest';
import { buyClip, call, grokClip, openSimulator, send } from '../support/simulator.ts';

const funnel = { failed_routing_step: 'Validate Video Parameters' };

test('a submit answers 202 with exactly three keys and an absolute polling URL', async () => {
  const simulator = await openSimulator();
  const answer = await send(simulator, '/videos', grokClip);
  expect(answer.status).toBe(202);
  const body = answer.body as Record<string, string>;
  expect(Object.keys(body)).toEqual(['id', 'polling_url', 'status']);
  expect(body['id']).toMatch(/^gen-vid-\d{10}-[A-Za-z0-9]{20}$/);
  expect(body['polling_url']).toBe(`${simulator.apiUrl}/videos/${body['id']}`);
  expect(body['status']).toBe('pending');
});

test('the same body twice is two jobs and two bills', async () => {
  const simulator = await openSimulator();
  const first = await buyClip(simulator);
  const second = await buyClip(simulator);
  expect(second).not.toBe(first);
  expect(simulator.ledger().map((entry) => [entry.job_id, entry.billed_usd])).toEqual([
    [first, 0.05],
    [second, 0.05],
  ]);
});

test('older ids and relative polling URLs are a switch away', async () => {
  const simulator = await openSimulator({ settings: { id_style: 'legacy', relative_polling_url: true } });
  const submitted = (await send(simulator, '/videos', grokClip)).body as Record<string, string>;
  expect(submitted['id']).toMatch(/^[A-Za-z0-9]{20}$/);
  expect(submitted['polling_url']).toBe(`/api/v1/videos/${submitted['id']}`);
  const polled = (await call(simulator, `/videos/${submitted['id']}`)).body as Record<string, string>;
  expect(polled['generation_id']).not.toBe(submitted['id']);
});

type Refusal = { case: string; change: object; message: string; metadata?: object; status?: number };
const refusals: Refusal[] = [
  {
    case: 'duration',
    change: { duration: 99 },
    message:
      'Duration 99s is not supported for this model. Supported durations: 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15s',
    metadata: funnel,
  },
  {
    case: 'resolution',
    change: { resolution: '4K' },
    message: 'Resolution 4K is not supported for this model. Supported resolutions: 480p, 720p',
    metadata: funnel,
  },
  {
    case: 'aspect ratio',
    change: { aspect_ratio: '21:9' },
    message:
      'Aspect ratio 21:9 is not supported for this model. Supported aspect ratios: 16:9, 9:16, 1:1, 4:3, 3:4, 3:2, 2:3',
    metadata: funnel,
  },
  {
    case: 'no prompt, no image',
    change: { prompt: undefined },
    message: 'xAI video generations require a prompt when no image input is provided',
  },
  {
    case: 'video reference as data: URL',
    change: {
      model: 'bytedance/seedance-2.0-fast',
      duration: 4,
      input_references: [{ type: 'video_url', video_url: { url: 'data:video/mp4;base64,AAAA' } }],
    },
    message: 'Invalid reference URL: input_references[0].video_url.url: Only HTTPS URLs are allowed',
  },
  {
    case: 'previous_job_id',
    change: { previous_job_id: 'gen-vid-1-x' },
    message: 'x-ai/grok-imagine-video-20260512 does not support previous_job_id',
  },
  {
    case: 'a size that no video has',
    change: { model: 'black-forest-labs/flux-video-upscale', resolution: undefined, size: '9000x9000' },
    message: 'Size 18000x18000 is not supported for this model. Supported sizes: up to 8K',
  },
  { case: 'unknown model', change: { model: 'a/b' }, message: 'a/b is not a valid model ID' },
  {
    case: 'last frame',
    change: {
      frame_images: [
        { type: 'image_url', image_url: { url: 'https://example.com/a.png' }, frame_type: 'last_frame' },
      ],
    },
    message: 'Frame type last_frame is not supported for this model. Supported frame types: first_frame',
    metadata: funnel,
  },
  {
    case: 'sound',
    change: { model: 'minimax/hailuo-2.3', duration: 6, resolution: '1080p', generate_audio: true },
    message: 'generate_audio is not supported for this model',
    metadata: funnel,
  },
  {
    case: 'seed',
    change: { model: 'kwaivgi/kling-video-o1', duration: 5, resolution: '720p', seed: 1 },
    message: 'seed is not supported for this model',
    metadata: funnel,
  },
  {
    case: 'plain-http callback',
    change: { callback_url: 'http://example.com/hook' },
    message: 'Invalid callback_url: Only HTTPS URLs are allowed',
  },
  {
    case: 'wrong types',
    change: { duration: '5', seed: 'x' },
    message:
      'Invalid request parameters: duration: Invalid input: expected number, received string; seed: Invalid input: expected number, received string',
  },
];

test.each(refusals)(
  '$case is refused, free of charge',
  async ({ change, message, metadata, status = 400 }) => {
    const simulator = await openSimulator();
    const answer = await send(simulator, '/videos', { ...grokClip, ...change });
    expect(answer.status).toBe(status);
    const { error } = answer.body as { error: Record<string, unknown> };
    expect(Object.keys(error).slice(0, 2)).toEqual(['message', 'code']);
    expect(error).toMatchObject({ message, code: status });
    if (metadata === undefined) expect(error).not.toHaveProperty('metadata');
    else expect(error['metadata']).toMatchObject(metadata);
    expect(simulator.ledger()).toEqual([]);
  },
);

test('data: URLs are fine for frames, and an image alone needs no prompt', async () => {
  const simulator = await openSimulator();
  await buyClip(simulator, {
    ...grokClip,
    prompt: undefined,
    frame_images: [
      { type: 'image_url', image_url: { url: 'data:image/png;base64,AAAA' }, frame_type: 'first_frame' },
    ],
  });
  expect(simulator.ledger()[0]?.price_usd).toBe(0.052);
});

test('auth comes before validation, with its own words for a missing and for a bad key', async () => {
  const simulator = await openSimulator();
  const post = (authorization: string | undefined) =>
    fetch(`${simulator.apiUrl}/videos`, {
      method: 'POST',
      body: 'not json',
      headers: authorization === undefined ? {} : { authorization },
    });
  const missing = await post(undefined);
  expect([missing.status, await missing.json()]).toEqual([
    401,
    { error: { message: 'No cookie auth credentials found', code: 401 } },
  ]);
  const bad = await post('Bearer sk-or-bad-1');
  expect([bad.status, await bad.json()]).toEqual([401, { error: { message: 'User not found.', code: 401 } }]);
});

test('with a key set, only that key works', async () => {
  const simulator = await openSimulator({ apiKey: 'sk-or-mine' });
  expect((await send(simulator, '/videos', grokClip)).status).toBe(401);
  expect((await send(simulator, '/videos', grokClip, { authorization: 'Bearer sk-or-mine' })).status).toBe(
    202,
  );
});

test('provider options survive only under the right slug, wrapper and name', async () => {
  const simulator = await openSimulator();
  await buyClip(simulator, {
    model: 'google/veo-3.1-lite',
    prompt: 'x',
    provider: {
      options: {
        'google-vertex': { parameters: { negativePrompt: 'rain', madeUp: 1 }, negativePrompt: 'flat' },
        openai: { quality: 'high' },
      },
    },
  });
  expect(simulator.ledger()[0]?.options_kept).toEqual({ negativePrompt: 'rain' });
});
