// What no route takes is answered in the error shape of the API whose prefix it has, whatever is wrong with the URL.

import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startTestGateway, type TestGateway } from '../../support/gateway.ts';
import { sendRaw } from '../../support/raw-http.ts';

let gateway: TestGateway;
beforeAll(async () => {
  gateway = await startTestGateway({ background: false });
});
afterAll(() => gateway.close());

const LONG = 'x'.repeat(300);
const OPENROUTER = { error: { code: 404, message: expect.stringMatching(/^Not found\.?$/i) } };
const OPENAI = {
  error: { message: expect.any(String), type: 'invalid_request_error', param: null, code: 'not_found' },
};
const PROBLEM = { status: 404, code: 'not_found', instance: expect.any(String) };

describe.each([
  ['/api/v1', 'application/json; charset=utf-8', OPENROUTER],
  ['/v1', 'application/json; charset=utf-8', OPENAI],
  ['/api', 'application/problem+json; charset=utf-8', PROBLEM],
  ['/api/v11', 'application/problem+json; charset=utf-8', PROBLEM],
  ['/v1x', 'application/problem+json; charset=utf-8', PROBLEM],
] as const)('below %s', (prefix, type, shape) => {
  it.each([
    '',
    '/',
    '?x=1',
    '/nope',
    '/%zz',
    '/videos/%',
    `/videos/${LONG}`,
    '/videos/%zz/content?index=0',
    '/a/b/c/d',
  ])('%s is a 404 of that API', async (path) => {
    const [answer] = await sendRaw(
      gateway.url,
      `GET ${prefix}${path} HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n`,
    );
    expect(answer?.status).toBe(404);
    expect(answer?.headers.get('content-type')).toBe(type);
    expect(answer?.headers.get('cache-control')).toBe('no-store');
    expect(answer?.headers.get('x-request-id')).toBeTruthy();
    expect(JSON.parse(answer?.body ?? '')).toMatchObject(shape);
  });

  it.each(['POST', 'PUT', 'DELETE', 'OPTIONS', 'TRACE'])('%s of an unknown URL too', async (method) => {
    const [answer] = await sendRaw(
      gateway.url,
      `${method} ${prefix}/nope HTTP/1.1\r\nhost: x\r\ncontent-length: 0\r\nconnection: close\r\n\r\n`,
    );
    expect(answer?.status).toBe(404);
    expect(JSON.parse(answer?.body ?? '')).toMatchObject(shape);
  });
});

describe('a URL that is longer than a server reads', () => {
  it.each([
    ['/api/v1/videos/', { error: { code: 431 } }],
    ['/v1/videos/', { error: { code: 'headers_too_large', type: 'invalid_request_error' } }],
    ['/jobs/', { code: 'headers_too_large', status: 431 }],
  ])('below %s is 431 in the shape of that API', async (prefix, shape) => {
    const [answer] = await sendRaw(
      gateway.url,
      `GET ${prefix}${'x'.repeat(20_000)} HTTP/1.1\r\nhost: x\r\n\r\n`,
    );
    expect(answer?.status).toBe(431);
    expect(JSON.parse(answer?.body ?? '')).toMatchObject(shape);
  });
});
