// Reading from upstream: limits, envelopes, and where the key goes.

import { afterEach, describe, expect, it } from 'vitest';
import { createSecret } from '../../../src/core/secret.ts';
import { createOpenRouter, type OpenRouter } from '../../../src/outbound/openrouter/openrouter.ts';
import { httpAnswer, type RawServer, startRawServer } from '../../support/raw-server.ts';

let server: RawServer | undefined;
let upstream: OpenRouter | undefined;
afterEach(async () => {
  await upstream?.close();
  await server?.close();
});

async function connect(answer: string | ((path: string) => string), key: string | null = 'sk-or-v1-test') {
  const started: RawServer = await startRawServer((socket, request) => {
    const path = /^\w+ (\S+)/.exec(request)?.[1] ?? '';
    socket.end(typeof answer === 'string' ? answer : answer(path));
  });
  server = started;
  upstream = createOpenRouter(
    {
      baseUrl: `http://127.0.0.1:${started.port}/api/v1`,
      apiKey: () => (key === null ? undefined : createSecret(key)),
      userAgent: 'clipgate/test',
      now: () => 0,
    },
    { connectMs: 1_000, submitMs: 2_000, readMs: 500, stallMs: 500 },
  );
  return { upstream, received: started.received };
}

it.each([
  ['a poll', (at: OpenRouter) => at.poll('a')],
  ['a download', (at: OpenRouter) => at.openContent('a', 0, new AbortController().signal)],
  ['a list', (at: OpenRouter) => at.fetchEndpointTags('a/b', 1_000).catch(() => null)],
  ['a submit', (at: OpenRouter) => at.submit({ model: 'a/b' }, null)],
])('%s says which version asks', async (_name, ask) => {
  const { upstream, received } = await connect(httpAnswer(404, '{}', { connection: 'close' }));
  await ask(upstream);
  expect(received.length).toBeGreaterThan(0);
  for (const request of received) expect(request).toMatch(/^user-agent: clipgate\/test\r$/im);
});

it('pays with the key of the moment', async () => {
  let key = 'sk-or-v1-before';
  const started = await startRawServer((socket) =>
    socket.end(httpAnswer(404, '{}', { connection: 'close' })),
  );
  server = started;
  upstream = createOpenRouter(
    {
      baseUrl: `http://127.0.0.1:${started.port}`,
      apiKey: () => createSecret(key),
      userAgent: 'clipgate/test',
      now: () => 0,
    },
    { connectMs: 1_000, submitMs: 1_000, readMs: 1_000, stallMs: 1_000 },
  );
  await upstream.poll('a');
  key = 'sk-or-v1-after';
  await upstream.poll('a');
  await upstream.submit({ model: 'a/b' }, null);
  expect(started.received.map((request) => /Bearer (\S+)/.exec(request)?.[1])).toEqual([
    'sk-or-v1-before',
    'sk-or-v1-after',
    'sk-or-v1-after',
  ]);
});

describe('poll', () => {
  const answer = (body: unknown) => httpAnswer(200, JSON.stringify(body), { connection: 'close' });

  it('reads a completed job', async () => {
    const { upstream, received } = await connect(
      answer({
        id: 'a/b',
        generation_id: 'g',
        polling_url: 'https://elsewhere.example/x',
        status: 'completed',
        unsigned_urls: ['https://elsewhere.example/v'],
        usage: { cost: 0.12, is_byok: false },
      }),
    );
    expect(await upstream.poll('a/b')).toEqual({
      kind: 'answer',
      status: 'completed',
      generationId: 'g',
      outputCount: 1,
      costUsd: 0.12,
      isByok: false,
      error: null,
    });
    // An id is data, not a path.
    expect(received[0]).toMatch(/^GET \/api\/v1\/videos\/a%2Fb HTTP/);
    expect(received[0]).toContain('authorization: Bearer sk-or-v1-test');
  });

  it.each<[string, object]>([
    ['an id of null', { id: null }],
    ['an id of an odd type', { id: ['a'] }],
    ['a generation id of another type', { generation_id: 5 }],
    ['a generation id with NUL', { generation_id: 'a\0b' }],
    ['URLs that are no list', { unsigned_urls: {} }],
    ['URLs that are text', { unsigned_urls: 'x' }],
    ['a usage of another type', { usage: 'free' }],
    ['a cost of another type', { usage: { cost: 'free', is_byok: 'no' } }],
    ['an error of another type', { error: [] }],
    ['signed URLs, which are not followed', { urls: ['https://storage.example/v?signature=x'] }],
  ])('sees the end of a job through %s', async (_name, odd) => {
    const { upstream } = await connect(answer({ id: 'a', status: 'completed', ...odd }));
    expect(await upstream.poll('a')).toMatchObject({
      kind: 'answer',
      status: 'completed',
      generationId: null,
      outputCount: 0,
      costUsd: null,
      isByok: null,
      error: null,
    });
  });

  it('takes an id that became a number for the same id', async () => {
    const { upstream } = await connect(answer({ id: 12345, status: 'completed' }));
    expect((await upstream.poll('12345')).kind).toBe('answer');
    expect((await upstream.poll('1234')).kind).toBe('unclear');
  });

  it.each<[unknown, string | null]>([
    ['flagged', 'flagged'],
    [{ message: 'flagged' }, 'flagged'],
    [{ error: { message: 'flagged', code: 400 } }, 'flagged'],
    [{ code: 'moderation_blocked' }, 'moderation_blocked'],
    ['', null],
    [' ', null],
    [{ message: '' }, null],
    [{}, null],
    [7, null],
    [null, null],
  ])('reads the reason %j', async (error, reason) => {
    const { upstream } = await connect(answer({ id: 'a', status: 'failed', error }));
    expect(await upstream.poll('a')).toMatchObject({ status: 'failed', error: reason });
  });

  it('passes on what upstream says beside the status', async () => {
    const { upstream } = await connect(
      answer([{ id: 'a', status: 'pending', status_detail: 'queued_at_provider' }]),
    );
    expect(await upstream.poll('a')).toMatchObject({
      status: 'pending',
      statusDetail: 'queued_at_provider',
    });
  });

  it.each<[string, string]>([
    ['another job', answer({ id: 'other', status: 'completed' })],
    ['no status', answer({ id: 'a' })],
    ...[400, 403, 409, 410, 422].map((status): [string, string] => [
      String(status),
      httpAnswer(status, '{"error":{"message":"flagged"}}', { connection: 'close' }),
    ]),
    ['a page with 403', httpAnswer(403, '<html>', { connection: 'close' })],
  ])('calls an answer that is no state of the job unclear: %s', async (_name, text) => {
    const { upstream } = await connect(text);
    const words = text.includes('flagged') ? 'flagged' : null;
    expect(await upstream.poll('a')).toMatchObject({ kind: 'unclear', words });
  });

  it.each<[string, string]>([
    ...[401, 402, 408, 429, 503].map((status): [string, string] => [
      String(status),
      httpAnswer(status, '{"error":{"message":"no"}}', { connection: 'close' }),
    ]),
    ['HTML', httpAnswer(200, '<html>', { connection: 'close' })],
    [
      '2 MB',
      httpAnswer(200, JSON.stringify({ id: 'a', status: 'x'.repeat(2_000_000) }), { connection: 'close' }),
    ],
    ['500', httpAnswer(500, '{}', { connection: 'close' })],
    ['a cut answer', answer({ id: 'a', status: 'completed' }).slice(0, -5)],
    ['a redirect', httpAnswer(302, '', { location: 'http://127.0.0.1:1/', connection: 'close' })],
  ])('learns nothing from %s', async (_name, text) => {
    const { upstream } = await connect(text);
    expect((await upstream.poll('a')).kind).toBe('failed');
  });

  it('tells a job upstream does not know from a poll that failed', async () => {
    const { upstream } = await connect(
      httpAnswer(404, '{"error":{"message":"Job a not found","code":404}}', { connection: 'close' }),
    );
    expect(await upstream.poll('a')).toEqual({ kind: 'missing' });
  });

  it.each([
    ['a bare one', ''],
    ['a page', '<html><h1>404 Not Found</h1></html>'],
    ['JSON of somebody else', '{"message":"no Route matched"}'],
  ])('does not take a 404 for upstream’s that is %s', async (_name, text) => {
    const { upstream } = await connect(httpAnswer(404, text, { connection: 'close' }));
    expect(await upstream.poll('a')).toEqual({ kind: 'failed', reason: 'upstream answered 404' });
  });

  it.each([[null], ['free'], [-1]])('takes a cost of %j for unknown, never for zero', async (cost) => {
    const { upstream } = await connect(answer({ id: 'a', status: 'completed', usage: { cost } }));
    expect(await upstream.poll('a')).toMatchObject({ status: 'completed', costUsd: null });
  });
});

describe('fetchCatalog', () => {
  it('asks without the key', async () => {
    const { upstream, received } = await connect(httpAnswer(200, '{"data":[]}', { connection: 'close' }));
    await upstream.fetchCatalog();
    expect(received).toHaveLength(2);
    expect(received.join('')).not.toMatch(/authorization/i);
  });

  it('does without the modalities where they cannot be had', async () => {
    const { upstream } = await connect((path) =>
      path.includes('/videos/models')
        ? httpAnswer(200, '{"data":[1]}', { connection: 'close' })
        : httpAnswer(500, '{}', { connection: 'close' }),
    );
    expect(await upstream.fetchCatalog()).toEqual({ models: { data: [1] }, modalities: null });
  });

  it('fails without the models', async () => {
    const { upstream } = await connect(httpAnswer(503, '{}', { connection: 'close' }));
    await expect(upstream.fetchCatalog()).rejects.toMatchObject({ failure: 'status', status: 503 });
  });
});

describe('openContent', () => {
  const open = async (text: string) =>
    (await connect(text)).upstream.openContent('a', 0, new AbortController().signal);

  it('opens a video', async () => {
    const content = await open(httpAnswer(200, 'mp4!', { 'content-type': 'video/mp4', connection: 'close' }));
    expect(content).toMatchObject({ kind: 'open', contentType: 'video/mp4', bytes: 4 });
    if (content.kind === 'open') expect(Buffer.concat(await content.body.toArray()).toString()).toBe('mp4!');
  });

  it.each<[string, string]>([
    ['Video/MP4', 'video/mp4'],
    ['VIDEO/QuickTime; codecs="avc1"', 'video/quicktime'],
    ['application/mp4', 'video/mp4'],
    ['Application/MP4', 'video/mp4'],
    ['binary/octet-stream', 'video/mp4'],
    ['application/octet-stream', 'video/mp4'],
    ['', 'video/mp4'],
  ])('opens what is called %j', async (type, contentType) => {
    const content = await open(httpAnswer(200, 'mp4!', { 'content-type': type, connection: 'close' }));
    expect(content).toMatchObject({ kind: 'open', contentType });
  });

  it.each<[string, string, string]>([
    ['JSON', httpAnswer(200, '{}'), 'failed'],
    ['JSON in capitals', httpAnswer(200, '{}', { 'content-type': 'Application/JSON' }), 'failed'],
    ['a page', httpAnswer(200, '<html>', { 'content-type': 'text/html' }), 'failed'],
    [
      'a redirect to another host',
      httpAnswer(302, '', { location: 'https://elsewhere.example/v.mp4' }),
      'failed',
    ],
    ['404', httpAnswer(404, '{}'), 'gone'],
    ['410', httpAnswer(410, '{}'), 'gone'],
    ['502', httpAnswer(502, '{}'), 'failed'],
  ])('does not take %s for one', async (_name, text, kind) => {
    expect((await open(text)).kind).toBe(kind);
  });

  it('ends a clip that stalls with an error', async () => {
    const started = await startRawServer(
      (socket) =>
        void socket.write(
          'HTTP/1.1 200 OK\r\ncontent-type: video/mp4\r\ntransfer-encoding: chunked\r\n\r\n3\r\nabc\r\n',
        ),
    );
    server = started;
    upstream = createOpenRouter(
      {
        baseUrl: `http://127.0.0.1:${started.port}/api/v1`,
        apiKey: () => undefined,
        userAgent: 'clipgate/test',
        now: () => 0,
      },
      { connectMs: 1_000, submitMs: 1_000, readMs: 1_000, stallMs: 50 },
    );
    const content = await upstream.openContent('a', 0, new AbortController().signal);
    if (content.kind !== 'open') throw new Error(content.kind);
    await expect(content.body.toArray()).rejects.toThrow();
  });
});

describe('submit', () => {
  it('sends nothing without a key', async () => {
    const { upstream, received } = await connect(httpAnswer(202, '{"id":"x"}'), null);
    expect(upstream.canSubmit).toBe(false);
    expect((await upstream.submit({ model: 'a/b' }, null)).kind).toBe('not_sent');
    expect(received).toEqual([]);
  });
});
