// A gateway that asks for no key takes orders from programs and from pages of its own, and from no page of another site.

import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { CLIP, type ProblemAnswer } from '../../support/clips.ts';
import { startTestGateway, type TestGateway } from '../../support/gateway.ts';
import { sendRaw } from '../../support/raw-http.ts';

let gateway: TestGateway;
beforeAll(async () => {
  gateway = await startTestGateway({
    background: false,
    env: {
      CLIENT_AUTH: 'none',
      CLIENT_KEYS: '',
      OPERATOR_KEYS: '',
      PUBLIC_URL: 'https://clips.example.com',
    },
  });
});
afterAll(() => gateway.close());

const bought = () => gateway.simulator.ledger().length;

/** What a form of any page posts without asking the browser for leave. */
function post(headers: Record<string, string>) {
  const body = new FormData();
  body.set('model', CLIP.model);
  body.set('prompt', 'bought by a page');
  body.set('seconds', '4');
  body.set('size', '1280x720');
  return fetch(`${gateway.url}/v1/videos`, { method: 'POST', body, headers });
}

const json = JSON.stringify(CLIP);
/** As a browser that a name leads to this gateway: the name is in both headers. */
async function orderAt(host: string, more = `Origin: http://${host}\r\n`) {
  const [answer] = await sendRaw(
    gateway.url,
    `POST /jobs HTTP/1.1\r\nHost: ${host}\r\n${more}Content-Type: application/json\r\n` +
      `Content-Length: ${json.length}\r\n\r\n${json}`,
  );
  return answer?.status;
}

describe('a page of another site', () => {
  it.each([
    [{ origin: 'https://evil.example', 'sec-fetch-site': 'cross-site' }],
    [{ origin: 'https://evil.example' }],
    [{ origin: 'http://localhost.evil.example' }],
    [{ origin: 'http://127.0.0.1.evil.example' }],
    [{ origin: 'null' }],
    [{ 'sec-fetch-site': 'cross-site' }],
    [{ 'sec-fetch-site': 'same-site' }],
  ])('buys nothing with %o', async (headers) => {
    const before = bought();
    const answer = await post(headers as Record<string, string>);
    expect(answer.status).toBe(403);
    expect(await answer.json()).toMatchObject({ error: { code: 'cross_origin' } });
    expect(bought()).toBe(before);
  });

  it('buys nothing when its name leads here (DNS rebinding)', async () => {
    const before = bought();
    expect(await orderAt('evil.example:8080')).toBe(403);
    expect(await orderAt('evil.example')).toBe(403);
    expect(bought()).toBe(before);
  });

  it('says nothing that a page may read', async () => {
    const answer = await fetch(`${gateway.url}/jobs`, { headers: { origin: 'https://evil.example' } });
    expect(answer.headers.get('access-control-allow-origin')).toBeNull();
    const asked = await fetch(`${gateway.url}/jobs`, {
      method: 'OPTIONS',
      headers: { origin: 'https://evil.example', 'access-control-request-method': 'POST' },
    });
    expect(asked.status).toBe(405);
    expect(asked.headers.get('access-control-allow-methods')).toBeNull();
  });

  it('cancels, resubmits and erases nothing', async () => {
    for (const [method, path] of [
      ['POST', '/jobs/job_01K5J0V6Y8ZJ3T9Q4C2N7M1XAB/cancel'],
      ['DELETE', '/jobs/job_01K5J0V6Y8ZJ3T9Q4C2N7M1XAB'],
      ['POST', '/api/v1/videos'],
      ['POST', '/mcp'],
    ] as const) {
      const answer = await fetch(`${gateway.url}${path}`, {
        method,
        headers: { origin: 'https://evil.example' },
      });
      expect([path, answer.status]).toEqual([path, 403]);
    }
  });
});

describe('an order is taken', () => {
  it.each<[string, Record<string, string>]>([
    ['a program', {}],
    ['a page of this machine, whatever its port', { origin: 'http://localhost:5173' }],
    ['a page of PUBLIC_URL', { origin: 'https://clips.example.com', 'sec-fetch-site': 'same-origin' }],
    ['a bookmark', { 'sec-fetch-site': 'none' }],
  ])('from %s', async (_name, headers) => {
    const before = bought();
    expect((await post(headers)).status).toBe(200);
    expect(bought()).toBe(before + 1);
  });

  it('from pages of the address, or of a name without a dot, that the gateway has in its network', async () => {
    const before = bought();
    expect(await orderAt('192.168.7.20:8080')).toBe(202);
    expect(await orderAt('clipgate:8080')).toBe(202);
    expect(await orderAt('evil.example', '')).toBe(202);
    expect(bought()).toBe(before + 3);
  });
});

it('refuses in words that say what to do', async () => {
  const answer = await fetch(`${gateway.url}/jobs`, {
    method: 'POST',
    body: json,
    headers: { 'content-type': 'application/json', origin: 'https://evil.example' },
  });
  const problem = (await answer.json()) as ProblemAnswer;
  expect(problem).toMatchObject({ status: 403, code: 'cross_origin' });
  expect(problem.detail).toContain('PUBLIC_URL');
});
