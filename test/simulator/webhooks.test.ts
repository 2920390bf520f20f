// Webhooks as a receiver meets them: signed with a comma, by every secret, once, twice, late, swapped or never.
import { createHmac } from 'node:crypto';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect, onTestFinished, test } from 'vitest';
import type { SimulatorOptions } from '../../src/simulator/index.ts';
import { buyClip, grokClip, openSimulator, send } from '../support/simulator.ts';

type Received = { path: string; body: string; headers: Record<string, string | string[] | undefined> };

/** A receiver on a free port that keeps what it gets. */
async function openReceiver(status = 204) {
  const received: Received[] = [];
  const server = createServer(async (request, response) => {
    let body = '';
    for await (const chunk of request) body += chunk;
    received.push({ path: request.url ?? '', body, headers: request.headers });
    response.writeHead(status).end();
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  return { received, url: `http://127.0.0.1:${(server.address() as AddressInfo).port}` };
}

async function openPair(options: SimulatorOptions = {}, status?: number) {
  const receiver = await openReceiver(status);
  const simulator = await openSimulator({ allowHttpCallbacks: true, ...options });
  const buy = (path: string, marker = '') =>
    buyClip(simulator, { ...grokClip, prompt: `a boat ${marker}`, callback_url: `${receiver.url}${path}` });
  return { ...receiver, simulator, buy };
}

/** Checks a signature as the contract says, independently of the code that made it. */
function verified({ body, headers }: Received, secret: string, nowSeconds: number): boolean {
  const parts = String(headers['x-openrouter-signature']).split(',');
  const t = parts.find((part) => part.startsWith('t='))?.slice(2);
  const expected = createHmac('sha256', secret).update(`${t},${body}`).digest('hex');
  return Math.abs(nowSeconds - Number(t)) <= 300 && parts.includes(`v1=${expected}`);
}

const nowSeconds = 1_790_000_000;
const clock = () => nowSeconds * 1000;

test('a completed job is announced once, with its idempotency key and what the poll shows', async () => {
  const { simulator, received, buy } = await openPair({ clock });
  const id = await buy('/hook');
  await expect.poll(() => simulator.ledger()[0]?.webhooks).toHaveLength(1);
  expect(received).toHaveLength(1);
  expect(received[0]!.headers).toMatchObject({
    'content-type': 'application/json',
    'x-openrouter-idempotency-key': `${id}-completed`,
  });
  expect(received[0]!.headers).not.toHaveProperty('x-openrouter-signature');
  expect(JSON.parse(received[0]!.body)).toEqual({
    type: 'video.generation.completed',
    created_at: new Date(clock()).toISOString(),
    data: {
      id,
      status: 'completed',
      generation_id: id,
      model: grokClip.model,
      unsigned_urls: [`${simulator.apiUrl}/videos/${id}/content?index=0`],
      usage: { cost: 0.05, is_byok: false },
    },
  });
});

test('signed by every secret of a rotation', async () => {
  const { received, buy } = await openPair({ clock, webhookSecret: ['old', 'new'] });
  await buy('/hook');
  await expect.poll(() => received).toHaveLength(1);
  expect(received[0]!.headers['x-openrouter-signature']).toMatch(/^t=\d+,v1=[0-9a-f]{64},v1=[0-9a-f]{64}$/);
  expect(verified(received[0]!, 'old', nowSeconds)).toBe(true);
  expect(verified(received[0]!, 'new', nowSeconds)).toBe(true);
  expect(verified(received[0]!, 'other', nowSeconds)).toBe(false);
});

test('stepping the clock does not age a signature: the receiver lives in real time', async () => {
  const { simulator, received, buy } = await openPair({ clock, webhookSecret: 'secret' });
  simulator.advance(3 * 3600 * 1000);
  await buy('/hook');
  await expect.poll(() => received).toHaveLength(1);
  expect(verified(received[0]!, 'secret', nowSeconds)).toBe(true);
});

test.each([
  ['[sim:fail message="flagged"]', 'failed', 'flagged'],
  ['[sim:cancel]', 'cancelled', 'Job was cancelled'],
  ['[sim:expire after_s=0]', 'expired', 'Job exceeded maximum time to live'],
])('%s is announced as %s', async (marker, status, error) => {
  const { received, buy } = await openPair();
  await buy('/hook', marker);
  await expect.poll(() => received).toHaveLength(1);
  expect(JSON.parse(received[0]!.body)).toMatchObject({
    type: `video.generation.${status}`,
    data: { status, error },
  });
});

test('nothing is sent before the end of the job, nor for one that goes dead', async () => {
  const { simulator, received, buy } = await openPair({ frozen: true });
  await buy('/dead', '[sim:dead]');
  await buy('/late', '[sim:latency seconds=60]');
  simulator.configure({ time_scale: 0 });
  await buy('/now');
  simulator.advance(0);
  await expect.poll(() => received.map((one) => one.path).sort()).toEqual(['/late', '/now']);
});

test('a job whose submit was never answered is announced all the same', async () => {
  const { received, simulator, url } = await openPair();
  const request = { ...grokClip, callback_url: `${url}/nonce`, prompt: '[sim:reset when=after]' };
  await expect(send(simulator, '/videos', request)).rejects.toThrow('fetch failed');
  await expect.poll(() => received).toHaveLength(1);
  expect(received[0]!.path).toBe('/nonce');
});

test('webhook_lose: never', async () => {
  const { simulator, received, buy } = await openPair();
  await buy('/lost', '[sim:webhook_lose]');
  await buy('/kept');
  await expect.poll(() => simulator.ledger()[1]?.webhooks).toHaveLength(1);
  expect(received.map((one) => one.path)).toEqual(['/kept']);
});

test('webhook_duplicate: the same body, the same key, three times', async () => {
  const { received, buy } = await openPair();
  await buy('/hook', '[sim:webhook_duplicate times=3]');
  await expect.poll(() => received).toHaveLength(3);
  expect(new Set(received.map((one) => one.body)).size).toBe(1);
  expect(new Set(received.map((one) => one.headers['x-openrouter-idempotency-key'])).size).toBe(1);
});

test('webhook_hold: after the next one', async () => {
  const { received, buy } = await openPair();
  await buy('/first', '[sim:webhook_hold]');
  await buy('/second');
  await expect.poll(() => received).toHaveLength(2);
  expect(received.map((one) => one.path)).toEqual(['/second', '/first']);
});

test('webhook_delay: as much later as was asked', async () => {
  const { simulator, received, buy } = await openPair({ frozen: true });
  await buy('/prompt');
  simulator.configure({ time_scale: 0.001 });
  const late = buy('/late', '[sim:webhook_delay seconds=60] [sim:latency seconds=1]');
  await expect.poll(() => simulator.ledger().length).toBe(2);
  simulator.advance(10);
  await late;
  await expect.poll(() => received.map((one) => one.path)).toEqual(['/prompt']);
  simulator.advance(59);
  simulator.advance(1);
  await expect.poll(() => received.map((one) => one.path)).toEqual(['/prompt', '/late']);
});

test.each(['webhook_bad_signature', 'webhook_stale'])('%s does not verify', async (fault) => {
  const { received, buy } = await openPair({ clock, webhookSecret: 'secret' });
  await buy('/hook', `[sim:${fault}]`);
  await expect.poll(() => received).toHaveLength(1);
  expect(verified(received[0]!, 'secret', nowSeconds)).toBe(false);
});

test('the ledger keeps the receiver’s answer, or why there was none', async () => {
  const { simulator, buy } = await openPair({}, 503);
  await buy('/busy');
  await buyClip(simulator, { ...grokClip, callback_url: 'http://127.0.0.1:1/closed' });
  await expect.poll(() => simulator.ledger().flatMap((entry) => entry.webhooks)).toHaveLength(2);
  const [busy, closed] = simulator.ledger().flatMap((entry) => entry.webhooks);
  expect(busy).toMatchObject({ status: 503, error: null });
  expect(closed).toMatchObject({ status: null, error: expect.any(String) });
});

test('the workspace’s own webhook is used where the request names none', async () => {
  const { received, simulator, url, buy } = await openPair();
  simulator.configure({ default_callback_url: `${url}/workspace` });
  await buyClip(simulator);
  await buy('/request');
  await expect.poll(() => received.map((one) => one.path).sort()).toEqual(['/request', '/workspace']);
});

test('reset forgets what is planned', async () => {
  const { simulator, received, buy } = await openPair({ frozen: true });
  await buy('/forgotten');
  simulator.reset();
  await buy('/kept');
  simulator.advance(1000);
  await expect.poll(() => received.map((one) => one.path)).toEqual(['/kept']);
});
