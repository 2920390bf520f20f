// The AI SDK gives a job up after ten minutes and orders again seconds later: what ended in between is its job all the same.

import { afterEach, describe, expect, it } from 'vitest';
import { startTestGateway, type TestGateway } from '../../support/gateway.ts';

let gateway: TestGateway;
let now = 0;
afterEach(() => gateway.close());

const USER_AGENT = 'ai-sdk/openrouter/3.1.0 ai-sdk/provider-utils/4.0.0 runtime/node.js/20';
const MINUTE_MS = 60_000;
const POLLS_MS = 10 * MINUTE_MS;

async function start(): Promise<void> {
  now = Date.now();
  gateway = await startTestGateway({ background: false, clock: () => now });
}

const ask = (path: string, userAgent: string, init: RequestInit = {}) =>
  gateway.request(path, {
    ...init,
    headers: { 'content-type': 'application/json', 'user-agent': userAgent },
  });

async function order(userAgent = USER_AGENT): Promise<string> {
  const body = JSON.stringify({ model: 'google/veo-3.1-lite', prompt: 'a paper boat', duration: 4 });
  const answer = await ask('/api/v1/videos', userAgent, { method: 'POST', body });
  expect(answer.status).toBe(202);
  const { id } = (await answer.json()) as { id: string };
  // Writes to the store: that the answer arrived is noted by then.
  await gateway.request('/readyz');
  return id;
}

const statusOf = async (id: string, userAgent: string) =>
  ((await (await ask(`/api/v1/videos/${id}`, userAgent)).json()) as { status: string }).status;

/** Polls of other programs: they tell the AI SDK nothing. */
async function finish(...ids: readonly string[]): Promise<void> {
  for (const id of ids) {
    await expect
      .poll(async () => {
        await gateway.tick();
        now += 500;
        return statusOf(id, 'curl/8');
      })
      .toBe('completed');
  }
}
const bought = () => gateway.simulator.ledger().length;

describe('an identical order of the AI SDK', () => {
  it('gets the job that ended after its last poll, once', async () => {
    await start();
    const id = await order();
    now += POLLS_MS + 1_000;
    await finish(id);
    now += 2_000;
    expect(await order()).toBe(id);
    expect(bought()).toBe(1);
    expect(await statusOf(id, USER_AGENT)).toBe('completed');
    expect(await order()).not.toBe(id);
    expect(bought()).toBe(2);
  });

  it('gets one job each of the two that n: 2 bought', async () => {
    await start();
    const ids = [await order(), await order()];
    expect(new Set(ids).size).toBe(2);
    now += POLLS_MS + 1_000;
    await finish(...ids);
    expect([await order(), await order()].sort()).toEqual(ids.sort());
    expect(bought()).toBe(2);
  });

  it('is another clip once its last poll has read the end: a deliberate repeat', async () => {
    await start();
    const id = await order();
    now += POLLS_MS + 1_000;
    await finish(id);
    expect(await statusOf(id, USER_AGENT)).toBe('completed');
    expect(await order()).not.toBe(id);
    expect(bought()).toBe(2);
  });

  it.each([
    ['half a minute after the end', USER_AGENT, POLLS_MS + 1_000, 31_000],
    ['where it ended while it was polled', USER_AGENT, POLLS_MS - 15_000, 16_000],
    ['of another program', 'node', POLLS_MS + 1_000, 2_000],
  ])('is another clip %s', async (_name, userAgent, beforeMs, afterMs) => {
    await start();
    const id = await order(userAgent);
    now += beforeMs;
    await finish(id);
    now += afterMs;
    expect(await order(userAgent)).not.toBe(id);
    expect(bought()).toBe(2);
  });
});
