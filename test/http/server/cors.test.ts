// CORS: closed by default, open to named origins with a key, never with cookies and never under /console.

import { readFileSync } from 'node:fs';
import { afterEach, describe, expect, it } from 'vitest';
import { parseConfig } from '../../../src/config/parse.ts';
import { CLIENT_KEY, OPERATOR_KEY, startTestGateway, type TestGateway } from '../../support/gateway.ts';
import { sendRaw } from '../../support/raw-http.ts';

const ORIGIN = 'https://tool.example.com';
const CORS_ORIGINS = `${ORIGIN}, http://localhost:5173`;

let gateway: TestGateway | undefined;
afterEach(async () => {
  await gateway?.close();
  gateway = undefined;
});

async function open(env: Record<string, string> = { CORS_ORIGINS }): Promise<TestGateway> {
  gateway = await startTestGateway({ background: false, env });
  await gateway.gateway.refreshCatalog();
  return gateway;
}

const corsHeaders = ({ headers }: Response): string[] =>
  [...headers.keys()].filter((name) => name.startsWith('access-control-'));

const preflight = (url: string, origin = ORIGIN, more: Record<string, string> = {}): Promise<Response> =>
  fetch(url, { method: 'OPTIONS', headers: { origin, 'access-control-request-method': 'POST', ...more } });

/** Each face with a path that needs a key, and one that is not there. */
const PATHS = ['/jobs', '/budgets', '/models', '/api/v1/videos/models', '/v1/videos', '/mcp', '/nothing'];

it('is closed by default: no answer says anything about CORS, and a preflight is refused', async () => {
  const { url } = await open({});
  for (const path of PATHS) {
    const answer = await fetch(`${url}${path}`, { headers: { origin: ORIGIN } });
    expect([path, corsHeaders(answer)]).toEqual([path, []]);
    const asked = await preflight(`${url}${path}`);
    expect([path, asked.status >= 400, corsHeaders(asked)]).toEqual([path, true, []]);
  }
});

describe('with CORS_ORIGINS', () => {
  it('answers preflights of those origins without a key, on the API and its faces', async () => {
    const { url } = await open();
    const asked = 'authorization, content-type,idempotency-key, x-stainless-os';
    for (const path of PATHS) {
      const answer = await preflight(`${url}${path}`, ORIGIN, { 'access-control-request-headers': asked });
      expect([path, answer.status, await answer.text()]).toEqual([path, 204, '']);
      expect(answer.headers.get('access-control-allow-origin')).toBe(ORIGIN);
      expect(answer.headers.get('access-control-allow-headers')).toBe(asked);
      expect(answer.headers.get('access-control-allow-methods')?.split(', ')).toEqual(
        expect.arrayContaining(['GET', 'POST', 'PUT', 'PATCH', 'DELETE']),
      );
      expect(answer.headers.get('access-control-max-age')).toBe('600');
      expect(answer.headers.has('access-control-allow-credentials')).toBe(false);
      expect(answer.headers.get('vary')).toBe('origin');
    }
  });

  it('lets a page read answers and refusals, and the headers that the document declares', async () => {
    const { url } = await open();
    const headers = { origin: 'http://localhost:5173', authorization: `Bearer ${CLIENT_KEY}` };
    const answers = await Promise.all([
      fetch(`${url}/models`, { headers }),
      fetch(`${url}/jobs`, { headers: { origin: headers.origin } }),
      fetch(`${url}/nothing`, { headers }),
      fetch(`${url}/v1/videos/none`, { headers }),
      fetch(`${url}/jobs`, { headers, method: 'POST', body: 'no JSON' }),
    ]);
    expect(answers.map(({ status }) => status)).toEqual([200, 401, 404, 404, 415]);
    const documents = ['clipgate', 'openai-face', 'openrouter-face'].map(
      (name) =>
        JSON.parse(readFileSync(`openapi/${name}.json`, 'utf8')) as { components: { headers: object } },
    );
    // A page may read Cache-Control of any answer.
    const declared = documents
      .flatMap(({ components }) => Object.keys(components.headers))
      .filter((name) => name !== 'Cache-Control');
    for (const answer of answers) {
      expect(answer.headers.get('access-control-allow-origin')).toBe(headers.origin);
      expect(answer.headers.get('access-control-expose-headers')?.split(', ')).toEqual(
        expect.arrayContaining(declared),
      );
      expect(answer.headers.has('access-control-allow-credentials')).toBe(false);
    }
    // Both: a cache must not hand one client's list, or another origin's permission, to the next.
    expect(answers[0]?.headers.get('vary')).toBe('origin, authorization');
  });

  it.each([
    'https://tool.example.com.evil.example',
    'https://TOOL.example.com',
    'http://tool.example.com',
    'https://tool.example.com:8443',
    'null',
  ])('says nothing to %s', async (origin) => {
    const { url } = await open();
    const asked = await preflight(`${url}/jobs`, origin);
    expect([asked.status, corsHeaders(asked)]).toEqual([405, []]);
    const answer = await fetch(`${url}/models`, {
      headers: { origin, authorization: `Bearer ${CLIENT_KEY}` },
    });
    expect([answer.status, corsHeaders(answer)]).toEqual([200, []]);
    expect(answer.headers.get('vary')).toContain('origin');
  });

  it('OPTIONS that is no preflight is no method of a route', async () => {
    const { url } = await open();
    const answer = await fetch(`${url}/jobs`, { method: 'OPTIONS', headers: { origin: ORIGIN } });
    expect(answer.status).toBe(405);
  });

  it('keeps the console to its own origin, however its path is spelled', async () => {
    const { url } = await open();
    for (const path of ['/console', '/console/', '/console/session', '/%63onsole/session', '/console/x']) {
      const asked = await preflight(`${url}${path}`);
      expect([path, asked.status === 204, corsHeaders(asked)]).toEqual([path, false, []]);
    }
    const signIn = await fetch(`${url}/console/session`, {
      method: 'POST',
      headers: { origin: ORIGIN, 'content-type': 'application/json' },
      body: JSON.stringify({ key: OPERATOR_KEY }),
    });
    expect(corsHeaders(signIn)).toEqual([]);
  });

  it('a header list that is none is not repeated', async () => {
    const { url } = await open();
    const [answer] = await sendRaw(
      url,
      `OPTIONS /jobs HTTP/1.1\r\nHost: x\r\nOrigin: ${ORIGIN}\r\nAccess-Control-Request-Method: POST\r\nAccess-Control-Request-Headers: a b;"c"\r\n\r\n`,
    );
    expect(answer?.status).toBe(204);
    expect(answer?.headers.has('access-control-allow-headers')).toBe(false);
  });
});

it.each([
  ['*', 'name each origin'],
  ['https://tool.example.com/', 'without a path'],
  ['https://tool.example.com/app', 'without a path'],
  ['https://Tool.example.com', 'lower case'],
  ['https://tool.example.com:443', 'not the usual one'],
  ['https://user@tool.example.com', 'without a path'],
  ['https://*.example.com', 'name each origin'],
  ['tool.example.com', 'such as https://app.example.com'],
  ['null', 'such as https://app.example.com'],
  ['file:///x', 'http(s)'],
  ['https://a.example.com,', 'entry 2'],
  [Array.from({ length: 101 }, (_, n) => `https://a${n}.example.com`).join(), 'at most 100'],
])('%s is refused at start', (value, reason) => {
  expect(() => parseConfig({ CLIENT_AUTH: 'none', CORS_ORIGINS: value })).toThrow(
    new RegExp(`CORS_ORIGINS.*${reason.replace(/[()/]/g, '\\$&')}`, 's'),
  );
});
