import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { CLIENT_KEY, OTHER_CLIENT_KEY, startTestGateway, type TestGateway } from '../../support/gateway.ts';

let gateway: TestGateway;

beforeEach(async () => {
  gateway = await startTestGateway({
    background: false,
    env: { MODEL_ALIASES: 'sora-2=openai/sora-2-pro,house=google/veo-3.1-lite,any=clipgate/cheap' },
  });
});
afterEach(() => gateway.close());

const bought = () => gateway.simulator.ledger().length;
const sent = () => gateway.simulator.ledger().at(-1)?.body as Record<string, unknown>;

// The smallest PNG there is.
const PNG = Buffer.from(
  'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==',
  'base64',
);

const CLIP = { model: 'google/veo-3.1-lite', prompt: 'a paper boat' };

async function create(body: object, headers: Record<string, string> = {}) {
  const answer = await gateway.post('/v1/videos', body, headers);
  return { answer, video: (await answer.json()) as Record<string, unknown> };
}

const get = async (path: string, key = CLIENT_KEY) => {
  const answer = await gateway.request(path, { headers: { authorization: `Bearer ${key}` } });
  return { answer, body: (await answer.json()) as Record<string, unknown> };
};

async function finish(id: unknown): Promise<void> {
  await expect
    .poll(async () => {
      await gateway.tick();
      return (await get(`/v1/videos/${id}`)).body['status'];
    })
    .toMatch(/completed|failed/);
}

function form(fields: Record<string, string | Blob>): FormData {
  const data = new FormData();
  for (const [name, value] of Object.entries(fields)) {
    if (typeof value === 'string') data.append(name, value);
    else data.append(name, value, 'first.png');
  }
  return data;
}

const submitForm = (fields: Record<string, string | Blob>) =>
  gateway.request('/v1/videos', { method: 'POST', body: form(fields) });

describe('a video', () => {
  it('is bought, followed, listed, played and deleted', async () => {
    const { answer, video } = await create({ ...CLIP, seconds: '4', size: '1280x720' });
    expect(answer.status).toBe(200);
    expect(video).toMatchObject({
      object: 'video',
      model: CLIP.model,
      seconds: '4',
      size: '1280x720',
      prompt: CLIP.prompt,
      completed_at: null,
      error: null,
      remixed_from_video_id: null,
    });
    expect(Number(answer.headers.get('openai-poll-after-ms'))).toBeGreaterThanOrEqual(1_000);
    const { id } = video;
    expect((await get(`/v1/videos/${id}/content`)).answer.status).toBe(404);
    expect((await gateway.request(`/v1/videos/${id}`, { method: 'DELETE' })).status).toBe(400);
    await finish(id);
    const { body: ended, answer: last } = await get(`/v1/videos/${id}`);
    expect(ended).toMatchObject({ status: 'completed', progress: 100, error: null });
    expect(Number.isInteger(ended['completed_at'])).toBe(true);
    expect(last.headers.get('openai-poll-after-ms')).toBeNull();

    const clip = await gateway.request(`/v1/videos/${id}/content?variant=video&video_id=x`);
    expect([clip.status, clip.headers.get('content-type')]).toEqual([200, 'video/mp4']);
    expect(Buffer.from(await clip.arrayBuffer()).toString('latin1', 4, 8)).toBe('ftyp');
    for (const variant of ['thumbnail', 'spritesheet']) {
      const { answer: refused, body } = await get(`/v1/videos/${id}/content?variant=${variant}`);
      expect(refused.status).toBe(400);
      expect(body).toMatchObject({ error: { param: 'variant', code: 'invalid_value' } });
    }
    expect((await get('/v1/videos')).body['data']).toEqual([ended]);

    const deleted = await gateway.request(`/v1/videos/${id}`, { method: 'DELETE' });
    expect(await deleted.json()).toEqual({ id, object: 'video.deleted', deleted: true });
    for (const path of [`/v1/videos/${id}`, `/v1/videos/${id}/content`]) {
      expect((await get(path)).answer.status).toBe(404);
    }
    expect((await get('/v1/videos')).body['data']).toEqual([]);
    // What was spent stays on record.
    expect((await get(`/jobs/${id}`)).body['status']).toBe('completed');
    expect(bought()).toBe(1);
  });

  it('that fails has an error of two strings', async () => {
    const { video } = await create({ ...CLIP, prompt: 'x [sim:fail]' });
    await finish(video['id']);
    const { body } = await get(`/v1/videos/${video['id']}`);
    expect(body).toMatchObject({
      status: 'failed',
      error: { code: expect.any(String), message: expect.any(String) },
    });
    expect((await get(`/v1/videos/${video['id']}/content`)).answer.status).toBe(404);
  });

  it('is seen by its owner alone', async () => {
    const { video } = await create(CLIP);
    expect((await get(`/v1/videos/${video['id']}`, OTHER_CLIENT_KEY)).answer.status).toBe(404);
    expect((await get('/v1/videos', OTHER_CLIENT_KEY)).body['data']).toEqual([]);
  });

  it('whose outcome is unknown is in progress, and bought once', async () => {
    const { answer, video } = await create({ ...CLIP, prompt: 'x [sim:reset when=after]' });
    expect([answer.status, video['status'], bought()]).toEqual([200, 'in_progress', 1]);
  });
});

describe('an order', () => {
  it('takes seconds as a number, and defaults as OpenAI has them', async () => {
    expect((await create({ ...CLIP, seconds: 6 })).video['seconds']).toBe('6');
    const { video } = await create(CLIP);
    expect(video).toMatchObject({ seconds: '4', size: '720x1280' });
    expect(video['metadata']).not.toHaveProperty('adjusted_defaults');
  });

  it('says what stands in place of defaults that the model does not make', async () => {
    const { video } = await create({ ...CLIP, model: 'minimax/hailuo-2.3' });
    expect(video).toMatchObject({
      seconds: '6',
      size: '1920x1080',
      metadata: { adjusted_defaults: { seconds: '6', size: '1920x1080' } },
    });
    const other = await create({ ...CLIP, model: 'minimax/hailuo-3' });
    expect(other.video).toMatchObject({ seconds: '5', size: expect.stringMatching(/^\d+x\d+$/) });
    expect(sent()).toMatchObject({ duration: 5, resolution: '2K' });
  });

  it('resolves aliases, OpenRouter ids and auto, and says what it bought from', async () => {
    expect((await create({ prompt: 'x' })).video['model']).toBe('openai/sora-2-pro');
    expect((await create({ prompt: 'x', model: 'house' })).video['model']).toBe('google/veo-3.1-lite');
    for (const model of ['auto', 'any', 'clipgate/fast']) {
      expect((await create({ prompt: 'x', model })).video['model']).toMatch(/^[\w-]+\/[\w.-]+$/);
    }
  });

  it('may be a form, with a file as the first frame', async () => {
    const answer = await submitForm({
      ...CLIP,
      seconds: '4',
      size: '1280x720',
      input_reference: new Blob([PNG], { type: 'application/octet-stream' }),
    });
    expect(answer.status).toBe(200);
    expect(await answer.json()).toMatchObject({ seconds: '4', size: '1280x720' });
    expect(sent()).toMatchObject({
      frame_images: [
        {
          frame_type: 'first_frame',
          image_url: { url: `data:image/png;base64,${PNG.toString('base64')}` },
        },
      ],
    });
    const linked = await submitForm({ ...CLIP, 'input_reference[image_url]': 'https://example.com/a.png' });
    expect(linked.status).toBe(200);
    expect(sent()).toMatchObject({ frame_images: [{ image_url: { url: 'https://example.com/a.png' } }] });
  });

  it('may be a form with a large file whose length is not announced', async () => {
    const form = new FormData();
    const file = Buffer.concat([PNG, Buffer.alloc(20_000_000)]);
    form.append('model', CLIP.model);
    form.append('prompt', CLIP.prompt);
    form.append('input_reference', new Blob([file]), 'first.png');
    const { body, headers } = new Request('http://form.test', { method: 'POST', body: form });
    const answer = await gateway.request('/v1/videos', {
      method: 'POST',
      headers: { 'content-type': headers.get('content-type') ?? '' },
      body: body as ReadableStream,
      duplex: 'half',
    } as RequestInit & { headers: Record<string, string> });
    expect(answer.status).toBe(200);
    expect(sent()).toMatchObject({ frame_images: [{ frame_type: 'first_frame' }] });
  });

  it('is another each time, though the bodies are the same', async () => {
    const made = await Promise.all([create(CLIP), create(CLIP), create(CLIP)]);
    expect(new Set(made.map(({ video }) => video['id'])).size).toBe(3);
    expect(bought()).toBe(3);
  });

  it('is answered again to a client that says it sends it again', async () => {
    const { video } = await create(CLIP);
    const retry = await create(CLIP, { 'x-stainless-retry-count': '1' });
    expect(retry.video['id']).toBe(video['id']);
    expect(retry.answer.headers.get('idempotent-replayed')).toBe('true');
    expect((await create({ ...CLIP, prompt: 'y' }, { 'x-stainless-retry-count': '1' })).video['id']).not.toBe(
      video['id'],
    );
    expect(bought()).toBe(2);
  });

  it('whose connection broke before the answer is answered again to the same body, and once', async () => {
    // Upstream takes its time over a submit.
    const slow = await startTestGateway({ background: false, simulator: { timeScale: 0.2 } });
    try {
      const url = `${slow.url}/v1/videos`;
      const headers = { authorization: `Bearer ${CLIENT_KEY}`, 'content-type': 'application/json' };
      const order = (signal?: AbortSignal) =>
        fetch(url, { method: 'POST', headers, body: JSON.stringify(CLIP), ...(signal && { signal }) });
      const listed = async () =>
        ((await (await slow.request('/v1/videos')).json()) as { data: { id: string }[] }).data;
      const cut = new AbortController();
      const first = order(cut.signal);
      await expect.poll(async () => (await listed()).length).toBe(1);
      cut.abort();
      await expect(first).rejects.toThrow();
      // Known to the gateway by then, as it is long before a client tries again.
      await expect.poll(() => slow.logLines.some((line) => line.includes('"aborted":true'))).toBe(true);
      const ids: unknown[] = [];
      for (let i = 0; i < 2; i++) ids.push(((await (await order()).json()) as { id: string }).id);
      expect(ids[0]).toBe((await listed()).at(-1)?.id);
      expect(new Set(ids).size).toBe(2);
      expect(slow.simulator.ledger()).toHaveLength(2);
    } finally {
      await slow.close();
    }
  });

  it('honours an Idempotency-Key', async () => {
    const one = await create(CLIP, { 'idempotency-key': 'k' });
    const other = await create(CLIP, { 'idempotency-key': 'k' });
    expect(other.video['id']).toBe(one.video['id']);
    const { answer } = await create({ ...CLIP, prompt: 'y' }, { 'idempotency-key': 'k' });
    expect(answer.status).toBe(400);
    expect(bought()).toBe(1);
  });

  it('that fails for our sake must not be repeated', async () => {
    const { answer, video } = await create({ ...CLIP, prompt: 'x [sim:error status=500]' });
    if (answer.status >= 500) expect(answer.headers.get('x-should-retry')).toBe('false');
    else expect(video['id']).toBeTypeOf('string');
  });
});

it('lists in pages, newest or oldest first', async () => {
  const ids: unknown[] = [];
  for (let i = 0; i < 5; i++) ids.push((await create({ ...CLIP, prompt: `x${i}` })).video['id']);
  const page = async (query: string) => {
    const { body } = await get(`/v1/videos?${query}`);
    return { ids: (body['data'] as { id: string }[]).map(({ id }) => id), body };
  };
  const first = await page('limit=2&unknown=1');
  expect(first.ids).toEqual([ids[4], ids[3]]);
  expect(first.body).toMatchObject({ object: 'list', first_id: ids[4], last_id: ids[3], has_more: true });
  const second = await page(`limit=3&after=${ids[3]}`);
  expect([second.ids, second.body['has_more']]).toEqual([[ids[2], ids[1], ids[0]], false]);
  expect((await page(`order=asc&limit=2&after=${ids[0]}`)).ids).toEqual([ids[1], ids[2]]);
});

describe('what is refused, in the envelope of OpenAI and before anything is bought', () => {
  type Refusal = readonly [name: string, body: unknown, status: number, param: string | null, code: string];

  const JSON_BODIES: readonly Refusal[] = [
    ['no prompt', { model: 'auto' }, 400, 'prompt', 'missing_required_parameter'],
    ['an empty prompt', { ...CLIP, prompt: '' }, 400, 'prompt', 'invalid_value'],
    ['a prompt of another type', { ...CLIP, prompt: 5 }, 400, 'prompt', 'invalid_value'],
    ['too long a prompt', { ...CLIP, prompt: 'x'.repeat(100_001) }, 400, 'prompt', 'invalid_value'],
    ['a model of another type', { ...CLIP, model: 5 }, 400, 'model', 'invalid_value'],
    ['an empty model', { ...CLIP, model: '' }, 400, 'model', 'invalid_value'],
    ['an unknown model', { ...CLIP, model: 'sora-9' }, 400, 'model', 'model_not_found'],
    ['an unknown author', { ...CLIP, model: 'no/model' }, 400, 'model', 'model_not_found'],
    ['no length', { ...CLIP, seconds: '' }, 400, 'seconds', 'invalid_value'],
    ['a length of 0', { ...CLIP, seconds: 0 }, 400, 'seconds', 'invalid_value'],
    ['a negative length', { ...CLIP, seconds: '-4' }, 400, 'seconds', 'invalid_value'],
    ['part of a second', { ...CLIP, seconds: 4.5 }, 400, 'seconds', 'invalid_value'],
    ['a length in words', { ...CLIP, seconds: 'four' }, 400, 'seconds', 'invalid_value'],
    ['a length with a unit', { ...CLIP, seconds: '4s' }, 400, 'seconds', 'invalid_value'],
    ['a length in hex', { ...CLIP, seconds: '0x4' }, 400, 'seconds', 'invalid_value'],
    ['a length of a day', { ...CLIP, seconds: 86_400 }, 400, 'seconds', 'invalid_value'],
    ['a list of lengths', { ...CLIP, seconds: [4] }, 400, 'seconds', 'invalid_value'],
    ['a length the model lacks', { ...CLIP, seconds: '5' }, 400, 'seconds', 'unsupported_request'],
    ['a size in words', { ...CLIP, size: 'large' }, 400, 'size', 'invalid_value'],
    ['a resolution as size', { ...CLIP, size: '720p' }, 400, 'size', 'invalid_value'],
    ['a size of another type', { ...CLIP, size: 720 }, 400, 'size', 'invalid_value'],
    ['half a size', { ...CLIP, size: '1280x' }, 400, 'size', 'invalid_value'],
    ['a size no model makes', { ...CLIP, size: '1024x1792' }, 400, 'size', 'unsupported_request'],
    ['a width', { ...CLIP, width: 1280 }, 400, 'width', 'unknown_parameter'],
    ['a frame rate', { ...CLIP, fps: 24 }, 400, 'fps', 'unknown_parameter'],
    ['a number of frames', { ...CLIP, num_frames: 96 }, 400, 'num_frames', 'unknown_parameter'],
    ['a field of OpenRouter', { ...CLIP, duration: 4 }, 400, 'duration', 'unknown_parameter'],
    ['n', { ...CLIP, n: 2 }, 400, 'n', 'unknown_parameter'],
    [
      'an image as a string',
      { ...CLIP, input_reference: 'https://e.com/a.png' },
      400,
      'input_reference',
      'invalid_value',
    ],
    [
      'an image without a place',
      { ...CLIP, input_reference: {} },
      400,
      'input_reference.image_url',
      'missing_required_parameter',
    ],
    [
      'a file id',
      { ...CLIP, input_reference: { file_id: 'file-1' } },
      400,
      'input_reference.file_id',
      'invalid_value',
    ],
    [
      'an image on this machine',
      { ...CLIP, input_reference: { image_url: 'file:///etc/passwd' } },
      400,
      'input_reference.image_url',
      'invalid_value',
    ],
    [
      'an image that is none',
      { ...CLIP, input_reference: { image_url: 'data:text/plain;base64,QUJD' } },
      400,
      'input_reference.image_url',
      'invalid_value',
    ],
    [
      'an image for a model without',
      { ...CLIP, model: 'openai/sora-2-pro', input_reference: { image_url: 'https://e.com/a.png' } },
      400,
      'input_reference',
      'unsupported_request',
    ],
    ['a user that is empty', { ...CLIP, user: '' }, 400, 'user', 'invalid_value'],
    ['a list', [CLIP], 400, null, 'invalid_value'],
    ['null', null, 400, null, 'malformed_body'],
  ];

  async function expectRefused(answer: Response, status: number, param: string | null, code: string | null) {
    const body = (await answer.json()) as { error: Record<string, unknown> };
    expect(Object.keys(body)).toEqual(['error']);
    expect({ status: answer.status, ...body.error }).toMatchObject({
      status,
      param,
      code,
      type: expect.stringMatching(/_error$/),
      message: expect.stringMatching(/.{10}/),
    });
    expect(bought()).toBe(0);
  }

  it.each(JSON_BODIES)('%s', async (_name, body, status, param, code) => {
    await expectRefused(await gateway.post('/v1/videos', body), status, param, code);
  });

  it('names the aliases to who asks for an unknown model', async () => {
    const { video } = await create({ ...CLIP, model: 'sora-9' });
    expect(video).toMatchObject({ error: { message: expect.stringContaining('sora-2, house, any') } });
  });

  const FORMS: readonly (readonly [string, Record<string, string | Blob>, string | null, string])[] = [
    ['a form without a prompt', { model: 'auto' }, 'prompt', 'missing_required_parameter'],
    ['a form with a foreign field', { ...CLIP, fps: '24' }, 'fps', 'unknown_parameter'],
    [
      'a form with a file that is no image',
      { ...CLIP, input_reference: new Blob(['MZ nonsense']) },
      'input_reference',
      'invalid_value',
    ],
    [
      'a form with an empty file',
      { ...CLIP, input_reference: new Blob([]) },
      'input_reference',
      'invalid_value',
    ],
    ['a form with a file elsewhere', { ...CLIP, video: new Blob([PNG]) }, 'video', 'unknown_parameter'],
    [
      'a form with a file id',
      { ...CLIP, 'input_reference[file_id]': 'f' },
      'input_reference.file_id',
      'invalid_value',
    ],
    [
      'a form with an image as text',
      { ...CLIP, input_reference: 'a.png' },
      'input_reference',
      'invalid_value',
    ],
    ['a form with __proto__', { ...CLIP, __proto__x: '1' }, '__proto__x', 'unknown_parameter'],
  ];
  it.each(FORMS)('%s', async (_name, fields, param, code) => {
    await expectRefused(await submitForm(fields), 400, param, code);
  });

  const part = (name: string, value: string) =>
    `--b\r\ncontent-disposition: form-data; name="${name}"\r\n\r\n${value}\r\n`;
  const RAW: readonly (readonly [string, string, string, string | null])[] = [
    ['a body that is not JSON', 'application/json', '{', 'malformed_body'],
    ['a key given twice', 'application/json', '{"prompt":"a","prompt":"b"}', 'malformed_body'],
    ['another content type', 'text/plain', 'x', 'unsupported_media_type'],
    ['no boundary', 'multipart/form-data', 'x', 'malformed_body'],
    ['a form that ends early', 'multipart/form-data; boundary=b', part('prompt', 'x'), 'malformed_body'],
    ['an empty form', 'multipart/form-data; boundary=b', '--b--\r\n', 'malformed_body'],
    [
      'a field given twice',
      'multipart/form-data; boundary=b',
      `${part('prompt', 'x')}${part('prompt', 'y')}--b--\r\n`,
      'invalid_value',
    ],
    [
      'too many fields',
      'multipart/form-data; boundary=b',
      `${Array.from({ length: 40 }, (_, i) => part(`f${i}`, 'x')).join('')}--b--\r\n`,
      'malformed_body',
    ],
    [
      'too long a name',
      'multipart/form-data; boundary=b',
      `${part('n'.repeat(500), 'x')}--b--\r\n`,
      'malformed_body',
    ],
  ];
  it.each(RAW)('%s', async (_name, type, body, code) => {
    const answer = await gateway.request('/v1/videos', {
      method: 'POST',
      body,
      headers: { 'content-type': type },
    });
    expect(answer.status).toBe(400);
    expect(await answer.json()).toMatchObject({ error: { code, type: 'invalid_request_error' } });
    expect(bought()).toBe(0);
  });

  it.each([
    ['POST', '/v1/videos/job_01K5J0V6Y8ZJ3T9Q4C2N7M1XAB/remix'],
    ['POST', '/v1/videos/edits'],
    ['POST', '/v1/videos/extensions'],
    ['POST', '/v1/videos/characters'],
  ])('%s %s', async (method, path) => {
    const answer = await gateway.request(path, {
      method,
      body: JSON.stringify({ prompt: 'x' }),
      headers: { 'content-type': 'application/json' },
    });
    await expectRefused(answer, 400, null, 'invalid_value');
  });

  it.each([
    ['GET', '/v1/videos/none', 404, null, 'not_found'],
    ['GET', '/v1/videos/job_01K5J0V6Y8ZJ3T9Q4C2N7M1XAB', 404, null, 'not_found'],
    ['DELETE', '/v1/videos/job_01K5J0V6Y8ZJ3T9Q4C2N7M1XAB', 404, null, 'not_found'],
    ['GET', '/v1/videos?limit=0', 400, 'limit', 'invalid_value'],
    ['GET', '/v1/videos?limit=many', 400, 'limit', 'invalid_value'],
    ['GET', '/v1/videos?order=up', 400, 'order', 'invalid_value'],
    ['GET', '/v1/videos?after=%00', 400, 'after', 'invalid_value'],
    ['GET', '/v1/nothing', 404, null, 'not_found'],
    ['PUT', '/v1/videos', 405, null, 'method_not_allowed'],
  ] as const)('%s %s', async (method, path, status, param, code) => {
    await expectRefused(await gateway.request(path, { method }), status, param, code);
  });

  it('no key and a wrong key', async () => {
    for (const authorization of ['', 'Bearer wrong']) {
      const answer = await gateway.request('/v1/videos', { headers: { authorization } });
      expect(answer.status).toBe(401);
      expect(await answer.json()).toMatchObject({
        error: { type: 'authentication_error', code: 'invalid_api_key' },
      });
    }
  });
});
