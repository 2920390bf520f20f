// OpenAI's events about videos: ordered by a header, signed and repeated as every callback is.

import { Webhook } from 'standardwebhooks';
import { afterEach, describe, expect, it } from 'vitest';
import { startTestGateway, type TestGateway, type TestGatewayOptions } from '../../support/gateway.ts';
import { type Answer, type Received, type Receiver, startReceiver } from '../../support/receiver.ts';

const SECRET = `whsec_${Buffer.from('canary-secret'.padEnd(32, '.')).toString('base64')}`;
const ENV = { CALLBACK_SECRETS: `studio:${SECRET}`, CALLBACK_ALLOW: '127.0.0.0/8' };

let gateway: TestGateway;
let receiver: Receiver;
afterEach(async () => {
  await gateway.close();
  await receiver.close();
});

async function start(options: TestGatewayOptions = {}, answer?: Answer): Promise<void> {
  receiver = await startReceiver(answer);
  gateway = await startTestGateway({ env: ENV, ...options });
}

interface VideoAnswer {
  readonly id: string;
  readonly error: { readonly code: string; readonly param: string; readonly message: string } | null;
}

async function order(prompt: string, headers: Record<string, string> = {}) {
  const answer = await gateway.post(
    '/v1/videos',
    { model: 'google/veo-3.1-lite', prompt },
    { 'x-clipgate-callback-url': `${receiver.url}/videos?token=canary-query`, ...headers },
  );
  return { status: answer.status, ...((await answer.json()) as VideoAnswer) };
}

/** What the signature vouches for. */
const verified = ({ body, headers }: Received) => new Webhook(SECRET).verify(body, headers);
const count = () => receiver.received.length;
const bought = () => gateway.simulator.ledger().length;

describe('an event about a video', () => {
  it.each([
    ['a paper boat', 'completed', 'completed'],
    ['x [sim:fail]', 'failed', 'failed'],
    ['x [sim:expire]', 'expired', 'failed'],
  ])('about %s, which is %s, is one of two: %s', async (prompt, status, type) => {
    await start();
    const { id } = await order(prompt);
    await expect.poll(count, { timeout: 10_000 }).toBe(1);
    const [event] = receiver.received as [Received];
    expect(event.path).toBe('/videos?token=canary-query');
    expect(verified(event)).toEqual({
      id: `evt_${id}_${status}`,
      object: 'event',
      created_at: expect.any(Number),
      type: `video.${type}`,
      data: { id },
    });
    expect(event.headers['webhook-id']).toBe(`evt_${id}_${status}`);
    const job = await (await gateway.request(`/jobs/${id}`)).json();
    const finishedAt = Date.parse((job as { finished_at: string }).finished_at);
    expect(JSON.parse(event.body).created_at).toBe(Math.floor(finishedAt / 1000));
    await expect
      .poll(async () => (await gateway.request(`/jobs/${id}`)).json())
      .toMatchObject({ callback: { status: 'delivered', attempts: 1 } });
  });

  it('is sent again, under the same id, until it is taken', async () => {
    await start({}, (response, nth) => response.writeHead(nth === 1 ? 503 : 200).end());
    await order('a paper boat');
    await expect.poll(count, { timeout: 15_000 }).toBe(2);
    const [first, second] = receiver.received as [Received, Received];
    expect(second.headers['webhook-id']).toBe(first.headers['webhook-id']);
    expect(verified(second)).toEqual(verified(first));
  });

  it('is not sent of an outcome that nobody knows, which is in progress', async () => {
    await start();
    const { id } = await order('x [sim:reset when=after]');
    await expect
      .poll(async () => (await gateway.request(`/jobs/${id}`)).json())
      .toMatchObject({ status: 'submission_unknown', callback: { event: 'job.submission_unknown' } });
    await order('a paper boat');
    await expect.poll(count, { timeout: 10_000 }).toBe(1);
    expect(JSON.parse(receiver.received[0]?.body ?? '')).toMatchObject({ type: 'video.completed' });
  });

  it('is of the order that asked for it: the same key for another receiver is refused', async () => {
    await start({ background: false });
    const first = await order('a paper boat', { 'idempotency-key': 'k1' });
    expect(await order('a paper boat', { 'idempotency-key': 'k1' })).toMatchObject({ id: first.id });
    const other = { 'idempotency-key': 'k1', 'x-clipgate-callback-url': `${receiver.url}/other` };
    expect(await order('a paper boat', other)).toMatchObject({ status: 400 });
    expect(bought()).toBe(1);
  });
});

describe('an order whose event could not be sent', () => {
  it.each([
    ['no URL', 'hooks.example.com'],
    ['a URL with credentials', 'https://me:secret@hooks.example.com'],
    ['a private address', 'https://10.0.0.1/'],
    ['plain http', 'http://hooks.example.com/'],
  ])('is refused for %s', async (_name, url) => {
    await start({ background: false });
    const { status, error } = await order('a paper boat', { 'x-clipgate-callback-url': url });
    expect(status).toBe(400);
    expect(error?.param?.toLowerCase()).toBe('x-clipgate-callback-url');
    expect(bought()).toBe(0);
  });

  it('is refused where the client has no secret', async () => {
    await start({ background: false, env: { CALLBACK_ALLOW: '127.0.0.0/8' } });
    const { status, error } = await order('a paper boat');
    expect(status).toBe(400);
    expect(error).toMatchObject({ code: 'callback_secret_missing', param: 'X-Clipgate-Callback-Url' });
    expect(error?.message).toContain('leave X-Clipgate-Callback-Url out');
    expect(bought()).toBe(0);
  });
});
