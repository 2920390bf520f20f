// Orders sent again: one whose answer was lost gets its job, and two at the same time are two clips.

import { request as httpRequest } from 'node:http';
import { afterEach, describe, expect, it } from 'vitest';
import {
  CLIENT_KEY,
  OTHER_CLIENT_KEY,
  startTestGateway,
  type TestGateway,
  type TestGatewayOptions,
} from '../../support/gateway.ts';

let gateway: TestGateway;
let now = 0;
afterEach(() => gateway.close());

async function start(options: TestGatewayOptions = {}): Promise<void> {
  now = Date.now();
  gateway = await startTestGateway({ background: false, clock: () => now, ...options });
}

const CLIP = { model: 'google/veo-3.1-lite', prompt: 'a paper boat', duration: 4 };
const bought = () => gateway.simulator.ledger().length;

async function order(change: object = {}, headers: Record<string, string> = {}): Promise<string> {
  const answer = await gateway.request('/api/v1/videos', {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body: JSON.stringify({ ...CLIP, ...change }),
  });
  const body = (await answer.json()) as { id: string; status: string };
  expect(answer.status, JSON.stringify(body)).toBe(202);
  expect(body.status).toBe('pending');
  return body.id;
}

const countJobs = async () =>
  ((await (await gateway.request('/jobs')).json()) as { data: unknown[] }).data.length;

/** Sends an order and hangs up once it is on record, while upstream is still to answer. */
async function orderAndHangUp(): Promise<void> {
  const before = await countJobs();
  gateway.simulator.configure({ time_scale: 0.15 });
  const lines = gateway.logLines.length;
  const sent = httpRequest(`${gateway.url}/api/v1/videos`, {
    method: 'POST',
    headers: { authorization: `Bearer ${CLIENT_KEY}`, 'content-type': 'application/json' },
  });
  sent.on('error', () => undefined);
  sent.end(JSON.stringify(CLIP));
  await expect.poll(countJobs).toBe(before + 1);
  sent.destroy();
  await expect
    .poll(() => gateway.logLines.slice(lines).some((line) => line.includes('"aborted":true')))
    .toBe(true);
  gateway.simulator.configure({ time_scale: 0 });
}

describe('an identical order', () => {
  it('gets the job of the one whose client hung up before the answer', async () => {
    await start();
    await orderAndHangUp();
    const id = await order();
    await expect.poll(bought).toBe(1);
    const { data } = (await (await gateway.request('/jobs')).json()) as { data: { id: string }[] };
    expect(data.map((job) => job.id)).toEqual([id]);
    // Answered now: the next one is another clip.
    expect(await order()).not.toBe(id);
    expect(bought()).toBe(2);
  });

  it('gets a lost job once, though another was answered since', async () => {
    await start();
    await orderAndHangUp();
    const first = await order();
    await orderAndHangUp();
    const second = await order();
    expect(second).not.toBe(first);
    await expect.poll(bought).toBe(2);
  });

  it('of another client, another body or after an hour is another clip', async () => {
    await start();
    await orderAndHangUp();
    await order({}, { authorization: `Bearer ${OTHER_CLIENT_KEY}` });
    await order({ seed: 1 });
    await order({}, { 'x-clipgate-max-cost-usd': '5' });
    now += 61 * 60_000;
    await order();
    await expect.poll(bought).toBe(5);
  });

  it('of one that was refused is bought', async () => {
    await start();
    gateway.simulator.addFault({ fault: 'error', on: 'submit', status: 429, count: 1 });
    const refused = await gateway.request('/api/v1/videos', {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(CLIP),
    });
    expect(refused.status).toBe(429);
    await order();
    expect(bought()).toBe(1);
  });

  it('at the same time is a clip of its own: n = 2 buys two', async () => {
    await start();
    expect(new Set(await Promise.all([order(), order()])).size).toBe(2);
    expect(bought()).toBe(2);
  });
});

describe('the AI SDK, whose polls last ten minutes', () => {
  const AI_SDK = { 'user-agent': 'ai-sdk/openrouter/3.1.0 ai-sdk/provider-utils/4.0.0 runtime/node.js/20' };

  it('gets the job that has not ended when it orders again', async () => {
    await start();
    const [first, second] = await Promise.all([order({}, AI_SDK), order({}, AI_SDK)]);
    // Writes to the store: what was answered is noted by then.
    await gateway.request('/readyz');
    now += 10 * 60_000 + 1_000;
    const again = [await order({}, AI_SDK), await order({}, AI_SDK)];
    expect(new Set(again)).toEqual(new Set([first, second]));
    expect(bought()).toBe(2);
  });

  it('buys another clip within ten minutes, after the first has ended, and by another client', async () => {
    await start();
    await order({ prompt: 'x [sim:stuck]' }, AI_SDK);
    await order({ prompt: 'x [sim:stuck]' }, AI_SDK);
    now += 11 * 60_000;
    await order({ prompt: 'x [sim:stuck]' });
    expect(bought()).toBe(3);
  });
});

it('an order with an idempotency key is that order for good, however often it is answered', async () => {
  await start();
  const keyed = { 'idempotency-key': 'k' };
  expect(await order({}, keyed)).toBe(await order({}, keyed));
  expect(bought()).toBe(1);
});
