// What leaves /api/v1 beside its answers: signed links to one clip for a while, and OpenRouter's callbacks.

import { createHmac } from 'node:crypto';
import { afterEach, describe, expect, it } from 'vitest';
import { startTestGateway, type TestGateway, type TestGatewayOptions } from '../../support/gateway.ts';
import { startReceiver } from '../../support/receiver.ts';

let gateway: TestGateway;
let offsetMs = 0;
afterEach(() => gateway.close());

async function start(options: TestGatewayOptions = {}): Promise<void> {
  offsetMs = 0;
  gateway = await startTestGateway({ clock: () => Date.now() + offsetMs, ...options });
}

interface Video {
  readonly id: string;
  readonly status: string;
  readonly unsigned_urls?: readonly string[];
}

async function order(change: object = {}): Promise<string> {
  const answer = await gateway.request('/api/v1/videos', {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ model: 'google/veo-3.1-lite', prompt: 'a paper boat', duration: 4, ...change }),
  });
  expect(answer.status).toBe(202);
  return ((await answer.json()) as Video).id;
}

const poll = async (id: string) => (await (await gateway.request(`/api/v1/videos/${id}`)).json()) as Video;

async function complete(change: object = {}): Promise<{ id: string; link: string }> {
  const id = await order(change);
  await expect.poll(async () => (await poll(id)).status).toBe('completed');
  return { id, link: (await poll(id)).unsigned_urls?.[0] ?? '' };
}

describe('a signed link', () => {
  const SIGNED = { env: { CONTENT_LINKS: 'signed', CONTENT_LINK_TTL_S: '300' } };

  it('plays its clip without a key, whole and in part, until it expires', async () => {
    await start(SIGNED);
    const { id, link } = await complete();
    expect(link).toContain(`${gateway.url}/api/v1/videos/${id}/content?index=0&exp=`);
    const whole = Buffer.from(await (await fetch(link)).arrayBuffer());
    expect(whole.subarray(4, 8).toString()).toBe('ftyp');
    await expect.poll(async () => (await fetch(link, { headers: { range: 'bytes=4-7' } })).status).toBe(206);
    const part = await fetch(link, { headers: { range: 'bytes=4-7' } });
    expect([part.headers.get('content-range'), await part.text()]).toEqual([
      `bytes 4-7/${whole.length}`,
      'ftyp',
    ]);
    offsetMs = 302_000;
    const late = await fetch(link);
    expect([late.status, await late.json()]).toMatchObject([401, { error: { message: /expired/ } }]);
    expect(gateway.logLines.join('')).not.toContain('sig=');
  });

  it('is for that clip alone, and for nothing else', async () => {
    await start(SIGNED);
    const [{ id, link }, other] = [
      await complete(),
      await complete({ seed: 2, model: 'x-ai/grok-imagine-video' }),
    ];
    const signature = new URL(link).search;
    const tries = [
      link.replace(id, other.id),
      link.replace('index=0', 'index=1'),
      link.replace(/exp=\d+/, `exp=${Math.floor(Date.now() / 1000) + 86_400}`),
      link.replace(/.$/, (last) => (last === 'A' ? 'B' : 'A')).replace(/sig=./, 'sig=_'),
      `${gateway.url}/api/v1/videos/${id}${signature}`,
      `${gateway.url}/jobs/${id}${signature}`,
    ];
    expect(await Promise.all(tries.map(async (url) => (await fetch(url)).status))).toEqual(
      tries.map(() => 401),
    );
    expect((await fetch(`${gateway.url}/jobs/${id}/content${signature}`)).status).toBe(200);
  });

  it('is made on demand for a job, whatever the setting', async () => {
    await start();
    const { id, link } = await complete();
    expect(link).not.toContain('sig=');
    expect((await fetch(link)).status).toBe(401);
    const shown = await (await gateway.request(`/jobs/${id}?links=signed`)).json();
    const [{ url }] = (shown as { outputs: [{ url: string }] }).outputs;
    expect((await fetch(`${gateway.url}${url}`)).status).toBe(200);
  });
});

describe('a callback of OpenRouter’s', () => {
  const SECRET = `whsec_${Buffer.from('canary-secret'.padEnd(32, '.')).toString('base64')}`;
  const ENV = { CALLBACK_SECRETS: `studio:${SECRET}`, CALLBACK_ALLOW: '127.0.0.0/8' };

  it.each([
    ['a paper boat', 'completed'],
    ['x [sim:fail]', 'failed'],
    ['x [sim:expire]', 'expired'],
  ])('about %s says %s, and is signed as OpenRouter signs', async (prompt, status) => {
    const receiver = await startReceiver();
    await start({ env: ENV });
    const id = await order({ prompt, callback_url: `${receiver.url}/hook` });
    await expect.poll(() => receiver.received.length, { timeout: 10_000 }).toBe(1);
    const { headers = {}, body = '' } = receiver.received[0] ?? {};
    expect(headers['x-openrouter-idempotency-key']).toBe(`${id}-${status}`);
    const [, t, v1] = /^t=(\d+),v1=([0-9a-f]{64})$/.exec(headers['x-openrouter-signature'] ?? '') ?? [];
    expect(v1).toBe(createHmac('sha256', SECRET).update(`${t},${body}`).digest('hex'));
    const event = JSON.parse(body) as { data: object };
    expect(event).toMatchObject({
      type: `video.generation.${status}`,
      data: { id, status, model: 'google/veo-3.1-lite' },
    });
    expect('unsigned_urls' in event.data).toBe(status === 'completed');
    await receiver.close();
  });
});

it('says at / what is where, as HTML to a browser that asks for it', async () => {
  await start({ background: false });
  const root = await gateway.request('/');
  expect(await root.json()).toMatchObject({ name: 'Clipgate', links: { openrouter: '/api/v1' } });
  const page = await fetch(gateway.url, { headers: { accept: 'text/html,application/xhtml+xml,*/*;q=0.8' } });
  expect(page.headers.get('content-type')).toMatch(/^text\/html/);
  expect(await page.text()).toContain('<a href="/jobs">');
});
