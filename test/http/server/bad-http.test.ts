// What no client would send: odd methods, paths, headers and bytes, each answered as a problem or not at all.

import { once } from 'node:events';
import type { Server } from 'node:http';
import { connect } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { CLIENT_KEY, startTestGateway, type TestGateway } from '../../support/gateway.ts';
import { openSocket, type RawAnswer, sendRaw } from '../../support/raw-http.ts';

let gateway: TestGateway;
beforeAll(async () => {
  gateway = await startTestGateway();
});
afterAll(async () => {
  expect(gateway.simulator.ledger()).toEqual([]);
  await gateway.close();
});

const JOB = '/jobs/job_01K5J0V6Y8ZJ3T9Q4C2N7M1XAB';
const ADDRESSES: readonly (readonly [path: string, allow: string])[] = [
  ['/models', 'GET, HEAD'],
  ['/models/google/veo-3.1-lite', 'GET, HEAD'],
  ['/route', 'POST'],
  ['/jobs', 'GET, HEAD, POST'],
  [JOB, 'DELETE, GET, HEAD'],
  [`${JOB}/content`, 'GET, HEAD'],
  ['/healthz', 'GET, HEAD'],
  ['/readyz', 'GET, HEAD'],
  ['/openapi.json', 'GET, HEAD'],
];
const METHODS = ['GET', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'];

describe('405', () => {
  it.each(ADDRESSES)('%s takes %s and says so', async (path, allow) => {
    for (const method of METHODS.filter((one) => !allow.split(', ').includes(one))) {
      const response = await gateway.request(path, { method });
      expect(response.headers.get('allow')).toBe(allow);
      expect(await response.json()).toMatchObject({ status: 405, code: 'method_not_allowed' });
    }
  });

  it('needs no key, reads no body and covers HEAD and TRACE', async () => {
    const answer = await gateway.request('/models', {
      method: 'POST',
      body: '{',
      headers: { authorization: '' },
    });
    expect(answer.status).toBe(405);
    expect((await gateway.request('/route', { method: 'HEAD' })).status).toBe(405);
    expect(await raw('TRACE /models HTTP/1.1')).toMatchObject([{ status: 405 }]);
  });
});

describe('404', () => {
  it.each([
    '/nope',
    '/models/',
    '/models/google',
    '/models/google/veo/3',
    '/models/go%20ogle/veo',
    '/jobs/',
    '/jobs/1',
    '/jobs/job_01k5j0v6y8zj3t9q4c2n7m1xab',
    '/jobs/..%2f..%2fcredits',
    '/jobs/%2e%2e',
    '/jobs/a%00b',
    '/jobs/%zz',
    '/jobs/%',
    '/jobs/%c3%28',
    `/jobs/${'a'.repeat(129)}`,
    `/${'a'.repeat(10_000)}`,
    `/jobs/${'a'.repeat(10_000)}/content`,
    `/models/google/${'a'.repeat(121)}`,
    JOB,
    `${JOB}/content`,
    `${JOB}/nothing`,
    '/JOBS',
    '//jobs',
    '/__proto__',
  ])('%s', async (path) => {
    const [answer] = await raw(`GET ${path} HTTP/1.1`);
    expect(problemOf(answer)).toMatchObject({
      status: 404,
      code: 'not_found',
      detail: 'Not found.',
    });
  });
});

describe('bytes', () => {
  const LENGTHS = 'Content-Type: application/json\r\nContent-Length: 2';
  it.each([
    ['no HTTP', 'hello\r\n\r\n', 400],
    ['TLS', Buffer.from('16030100a50100', 'hex'), 400],
    ['HTTP/2', 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n', 400],
    ['no Host', 'GET /healthz HTTP/1.1\r\n\r\n', 400],
    ['a path without its slash', 'GET models HTTP/1.1\r\nHost: x\r\n\r\n', 400],
    ['a NUL in the path', 'GET /jobs/a\0b HTTP/1.1\r\nHost: x\r\n\r\n', 400],
    ['a header without a name', 'GET /healthz HTTP/1.1\r\nHost: x\r\n: y\r\n\r\n', 400],
    ['two lengths', `POST /route HTTP/1.1\r\nHost: x\r\n${LENGTHS}\r\nContent-Length: 3\r\n\r\n{}`, 400],
    [
      'a length and chunks',
      `POST /route HTTP/1.1\r\nHost: x\r\n${LENGTHS}\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n`,
      400,
    ],
    ['a length below zero', 'POST /route HTTP/1.1\r\nHost: x\r\nContent-Length: -1\r\n\r\n', 400],
    ['headers of 20 kB', `GET /models HTTP/1.1\r\nHost: x\r\nx-y: ${'a'.repeat(20_000)}\r\n\r\n`, 431],
    ['a path of 20 kB', `GET /${'a'.repeat(20_000)} HTTP/1.1\r\nHost: x\r\n\r\n`, 431],
  ])('%s', async (_name, bytes, status) => {
    const [answer] = await sendRaw(gateway.url, bytes);
    const code = status === 431 ? 'headers_too_large' : 'invalid_request';
    expect(problemOf(answer)).toMatchObject({ status, code });
    expect(
      gateway.logLines.filter((line) => line.includes(answer!.headers.get('x-request-id')!)),
    ).toHaveLength(1);
  });

  it('opens no tunnel', async () => {
    expect(await raw('CONNECT example.com:443 HTTP/1.1')).toEqual([]);
  });

  it('stays where it is when a whole URL is asked for', async () => {
    expect(await raw('GET http://elsewhere.test/healthz HTTP/1.1')).toMatchObject([
      { status: 200, body: '{"status":"ok"}' },
    ]);
  });

  it('answers pipelined requests each in its turn', async () => {
    const one = (path: string) => `GET ${path} HTTP/1.1\r\nHost: x\r\n\r\n`;
    const bytes = one('/healthz') + one('/nope') + one('/jobs') + one('/healthz');
    const answers = await sendRaw(gateway.url, bytes, { count: 4 });
    expect(answers.map((answer) => answer.status)).toEqual([200, 404, 401, 200]);
    expect(new Set(answers.map((answer) => answer.headers.get('x-request-id'))).size).toBe(4);
  });

  it('ignores an expectation it does not know, and upgrades to nothing', async () => {
    expect(await raw('GET /healthz HTTP/1.1', 'Expect: miracles')).toMatchObject([{ status: 200 }]);
    const upgrade = 'Connection: upgrade\r\nUpgrade: websocket';
    expect(await raw('GET /healthz HTTP/1.1', upgrade)).toMatchObject([{ status: 200 }]);
  });

  it('closes the connection of a peer that keeps it open after its refusal', async () => {
    const { server } = gateway.gateway.app;
    const count = () => new Promise<number>((resolve) => server.getConnections((_, open) => resolve(open)));
    const socket = connect({
      port: Number(new URL(gateway.url).port),
      host: '127.0.0.1',
      allowHalfOpen: true,
    });
    // It reads the answer to its end, and never ends its own side.
    socket.write('hello\r\n\r\n');
    await once(socket.resume(), 'end');
    server.closeIdleConnections();
    await expect.poll(count, { timeout: 5_000 }).toBe(0);
    socket.destroy();
  });

  it('answers a whole request before it closes over what follows', async () => {
    const body = JSON.stringify({ model: 'google/veo-3.1-lite', prompt: 'a boat', dry_run: true });
    const head = `POST /jobs HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ${CLIENT_KEY}\r\n`;
    const bytes = `${head}Content-Type: application/json\r\nContent-Length: ${body.length}\r\n\r\n${body}`;
    for (const stray of [' ', '\0', 'x\r\n\r\n']) {
      const [answer] = await sendRaw(gateway.url, bytes + stray);
      expect(answer?.status).toBe(200);
    }
  });

  it('survives a client that hangs up in the middle of its body', async () => {
    const socket = await openSocket(gateway.url);
    const closed = new Promise((resolve) => socket.once('close', resolve));
    const head = `POST /jobs HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ${CLIENT_KEY}\r\n`;
    socket.resume().end(`${head}Content-Type: application/json\r\nContent-Length: 1000\r\n\r\n{"prompt":`);
    await closed;
    expect((await gateway.request('/healthz')).status).toBe(200);
  });
});

describe('/docs', () => {
  it.each([
    ['/docs/static/../../package.json', [403, 404]],
    ['/docs/static/%2e%2e/%2e%2e/package.json', [403, 404]],
    ['/docs/static/a%00b', [400, 403]],
    [`/docs/static/${'a'.repeat(5_000)}`, [403, 404]],
    ['/docs/static/nope.js', [404]],
  ])('%s is the caller’s mistake', async (path, statuses) => {
    const [answer] = await sendRaw(gateway.url, `GET ${path} HTTP/1.1\r\nHost: x\r\n\r\n`);
    const problem = problemOf(answer) as { status: number };
    expect(statuses).toContain(problem.status);
  });

  it('works over plain http, and takes everything from this server', async () => {
    const answer = await fetch(`${gateway.url}/docs/static/index.html`);
    const policy = answer.headers.get('content-security-policy');
    expect(answer.status).toBe(200);
    expect(policy).toContain("script-src 'self'");
    expect(policy).not.toMatch(/upgrade-insecure-requests|https:/);
  });
});

it('gives up on requests that take too long, and bounds bodies where a route says nothing else', () => {
  const server: Server = gateway.gateway.app.server;
  expect(server).toMatchObject({ requestTimeout: 120_000, headersTimeout: 20_000, keepAliveTimeout: 72_000 });
  expect(gateway.gateway.app.initialConfig.bodyLimit).toBe(64 * 1024);
});

it('keeps a request id that is one, and replaces one that is not', async () => {
  const idOf = async (given: string) =>
    (await gateway.request('/healthz', { headers: { 'x-request-id': given } })).headers.get('x-request-id');
  expect(await idOf('order-7.retry:2')).toBe('order-7.retry:2');
  for (const bad of ['', 'a b', 'x'.repeat(101), '<script>']) expect(await idOf(bad)).toMatch(/^req_/);
});

function raw(requestLine: string, header = 'X: y'): Promise<RawAnswer[]> {
  return sendRaw(
    gateway.url,
    `${requestLine}\r\nHost: x\r\nAuthorization: Bearer ${CLIENT_KEY}\r\n${header}\r\n\r\n`,
  );
}

function problemOf(answer: RawAnswer | undefined): unknown {
  expect(answer?.headers.get('content-type')).toBe('application/problem+json; charset=utf-8');
  const problem = JSON.parse(answer?.body ?? '') as { instance: string; status: number };
  expect(problem.instance).toBe(answer?.headers.get('x-request-id'));
  expect(problem.status).toBe(answer?.status);
  expect(answer?.headers.get('cache-control')).toBe('no-store');
  return problem;
}
