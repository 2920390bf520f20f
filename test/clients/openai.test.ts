// The unmodified `openai` package, with its own retries, buys through the gateway what it wants and no clip more.

import { once } from 'node:events';
import { type AddressInfo, connect, createServer } from 'node:net';
import OpenAI, { toFile } from 'openai';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { CLIENT_KEY, startTestGateway, type TestGateway } from '../support/gateway.ts';
import { startReceiver } from '../support/receiver.ts';

let gateway: TestGateway;
let client: OpenAI;

const clientAt = (url: string) => new OpenAI({ apiKey: CLIENT_KEY, baseURL: `${url}/v1` });

beforeEach(async () => {
  gateway = await startTestGateway({ env: { MODEL_ALIASES: 'sora-2=google/veo-3.1-lite' } });
  client = clientAt(gateway.url);
});
afterEach(() => gateway.close());

// The smallest PNG there is.
const PNG = Buffer.from(
  'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==',
  'base64',
);

const bought = () => gateway.simulator.ledger().length;

async function follow(id: string) {
  let last = -1;
  let video = await client.videos.retrieve(id);
  await expect
    .poll(async () => {
      video = await client.videos.retrieve(id);
      expect(video.progress).toBeGreaterThanOrEqual(last);
      last = video.progress;
      return video.status;
    })
    .toMatch(/completed|failed/);
  return video;
}

it('buys, follows, plays, lists and deletes a video', async () => {
  const made = await client.videos.create({
    model: 'sora-2',
    prompt: 'a paper boat',
    seconds: '4',
    size: '1280x720',
    input_reference: await toFile(PNG, 'first.png', { type: 'image/png' }),
  });
  expect(made).toMatchObject({
    object: 'video',
    model: 'google/veo-3.1-lite',
    seconds: '4',
    size: '1280x720',
  });
  expect(await follow(made.id)).toMatchObject({ status: 'completed', progress: 100, error: null });
  const clip = Buffer.from(await (await client.videos.downloadContent(made.id)).arrayBuffer());
  expect(clip.toString('latin1', 4, 8)).toBe('ftyp');
  for (let i = 0; i < 4; i++) await client.videos.create({ prompt: `another ${i}` });
  const listed: string[] = [];
  for await (const video of client.videos.list({ limit: 2 })) listed.push(video.id);
  expect(listed).toHaveLength(5);
  expect(listed.at(-1)).toBe(made.id);
  expect(await client.videos.delete(made.id)).toEqual({
    id: made.id,
    object: 'video.deleted',
    deleted: true,
  });
  await expect(client.videos.retrieve(made.id)).rejects.toThrow(OpenAI.NotFoundError);
  expect(bought()).toBe(5);
});

it('gets errors of its own classes', async () => {
  await expect(client.videos.create({ prompt: 'x', model: 'sora-9' as 'sora-2' })).rejects.toMatchObject({
    status: 400,
    code: 'model_not_found',
    param: 'model',
  });
  await expect(client.videos.remix('job_01K5J0V6Y8ZJ3T9Q4C2N7M1XAB', { prompt: 'x' })).rejects.toThrow(
    OpenAI.BadRequestError,
  );
  const stranger = new OpenAI({ apiKey: 'wrong', baseURL: `${gateway.url}/v1` });
  await expect(stranger.videos.list()).rejects.toThrow(OpenAI.AuthenticationError);
  expect(bought()).toBe(0);
});

it('unwraps the events about its videos, and no forged one', async () => {
  const secret = `whsec_${Buffer.from('canary-secret'.padEnd(32, '.')).toString('base64')}`;
  const receiver = await startReceiver();
  const told = await startTestGateway({
    env: { CALLBACK_SECRETS: `studio:${secret}`, CALLBACK_ALLOW: '127.0.0.0/8' },
  });
  try {
    const { videos, webhooks } = new OpenAI({
      apiKey: CLIENT_KEY,
      baseURL: `${told.url}/v1`,
      webhookSecret: secret,
      defaultHeaders: { 'X-Clipgate-Callback-Url': `${receiver.url}/openai` },
    });
    const model = 'google/veo-3.1-lite' as 'sora-2';
    const played = await videos.create({ model, prompt: 'a paper boat' });
    await expect.poll(() => receiver.received.length, { timeout: 10_000 }).toBe(1);
    const failed = await videos.create({ model, prompt: 'x [sim:fail]' });
    await expect.poll(() => receiver.received.length, { timeout: 10_000 }).toBe(2);
    const events = await Promise.all(
      receiver.received.map(({ body, headers }) => webhooks.unwrap(body, headers)),
    );
    expect(events).toMatchObject([
      { object: 'event', type: 'video.completed', data: { id: played.id } },
      { object: 'event', type: 'video.failed', data: { id: failed.id } },
    ]);
    const [{ body, headers } = { body: '', headers: {} }] = receiver.received;
    const forged = body.replace('completed', 'failed');
    await expect(webhooks.unwrap(forged, headers)).rejects.toThrow(OpenAI.InvalidWebhookSignatureError);
  } finally {
    await told.close();
    await receiver.close();
  }
});

it('buys once though the connection breaks before the answer, and two clips where it wants two', async () => {
  // Passes requests on and breaks the first answers.
  let toBreak = 3;
  const proxy = createServer((from) => {
    const to = connect(Number(new URL(gateway.url).port), '127.0.0.1');
    from.pipe(to);
    to.on('data', (bytes) => {
      if (toBreak-- > 0) from.resetAndDestroy();
      else from.write(bytes);
    });
    for (const [one, other] of [
      [from, to],
      [to, from],
    ] as const) {
      one.on('error', () => other.destroy());
      one.on('close', () => other.destroy());
    }
  }).listen(0, '127.0.0.1');
  await once(proxy, 'listening');
  try {
    const behind = clientAt(`http://127.0.0.1:${(proxy.address() as AddressInfo).port}`);
    const order = () => behind.videos.create({ prompt: 'the same clip' });
    const made = await Promise.all([order(), order()]);
    expect(new Set(made.map(({ id }) => id)).size).toBe(2);
    expect(bought()).toBe(2);
  } finally {
    proxy.close();
  }
});
