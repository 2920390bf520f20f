// Money and limits: credits, the key's limit, the in-flight budget, and the arena's rate limit in simulated time.
import { expect, test } from 'vitest';
import { buyClip, call, grokClip, openSimulator, send } from '../support/simulator.ts';

test.each([
  ['openrouter_credits', { credits_usd: 0.09 }, ''],
  ['openrouter_key_limit', { key_limit_usd: 0.09 }, ''],
  ['openrouter_in_flight_budget', { in_flight_budget_usd: 0.09 }, '[sim:latency seconds=60]'],
])('%s: one clip fits, the second is refused', async (limit_source, settings, marker) => {
  const simulator = await openSimulator({ settings, frozen: true });
  if (marker !== '') simulator.configure({ time_scale: 0.0001 });
  const clip = { ...grokClip, prompt: `a boat ${marker}` };
  const first = send(simulator, '/videos', clip);
  await expect.poll(() => simulator.ledger().length).toBe(1);
  const refused = await send(simulator, '/videos', clip);
  expect(refused).toMatchObject({
    status: 402,
    body: {
      error: {
        message: 'Insufficient credits. Add more using https://openrouter.ai/credits',
        code: 402,
        metadata: { limit_source },
      },
    },
  });
  // Only the in-flight budget is worth waiting for.
  expect(refused.headers.has('retry-after')).toBe(limit_source === 'openrouter_in_flight_budget');
  simulator.advance(1);
  expect((await first).status).toBe(202);
  expect(simulator.ledger()).toHaveLength(1);
});

test('the in-flight budget frees itself when a job ends', async () => {
  const simulator = await openSimulator({ settings: { in_flight_budget_usd: 0.05 } });
  await buyClip(simulator);
  await buyClip(simulator);
  expect((await call(simulator, '/_sim/ledger')).body).toMatchObject({
    totals: { jobs: 2, billed_usd: 0.1, held_usd: 0 },
  });
});

test('a generation is on the books once it is completed', async () => {
  const simulator = await openSimulator();
  const stuck = await buyClip(simulator, { ...grokClip, prompt: '[sim:stuck]' });
  expect((await call(simulator, `/generation?id=${stuck}`)).status).toBe(404);
  const id = await buyClip(simulator, { ...grokClip, prompt: '[sim:latency seconds=0]' });
  expect((await call(simulator, `/generation?id=${id}`)).body).toMatchObject({
    data: {
      id,
      total_cost: 0.05,
      generation_time: 0,
      provider_name: 'xAI',
      model: 'x-ai/grok-imagine-video-20260512',
    },
  });
});

test('a generation without an id meets the other envelope', async () => {
  const simulator = await openSimulator();
  expect(await call(simulator, '/generation')).toMatchObject({
    status: 400,
    body: { success: false, error: { name: 'ZodError', message: expect.stringContaining('"path":["id"]') } },
  });
});

const arena = '/benchmarks?source=design-arena&arena=models&category=video';

test('the arena: thirty requests a minute, five hundred a day, for each key', async () => {
  const simulator = await openSimulator({ frozen: true });
  const ask = async (key = 'one') =>
    (await call(simulator, arena, { headers: { authorization: `Bearer ${key}` } })).status;
  const burst = async () => {
    const statuses: number[] = [];
    for (let n = 0; n < 31; n++) statuses.push(await ask());
    return statuses.filter((status) => status === 200).length;
  };
  expect(await burst()).toBe(30);
  expect(await ask('another')).toBe(200);
  let today = 30;
  for (let minute = 1; minute < 18; minute++) {
    simulator.advance(60_000);
    today += await burst();
  }
  expect(today).toBe(500);
  simulator.advance(86_400_000);
  expect(await ask()).toBe(200);
});

test('the arena rates what is made from a prompt, best first', async () => {
  const simulator = await openSimulator();
  const { data } = (await call(simulator, arena)).body as {
    data: { elo: number; model_permaslug: string }[];
  };
  expect(data).toHaveLength(26);
  expect(data.map((one) => one.elo)).toEqual(data.map((one) => one.elo).sort((a, b) => b - a));
  expect(data.map((one) => one.model_permaslug)).not.toContain('heygen/avatar-iv-20260625');
  expect((await call(simulator, `${arena}&max_results=3`)).body).toMatchObject({ meta: { model_count: 3 } });
  expect((await call(simulator, '/benchmarks?category=code')).body).toMatchObject({ data: [] });
});

test('a model’s endpoint names its provider and quotes no price', async () => {
  const simulator = await openSimulator();
  expect((await call(simulator, '/models/bytedance/seedance-2.5/endpoints')).body).toMatchObject({
    data: { endpoints: [{ tag: 'seed', pricing: { prompt: '0', completion: '0' } }] },
  });
  expect((await call(simulator, '/models/no/body/endpoints')).status).toBe(404);
});

test('the general list has the input modalities, page by page where asked, and needs no key', async () => {
  const simulator = await openSimulator();
  const page = await fetch(`${simulator.apiUrl}/models?output_modalities=video&offset=26&limit=3`);
  expect(await page.json()).toMatchObject({
    data: [{}, {}, { id: 'openai/sora-2-pro', architecture: { input_modalities: ['text'] } }],
    links: { next: '/api/v1/models?output_modalities=video&offset=29&limit=3' },
    total_count: 30,
  });
  expect((await call(simulator, '/models')).body).toMatchObject({ data: [], total_count: 0 });
});
