// The AI SDK with OpenRouter's provider, unmodified, over the gateway: it buys again by itself, and here it buys once.

import { createOpenRouter } from '@openrouter/ai-sdk-provider';
import { experimental_generateVideo as generateVideo } from 'ai';
import { Agent, getGlobalDispatcher, setGlobalDispatcher } from 'undici';
import { afterEach, expect, it } from 'vitest';
import {
  CLIENT_KEY,
  startTestGateway,
  type TestGateway,
  type TestGatewayOptions,
} from '../support/gateway.ts';

let gateway: TestGateway;
let offsetMs = 0;
afterEach(() => gateway.close());

const start = async (options: TestGatewayOptions = {}) => {
  offsetMs = 0;
  gateway = await startTestGateway({ clock: () => Date.now() + offsetMs, ...options });
};
const bought = () => gateway.simulator.ledger().length;

interface Wanted {
  readonly prompt?: string;
  readonly n?: number;
  readonly maxPollTimeMs?: number;
  readonly fetch?: typeof globalThis.fetch;
}

/** Clips by default retries; the clip is fetched with the key, where links are not signed. */
const generate = ({ prompt = 'a paper boat', n = 1, maxPollTimeMs = 15_000, fetch: by }: Wanted = {}) =>
  generateVideo({
    model: createOpenRouter({
      apiKey: CLIENT_KEY,
      baseURL: `${gateway.url}/api/v1`,
      ...(by ? { fetch: by } : {}),
    }).videoModel('google/veo-3.1-lite', { pollIntervalMs: 20, maxPollTimeMs }),
    prompt,
    duration: 4,
    n,
    download: async ({ url }) => {
      const answer = await fetch(url, { headers: { authorization: `Bearer ${CLIENT_KEY}` } });
      if (!answer.ok) throw new Error(`${answer.status} for ${url.pathname}`);
      return { data: new Uint8Array(await answer.arrayBuffer()), mediaType: 'video/mp4' };
    },
  });

const isClip = (bytes: Uint8Array) => Buffer.from(bytes.subarray(4, 8)).toString() === 'ftyp';

it('downloads its clip by a signed link, without a key', async () => {
  await start({ env: { CONTENT_LINKS: 'signed' } });
  // It refuses addresses and local names: this one leads here.
  const before = getGlobalDispatcher();
  const lookup = (_name: string, options: { all?: boolean }, done: (...args: never[]) => void) =>
    options.all
      ? done(...([null, [{ address: '127.0.0.1', family: 4 }]] as never[]))
      : done(...([null, '127.0.0.1', 4] as never[]));
  const agent = new Agent({ connect: { lookup: lookup as never } });
  setGlobalDispatcher(agent);
  try {
    const { video } = await generateVideo({
      model: createOpenRouter({
        apiKey: CLIENT_KEY,
        baseURL: `http://clips.clipgate.test:${new URL(gateway.url).port}/api/v1`,
      }).videoModel('google/veo-3.1-lite', { pollIntervalMs: 20 }),
      prompt: 'a paper boat',
      duration: 4,
    });
    expect(isClip(video.uint8Array)).toBe(true);
  } finally {
    setGlobalDispatcher(before);
    await agent.close();
  }
  expect(bought()).toBe(1);
  expect(gateway.logLines.join('')).not.toContain('sig=');
});

it('buys one clip although it gives up its polls after ten minutes, and orders again, twice', async () => {
  await start();
  const later: typeof globalThis.fetch = async (input, init) => {
    if (init?.method === 'POST' && bought() > 0) offsetMs += 10 * 60_000 + 1_000;
    return fetch(input, init);
  };
  const failed = generate({ prompt: 'x [sim:stuck]', maxPollTimeMs: 60, fetch: later });
  await expect(failed).rejects.toThrow(/timed out/);
  expect(bought()).toBe(1);
});

it('buys two for n: 2', async () => {
  await start();
  expect((await generate({ n: 2 })).videos).toHaveLength(2);
  expect(bought()).toBe(2);
});
