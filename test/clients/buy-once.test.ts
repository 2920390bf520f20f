// The clients that people have buy a clip twice by themselves when something fails on the way: here each is bought once.

import { afterEach, describe, expect, it } from 'vitest';
import { startSimulator } from '../../src/simulator/index.ts';
import { type CuttingProxy, startCuttingProxy } from '../support/cutting-proxy.ts';
import {
  CLIENT_KEY,
  startTestGateway,
  type TestGateway,
  type TestGatewayOptions,
  UPSTREAM_KEY,
} from '../support/gateway.ts';
import { type ClientName, PURCHASES, type Wish } from './purchase.ts';

let gateway: TestGateway;
const start = async (options: TestGatewayOptions) => {
  gateway = await startTestGateway(options);
};
const bought = () => gateway.simulator.ledger().length;
const prompts = () => gateway.simulator.ledger().map(({ body }) => (body as { prompt: string }).prompt);

const CLIENTS = Object.keys(PURCHASES) as ClientName[];
const wish = (url: string, apiKey: string, prompt: string): Wish => ({
  url,
  apiKey,
  model: 'google/veo-3.1-lite',
  prompt,
  durationS: 4,
  pollMs: 20,
});

async function buy(name: ClientName, prompt: string, url = gateway.url): Promise<void> {
  const { clip } = await PURCHASES[name](wish(url, CLIENT_KEY, prompt));
  expect(Buffer.from(clip).toString('latin1', 4, 8)).toBe('ftyp');
}

const FAULTS = {
  'upstream answers polls with 500': { fault: 'error', on: 'poll', status: 500 },
  'upstream answers polls with 429': { fault: 'error', on: 'poll', status: 429, retry_after_s: 0 },
  'upstream answers 503 after it took the job': { fault: 'error', on: 'submit', when: 'after', status: 503 },
  'the connection to upstream breaks after it took the job': { fault: 'reset', on: 'submit', when: 'after' },
} as const;
const CLIPS = 6;
/** Three unknown outcomes would be a pattern, and pause all further orders. */
const HOW_OFTEN = { poll: { probability: 0.3 }, submit: { count: 2 } } as const;

describe.each(CLIENTS)('%s', (name) => {
  afterEach(() => gateway.close());

  it.each(Object.entries(FAULTS))(
    'buys each clip once, although every third time %s',
    async (_name, fault) => {
      await start({ webhooks: true });
      gateway.simulator.addFault({ ...fault, ...HOW_OFTEN[fault.on] });
      const wanted = Array.from({ length: CLIPS }, (_, number) => `clip ${number}`);
      await Promise.all(wanted.map((prompt) => buy(name, prompt)));
      expect(prompts().sort()).toEqual(wanted);
    },
  );

  it('buys two clips for two wishes in the same words, whatever upstream answers to them', async () => {
    await start({ webhooks: true });
    gateway.simulator.addFault({ ...FAULTS['upstream answers 503 after it took the job'], count: 1 });
    await Promise.all([buy(name, 'twins'), buy(name, 'twins')]);
    expect(bought()).toBe(2);
  });
});

describe('where the connection to the gateway breaks after upstream took the job', () => {
  let proxy: CuttingProxy;
  afterEach(async () => {
    await proxy.close();
    await gateway.close();
  });

  it('every client sends its order again, and is given the job it has', async () => {
    // An order takes upstream most of a second: time for all connections to be cut before the first is answered.
    await start({ simulator: { timeScale: 0.3 } });
    proxy = await startCuttingProxy(gateway.url);
    // Twins, too: each of the two orders in the same words gets a job of its own again.
    const wanted = CLIENTS.flatMap((name) => [`${name}`, `${name}`, `${name}, another`]);
    const buying = wanted.map((prompt) =>
      buy(CLIENTS.find((name) => prompt.startsWith(name))!, prompt, proxy.url),
    );
    const ended = Promise.allSettled(buying);
    await expect.poll(bought, { interval: 5 }).toBe(wanted.length);
    expect(proxy.cut()).toBeGreaterThanOrEqual(wanted.length);
    // Known to the gateway by then, as it is long before a client comes again.
    const hungUp = () => gateway.logLines.filter((line) => line.includes('"aborted":true')).length;
    await expect.poll(hungUp, { interval: 5 }).toBe(wanted.length);
    // The clips are ready at once.
    gateway.simulator.advance(10 * 60_000);
    gateway.simulator.configure({ time_scale: 0 });
    expect((await ended).filter(({ status }) => status === 'rejected')).toEqual([]);
    expect(prompts().sort()).toEqual(wanted.sort());
  });
});

describe('at OpenRouter itself', () => {
  // What shows that the clients above do come again: nothing here holds them back.
  it.each([
    ['@openrouter/sdk', 'upstream answers 503 after it took the job'],
    ['@openrouter/sdk', 'the connection to upstream breaks after it took the job'],
    ['@openrouter/ai-sdk-provider', 'upstream answers polls with 500'],
    ['@openrouter/ai-sdk-provider', 'upstream answers polls with 429'],
    ['@openrouter/ai-sdk-provider', 'upstream answers 503 after it took the job'],
    ['@openrouter/ai-sdk-provider', 'the connection to upstream breaks after it took the job'],
  ] as const)('%s buys one clip twice where once %s', async (name, fault) => {
    const simulator = await startSimulator({ timeScale: 0, apiKey: UPSTREAM_KEY });
    try {
      simulator.addFault({ ...FAULTS[fault], count: 1 });
      await PURCHASES[name](wish(simulator.url, UPSTREAM_KEY, 'a paper boat'));
      expect(simulator.ledger()).toHaveLength(2);
    } finally {
      await simulator.close();
    }
  });
});
