// Wrong requests through OpenRouter's API: each in its envelope, none a 5xx, and none of them buys anything.

import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { CLIENT_KEY, startTestGateway, type TestGateway } from '../../support/gateway.ts';

let gateway: TestGateway;
beforeAll(async () => {
  gateway = await startTestGateway({ background: false });
});
afterAll(async () => {
  expect(gateway.simulator.submits()).toBe(0);
  expect(gateway.logLines.filter((line) => /"level":(50|60)/.test(line))).toEqual([]);
  await gateway.close();
});

const CLIP = { model: 'google/veo-3.1-lite', prompt: 'a paper boat', duration: 4 };
const JSON_TYPE = { 'content-type': 'application/json' };
const FRAME = {
  type: 'image_url',
  image_url: { url: 'https://example.com/a.png' },
  frame_type: 'first_frame',
};

interface Envelope {
  readonly error: { readonly code: number; readonly message: string; readonly metadata?: unknown };
}

async function readEnvelope(answer: Response): Promise<Envelope['error']> {
  expect(answer.headers.get('content-type')).toMatch(/^application\/json/);
  expect(answer.headers.get('cache-control')).toBe('no-store');
  const body = (await answer.json()) as Envelope;
  expect(Object.keys(body)).toEqual(['error']);
  expect(body.error.code).toBe(answer.status);
  expect(body.error.message).not.toMatch(/undefined|NaN|\[object/);
  return body.error;
}

const post = (body: RequestInit['body'], headers: Record<string, string> = JSON_TYPE) =>
  gateway.request('/api/v1/videos', { method: 'POST', headers, ...(body == null ? {} : { body }) });

describe('POST /api/v1/videos refuses', () => {
  it.each<[string, object, RegExp]>([
    ['no model', { model: undefined }, /model is required/],
    ['an empty model', { model: '' }, /model/],
    ['a model that is a number', { model: 7 }, /model must be a string/],
    ['a model that is a list', { model: ['google/veo-3.1-lite'] }, /model must be a string/],
    ['an unknown model', { model: 'no/model' }, /^no\/model is not a valid model ID$/],
    ['a model without an author', { model: 'veo' }, /^veo is not a valid model ID$/],
    ['a model with a path', { model: '../../etc/passwd' }, /is not a valid model ID$/],
    [
      'a model of Clipgate that is none',
      { model: 'clipgate/nice' },
      /^clipgate\/nice is not a valid model ID$/,
    ],
    ['a model name of 300 characters', { model: 'x'.repeat(300) }, /model/],
    ['no prompt and no image', { prompt: undefined }, /prompt/],
    ['an empty prompt', { prompt: '' }, /prompt/],
    ['a prompt of blanks', { prompt: '   ' }, /prompt/],
    ['a prompt that is null', { prompt: null }, /prompt must be a string, not null/],
    ['a prompt that is an object', { prompt: {} }, /prompt/],
    ['a prompt of a lone surrogate', { prompt: 'x\ud800' }, /prompt/],
    ['a duration as a string', { duration: '4' }, /duration must be a whole number/],
    ['half a second', { duration: 4.5 }, /duration must be a whole number/],
    ['no seconds', { duration: 0 }, /duration/],
    ['a negative duration', { duration: -4 }, /duration/],
    ['an endless duration', { duration: 1e9 }, /duration/],
    [
      'a duration that the model lacks',
      { duration: 99 },
      /^Duration 99s is not supported for this model\. Supported durations: 4, 6, 8s$/,
    ],
    [
      'a resolution that the model lacks',
      { resolution: '4K' },
      /^Resolution 4K is not supported for this model\. Supported resolutions: 720p/,
    ],
    ['a resolution that is none', { resolution: 'big' }, /resolution/],
    ['an aspect ratio that is none', { aspect_ratio: 'wide' }, /^Aspect ratio wide is not supported/],
    ['an aspect ratio that the model lacks', { aspect_ratio: '3:2' }, /^Aspect ratio 3:2 is not supported/],
    ['a size that is none', { size: '720' }, /size/],
    ['a size that contradicts the resolution', { size: '640x480', resolution: '720p' }, /size/],
    ['a seed as a string', { seed: 'x' }, /seed/],
    ['sound as a string', { generate_audio: 'yes' }, /generate_audio/],
    [
      'an image URL as a bare string',
      { frame_images: [{ ...FRAME, image_url: 'https://example.com/a.png' }] },
      /frame_images\/0\/image_url must be an object/,
    ],
    [
      'an image over plain http',
      { frame_images: [{ ...FRAME, image_url: { url: 'http://example.com/a.png' } }] },
      /frame_images\/0\/image_url\/url/,
    ],
    ['a frame of no kind', { frame_images: [{ ...FRAME, frame_type: 'middle' }] }, /frame_type/],
    ['two first frames', { frame_images: [FRAME, FRAME] }, /frame_images\/1\/frame_type/],
    ['no frames', { frame_images: [] }, /frame_images/],
    [
      'a video reference as data',
      { input_references: [{ type: 'video_url', video_url: { url: 'data:video/mp4;base64,AAAA' } }] },
      /input_references\/0/,
    ],
    ['provider options that are a list', { provider: { options: [] } }, /provider/],
    ['a previous job that is nobody’s', { previous_job_id: 'gen-vid-1-x' }, /previous_job_id/],
    ['a callback over plain http', { callback_url: 'http://example.com/hook' }, /callback_url/],
    ['a callback to this machine', { callback_url: 'https://127.0.0.1/hook' }, /callback/],
    ['a callback without a secret', { callback_url: 'https://example.com/hook' }, /secret/],
    [
      'a limit in the body, which would not hold',
      { max_cost_usd: 1 },
      /send the header X-Clipgate-Max-Cost-Usd/,
    ],
    ['a dry run, which would buy', { dry_run: true }, /dry_run/],
    ['routing fields of Clipgate', { priority: 'balanced' }, /use POST \/jobs/],
    ['a session of 257 characters', { session_id: 'x'.repeat(257) }, /session_id/],
  ])('%s', async (_name, change, message) => {
    const answer = await post(JSON.stringify({ ...CLIP, ...change }));
    expect(answer.status).toBe(400);
    expect((await readEnvelope(answer)).message).toMatch(message);
  });

  it.each<[string, RequestInit['body'], Record<string, string>, number]>([
    ['no body', undefined, {}, 400],
    ['an empty body', '', JSON_TYPE, 400],
    ['null', 'null', JSON_TYPE, 400],
    ['a list', '[]', JSON_TYPE, 400],
    ['half an object', '{"model":', JSON_TYPE, 400],
    ['a duplicate key', '{"model":"a/b","model":"c/d"}', JSON_TYPE, 400],
    ['a form', 'model=x', { 'content-type': 'application/x-www-form-urlencoded' }, 400],
    ['plain text', '{}', { 'content-type': 'text/plain' }, 400],
    ['a compressed body', '{}', { ...JSON_TYPE, 'content-encoding': 'gzip' }, 400],
    ['a body above 32 MB', Buffer.alloc(32 * 1024 * 1024 + 1, ' '), JSON_TYPE, 413],
    ['no limit', JSON.stringify(CLIP), { ...JSON_TYPE, 'x-clipgate-max-cost-usd': 'none' }, 400],
    ['a limit of nothing', JSON.stringify(CLIP), { ...JSON_TYPE, 'x-clipgate-max-cost-usd': '0' }, 400],
    ['a limit in hexadecimal', JSON.stringify(CLIP), { ...JSON_TYPE, 'x-clipgate-max-wait-s': '0x10' }, 400],
    [
      'a price above the limit',
      JSON.stringify(CLIP),
      { ...JSON_TYPE, 'x-clipgate-max-cost-usd': '0.01' },
      400,
    ],
    ['a key with blanks', JSON.stringify(CLIP), { ...JSON_TYPE, 'idempotency-key': 'a b' }, 400],
  ])('%s', async (_name, body, headers, status) => {
    const answer = await post(body, headers);
    expect(answer.status).toBe(status);
    await readEnvelope(answer);
  });

  it.each([
    ['no key', { authorization: '' }, 'No cookie auth credentials found'],
    ['a wrong key', { authorization: 'Bearer sk-or-v1-guess' }, 'User not found.'],
    ['no bearer', { authorization: CLIENT_KEY }, 'User not found.'],
  ])('%s, in the words of OpenRouter', async (_name, headers, message) => {
    const answer = await post('{', { ...JSON_TYPE, ...headers });
    expect(answer.status).toBe(401);
    expect((await readEnvelope(answer)).message).toBe(message);
  });
});

describe('other requests', () => {
  const UNKNOWN = 'job_01K5J0V6Y8ZJ3T9Q4C2N7M1XAB';
  it.each([
    ['GET', `/videos/${UNKNOWN}`, 404],
    ['GET', '/videos/gen-vid-1-unknown', 404],
    ['GET', '/videos/%00', 404],
    ['GET', `/videos/${'x'.repeat(129)}`, 404],
    ['GET', '/videos/a.b', 404],
    ['GET', `/videos/${UNKNOWN}/content`, 404],
    ['GET', `/videos/${UNKNOWN}/content?index=-1`, 400],
    ['GET', `/videos/${UNKNOWN}/content?index=one`, 400],
    ['GET', `/videos/${UNKNOWN}/content?index=0&index=1`, 400],
    ['DELETE', `/videos/${UNKNOWN}`, 405],
    ['GET', '/videos', 405],
    ['PUT', '/videos/models', 405],
    ['GET', '/credits', 404],
    ['GET', '/generation?id=x', 404],
    ['GET', '/benchmarks', 404],
    ['POST', '/chat/completions', 404],
    ['GET', '/', 404],
  ])('%s /api/v1%s is answered %i in the envelope', async (method, path, status) => {
    const answer = await fetch(`${gateway.url}/api/v1${path}`, {
      method,
      headers: { authorization: `Bearer ${CLIENT_KEY}` },
    });
    expect(answer.status).toBe(status);
    await readEnvelope(answer);
  });
});
