// Bodies are refused before they are sent where they can be, and while they come where they cannot.

import { once } from 'node:events';
import type { Socket } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { CLIENT_KEY, OTHER_CLIENT_KEY, startTestGateway, type TestGateway } from '../../support/gateway.ts';
import { openSocket } from '../../support/raw-http.ts';

let gateway: TestGateway;
beforeAll(async () => {
  gateway = await startTestGateway({ background: false });
});
afterAll(() => gateway.close());

const MB = 2 ** 20;
const CLIP = '{"prompt":"a paper boat"}';

const head = (headers: string, key = CLIENT_KEY, path = '/route') =>
  `POST ${path} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ${key}\r\nContent-Type: application/json\r\n${headers}\r\n\r\n`;

/** All that came, once the pattern is in it. */
async function receive(socket: Socket, pattern: RegExp): Promise<string> {
  let text = '';
  while (!pattern.test(text)) {
    const [chunk] = (await once(socket, 'data')) as [Buffer];
    text += chunk.toString('latin1');
  }
  return text;
}

describe('Expect: 100-continue', () => {
  it.each([
    ['without a key', head('Expect: 100-continue\r\nContent-Length: 1000', 'wrong'), 401, 'unauthorized'],
    ['with too long a body', head(`Expect: 100-continue\r\nContent-Length: ${33 * MB}`), 413, '32 MB'],
    ['for nothing', head('Expect: 100-continue\r\nContent-Length: 9', CLIENT_KEY, '/nope'), 404, 'not_found'],
  ])('%s is refused before the body', async (_name, bytes, status, words) => {
    const socket = await openSocket(gateway.url);
    const closed = once(socket, 'close');
    socket.write(bytes);
    const answer = await receive(socket, /\r\n\r\n\{.*\}/s);
    expect(answer).toMatch(new RegExp(`^HTTP/1.1 ${status} `));
    expect(answer).toContain(words);
    // The body may come or not: whatever follows could not be told from it.
    await closed;
  });

  it('is answered with 100, and the connection stays open for the next request', async () => {
    const socket = await openSocket(gateway.url);
    socket.write(head(`Expect: 100-continue\r\nContent-Length: ${CLIP.length}`));
    expect(await receive(socket, /\r\n\r\n/)).toBe('HTTP/1.1 100 Continue\r\n\r\n');
    socket.write(CLIP);
    expect(await receive(socket, /"catalog"/)).toMatch(/^HTTP\/1.1 200 /);
    socket.write(head(`Content-Length: ${CLIP.length}`) + CLIP);
    expect(await receive(socket, /"catalog"/)).toMatch(/^HTTP\/1.1 200 /);
    socket.destroy();
  });
});

describe('large bodies', () => {
  const length = `Content-Length: ${32 * MB}`;

  it('of one client leave room for another, and are refused with Retry-After where they leave none', async () => {
    const held = await Promise.all(
      [CLIENT_KEY, CLIENT_KEY, OTHER_CLIENT_KEY].map(async (key) => {
        const socket = await openSocket(gateway.url);
        socket.write(head(`Expect: 100-continue\r\n${length}`, key));
        expect(await receive(socket, /\r\n\r\n/)).toMatch(/^HTTP\/1.1 100 /);
        return socket;
      }),
    );
    const large = `{"prompt":"a boat"${' '.repeat(MB)}}`;
    const refused = await gateway.request('/route', {
      method: 'POST',
      body: large,
      headers: { 'content-type': 'application/json' },
    });
    expect(refused.status).toBe(503);
    expect(refused.headers.get('retry-after')).toBe('2');
    expect(await refused.json()).toMatchObject({ code: 'too_busy', retry_after_s: 2 });
    // Small bodies are not counted.
    expect((await gateway.post('/route', { prompt: 'a boat' })).status).toBe(200);

    for (const socket of held) socket.destroy();
    const again = () =>
      gateway.request('/route', {
        method: 'POST',
        body: large,
        headers: { 'content-type': 'application/json' },
      });
    await expect.poll(async () => (await again()).status).toBe(200);
  });

  it('in chunks are paid for as they come', async () => {
    const socket = await openSocket(gateway.url);
    socket.write(head(length));
    const second = await openSocket(gateway.url);
    second.write(head(`Expect: 100-continue\r\nContent-Length: ${31 * MB}`));
    await receive(second, /\r\n\r\n/);
    const third = await openSocket(gateway.url);
    third.write(head('Transfer-Encoding: chunked'));
    const chunk = `${(MB).toString(16)}\r\n${' '.repeat(MB)}\r\n`;
    third.write(chunk + chunk);
    expect(await receive(third, /\r\n\r\n\{.*\}/s)).toMatch(/^HTTP\/1.1 503 .*too_busy/s);
    for (const one of [socket, second, third]) one.destroy();
  });

  it('are refused at the first byte that is too much, and the client can read why', async () => {
    const objects = `{"trace":{"a":[${'{},'.repeat(10_000_000)}{}]}}`;
    const send = () =>
      gateway.request('/route', {
        method: 'POST',
        body: objects,
        headers: { 'content-type': 'application/json' },
      });
    // What the tests above held is given back when their sockets are seen to be closed.
    await expect.poll(async () => (await send()).status).toBe(400);
    expect(await (await send()).json()).toMatchObject({
      code: 'invalid_request',
      detail: 'The body has more than 10000 values.',
    });
  });

  it('arrive whole, whatever stands in them', async () => {
    const text = '漢😀\\u0041\\"é'.repeat(40_000);
    const body = `{"prompt":"a boat","trace":{"__proto__":1,"text":"${text}"}}`;
    const refused = await gateway.request('/route', {
      method: 'POST',
      body,
      headers: { 'content-type': 'application/json' },
    });
    expect(await refused.json()).toMatchObject({ errors: [{ pointer: '/trace/__proto__' }] });
    const bought = await gateway.request('/jobs', {
      method: 'POST',
      body: body
        .replace('"__proto__":1,', '"model":1,')
        .replace('{"prompt"', '{"model":"google/veo-3.1-lite","prompt"'),
      headers: { 'content-type': 'application/json' },
    });
    expect(bought.status).toBe(202);
    const [sold] = gateway.simulator.ledger();
    const { trace } = sold!.body as { trace: { text: string } };
    expect(trace.text === JSON.parse(`"${text}"`)).toBe(true);
  });
});
