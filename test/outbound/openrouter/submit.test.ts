// Every way a submit can end, over real sockets, and that it is sent once at most.

import type { Socket } from 'node:net';
import { gzipSync } from 'node:zlib';
import { afterEach, describe, expect, it } from 'vitest';
import { createSecret } from '../../../src/core/secret.ts';
import { submitOnce } from '../../../src/outbound/openrouter/submit.ts';
import { createUpstreamLookup } from '../../../src/outbound/openrouter/upstream-lookup.ts';
import { createConnector } from '../../../src/outbound/proxy/connector.ts';
import { httpAnswer, type RawServer, startRawServer } from '../../support/raw-server.ts';

let server: RawServer | undefined;
afterEach(async () => {
  await server?.close();
  server = undefined;
});

const BODY = { model: 'google/veo-3.1-lite', prompt: 'a paper boat' };
const ACCEPTED = JSON.stringify({
  id: 'gen-vid-1-abc',
  polling_url: '/api/v1/videos/gen-vid-1-abc',
  status: 'pending',
});
const refusal = (code: number, message = 'No.') => JSON.stringify({ error: { message, code } });

function submit(port: number, overrides: { timeoutMs?: number; protocol?: string; host?: string } = {}) {
  const { timeoutMs = 5_000, protocol = 'http', host = '127.0.0.1' } = overrides;
  return submitOnce(
    {
      url: new URL(`${protocol}://${host}:${port}/api/v1/videos`),
      apiKey: createSecret('sk-or-v1-test'),
      userAgent: 'clipgate/test',
      now: () => 0,
      connect: createConnector(() => null, { connectMs: 2_000, lookup: createUpstreamLookup() }),
      timeoutMs,
    },
    BODY,
    null,
  );
}

const say = (text: string) => (socket: Socket) => socket.end(text);

interface Row {
  readonly name: string;
  readonly respond: (socket: Socket) => void;
  readonly kind: string;
  readonly timeoutMs?: number;
}

const refusals = [400, 401, 402, 403, 404, 413, 422, 429].map(
  (status): Row => ({
    name: `${status} in upstream's envelope`,
    respond: say(httpAnswer(status, refusal(status))),
    kind: 'rejected',
  }),
);
const serverErrors = [408, 409, 418, 500, 502, 503, 504, 520, 524, 529].map(
  (status): Row => ({
    name: `${status} in upstream's envelope`,
    respond: say(httpAnswer(status, refusal(status))),
    kind: 'unknown',
  }),
);
const redirects = [301, 302, 303, 307, 308].map(
  (status): Row => ({
    name: `${status} to somewhere else`,
    respond: say(httpAnswer(status, '', { location: '/api/v1/elsewhere' })),
    kind: 'unknown',
  }),
);

const ROWS: readonly Row[] = [
  ...refusals,
  ...serverErrors,
  ...redirects,
  { name: '202 with an id', respond: say(httpAnswer(202, ACCEPTED)), kind: 'accepted' },
  { name: '200 with an id', respond: say(httpAnswer(200, ACCEPTED)), kind: 'accepted' },
  {
    name: '400 in the ZodError envelope',
    respond: say(
      httpAnswer(400, JSON.stringify({ success: false, error: { name: 'ZodError', message: 'bad' } })),
    ),
    kind: 'rejected',
  },
  {
    name: '400 that is a proxy page',
    respond: say(httpAnswer(400, '<html>Bad Request</html>')),
    kind: 'unknown',
  },
  {
    name: '404 that is JSON of somebody else',
    respond: say(httpAnswer(404, '{"message":"no Route matched"}')),
    kind: 'unknown',
  },
  {
    name: '400 cut in the middle',
    respond: say(httpAnswer(400, refusal(400)).slice(0, -8)),
    kind: 'unknown',
  },
  { name: '202 without an id', respond: say(httpAnswer(202, '{"status":"pending"}')), kind: 'unknown' },
  { name: '202 with an empty id', respond: say(httpAnswer(202, '{"id":""}')), kind: 'unknown' },
  { name: '202 with an id of null', respond: say(httpAnswer(202, '{"id":null}')), kind: 'unknown' },
  { name: '202 that is not JSON', respond: say(httpAnswer(202, 'accepted')), kind: 'unknown' },
  { name: '202 cut in the middle', respond: say(httpAnswer(202, ACCEPTED).slice(0, -10)), kind: 'unknown' },
  { name: '204 without a body', respond: say('HTTP/1.1 204 No Content\r\n\r\n'), kind: 'unknown' },
  {
    name: 'a 2 MB answer',
    respond: say(httpAnswer(202, `{"id":"x","pad":"${'x'.repeat(2_000_000)}"}`)),
    kind: 'unknown',
  },
  { name: 'a reset after the request', respond: (socket) => socket.resetAndDestroy(), kind: 'unknown' },
  { name: 'a close without an answer', respond: (socket) => socket.end(), kind: 'unknown' },
  { name: 'an answer that is not HTTP', respond: say('hello\r\n\r\n'), kind: 'unknown' },
  { name: 'silence', respond: () => undefined, kind: 'unknown', timeoutMs: 150 },
  {
    name: 'headers and then silence',
    respond: (socket) => void socket.write(httpAnswer(202, ACCEPTED).slice(0, -10)),
    kind: 'unknown',
    timeoutMs: 150,
  },
];

describe('submitOnce', () => {
  it.each(ROWS)('$name: $kind', async ({ respond, kind, timeoutMs }) => {
    server = await startRawServer(respond);
    const outcome = await submit(server.port, timeoutMs === undefined ? {} : { timeoutMs });
    expect(outcome.kind).toBe(kind);
    // Whatever came of it, it went out once, on one connection.
    expect(server.received).toHaveLength(1);
    expect(server.received.join('').match(/POST \/api\/v1\//g)).toHaveLength(1);
  });

  it('sends the body and the key once, to the path it was given', async () => {
    server = await startRawServer(say(httpAnswer(202, ACCEPTED)));
    expect(await submit(server.port)).toEqual({
      kind: 'accepted',
      upstreamId: 'gen-vid-1-abc',
      generationId: null,
      status: 'pending',
    });
    const [request = ''] = server.received;
    expect(request).toMatch(/^POST \/api\/v1\/videos HTTP\/1\.1\r\n/);
    expect(request).toContain('authorization: Bearer sk-or-v1-test\r\n');
    expect(request.endsWith(JSON.stringify(BODY))).toBe(true);
  });

  it.each<[string, object, string, string | null]>([
    ['a generation id of another type', { id: 'gen1', generation_id: 12 }, 'gen1', null],
    ['a generation id that is an object', { id: 'gen1', generation_id: {} }, 'gen1', null],
    ['a generation id with NUL', { id: 'gen1', generation_id: 'a\0b' }, 'gen1', null],
    ['a generation id of a megabyte', { id: 'gen1', generation_id: 'g'.repeat(900_000) }, 'gen1', null],
    ['a generation id that is one', { id: 'gen1', generation_id: 'g-1' }, 'gen1', 'g-1'],
    ['a status of null', { id: 'gen1', status: null }, 'gen1', null],
    ['a status of another type', { id: 'gen1', status: {} }, 'gen1', null],
    ['an id that is a number', { id: 12345 }, '12345', null],
    ['the longest id', { id: 'x'.repeat(512) }, 'x'.repeat(512), null],
  ])('keeps the id of a paid job beside %s', async (_name, answer, upstreamId, generationId) => {
    server = await startRawServer(say(httpAnswer(202, JSON.stringify(answer))));
    expect(await submit(server.port)).toEqual({ kind: 'accepted', upstreamId, generationId, status: null });
  });

  it.each<[string, string, string]>([
    ['NUL', '{"id":"a\\u0000b"}', '"a\\u0000b"'],
    ['a lone surrogate', '{"id":"\\ud800x"}', '"\\ud800x"'],
    ['a line break', '{"id":"a\\nb"}', '"a\\nb"'],
    ['a letter beyond ASCII', '{"id":"é🦊"}', '"\\u00e9\\ud83e\\udd8a"'],
    ['no letter', '{"id":""}', '""'],
    ['one dot', '{"id":"."}', '"."'],
    ['two dots', '{"id":".."}', '".."'],
    ['a fraction', '{"id":1.5}', '1.5'],
    ['an object', '{"id":{"v":"gen1"}}', '{"v":"gen1"}'],
    ['too many letters', `{"id":"${'x'.repeat(900_000)}"}`, `"${'x'.repeat(999)}`],
  ])('shows an id that cannot be kept: %s', async (_name, answer, oddId) => {
    server = await startRawServer(say(httpAnswer(202, answer)));
    expect(await submit(server.port)).toMatchObject({ kind: 'unknown', oddId });
  });

  const chunked = (body: string, end = '') =>
    `HTTP/1.1 202 X\r\ntransfer-encoding: chunked\r\n\r\n${Buffer.byteLength(body).toString(16)}\r\n${body}\r\n${end}`;
  const bytesOf = (head: Record<string, string>, body: Buffer) =>
    Buffer.concat([
      Buffer.from(
        `HTTP/1.1 202 X\r\n${Object.entries(head)
          .map(([name, value]) => `${name}: ${value}\r\n`)
          .join('')}content-length: ${body.length}\r\n\r\n`,
      ),
      body,
    ]);
  const zipped = gzipSync(ACCEPTED);

  it.each<[string, (socket: Socket) => void]>([
    [
      'a reset that follows',
      (socket) => void socket.write(chunked(ACCEPTED), () => socket.resetAndDestroy()),
    ],
    ['an end that never comes', (socket) => void socket.write(chunked(ACCEPTED))],
    ['a close before the last chunk', (socket) => socket.end(chunked(ACCEPTED))],
    [
      'a length that was a lie',
      (socket) => socket.end(httpAnswer(202, ACCEPTED, { 'content-length': '9000' })),
    ],
    ['a byte order mark', (socket) => socket.end(httpAnswer(202, `\ufeff${ACCEPTED}`))],
    ['a list around it', (socket) => socket.end(httpAnswer(202, `[${ACCEPTED}]`))],
    ['gzip', (socket) => socket.end(bytesOf({ 'content-encoding': 'gzip' }, zipped))],
    ['gzip that is not announced', (socket) => socket.end(bytesOf({}, zipped))],
    [
      'gzip without its end',
      (socket) => socket.end(bytesOf({ 'content-encoding': 'gzip' }, zipped.subarray(0, -8))),
    ],
  ])('reads a whole answer through %s', async (_name, respond) => {
    server = await startRawServer(respond);
    expect(await submit(server.port, { timeoutMs: 300 })).toMatchObject({
      kind: 'accepted',
      upstreamId: 'gen-vid-1-abc',
    });
    expect(server.received).toHaveLength(1);
  });

  it.each<[string, (socket: Socket) => void]>([
    ['cut after the id', say(httpAnswer(202, ACCEPTED).slice(0, -10))],
    [
      'reset after the id',
      (socket) => void socket.write(chunked(ACCEPTED.slice(0, -10)), () => socket.resetAndDestroy()),
    ],
    ['over a megabyte', say(httpAnswer(202, `{"id":"gen-vid-1-abc","pad":"${'x'.repeat(2_000_000)}"}`))],
    [
      'in a list, cut',
      say(httpAnswer(202, `[{"id":"gen-vid-1-abc","status":"pen`, { 'content-length': '99' })),
    ],
  ])('keeps the id of an answer that is %s, as a hint', async (_name, respond) => {
    server = await startRawServer(respond);
    expect(await submit(server.port)).toMatchObject({ kind: 'unknown', seenId: 'gen-vid-1-abc' });
  });

  it('takes no word of a refusal that broke off', async () => {
    server = await startRawServer(say(httpAnswer(400, refusal(400), { 'content-length': '9000' })));
    expect((await submit(server.port)).kind).toBe('unknown');
  });

  it('keeps what a refusal says', async () => {
    const answer = JSON.stringify({
      error: {
        code: 402,
        message: 'Insufficient credits.',
        metadata: { limit_source: 'openrouter_in_flight_budget' },
      },
    });
    server = await startRawServer(say(httpAnswer(402, answer, { 'retry-after': '17' })));
    expect(await submit(server.port)).toEqual({
      kind: 'rejected',
      reason: 'insufficient_credits',
      scope: 'account',
      temporary: true,
      message: 'Insufficient credits.',
      limit: 'openrouter_in_flight_budget',
      retryAfterS: 17,
    });
  });

  it('knows that nothing was sent where nobody listens', async () => {
    const gone = await startRawServer(() => undefined);
    await gone.close();
    expect(await submit(gone.port)).toEqual({
      kind: 'not_sent',
      reason: 'upstream cannot be reached (ECONNREFUSED)',
    });
  });

  it('knows that nothing was sent where the name does not resolve', async () => {
    expect((await submit(80, { host: 'nobody.invalid' })).kind).toBe('not_sent');
  });

  it('knows that nothing was sent where TLS fails', async () => {
    // A server that does not speak TLS gets a ClientHello, but never a byte of the request.
    server = await startRawServer(say('HTTP/1.1 400 Bad Request\r\n\r\n'));
    expect((await submit(server.port, { protocol: 'https' })).kind).toBe('not_sent');
    expect(server.received.join('')).not.toContain('POST');
  });
});
